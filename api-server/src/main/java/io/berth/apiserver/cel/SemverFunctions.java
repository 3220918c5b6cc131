package io.berth.apiserver.cel;

import static io.berth.apiserver.cel.Function.global;
import static io.berth.apiserver.cel.Function.member;

import dev.cel.common.types.CelType;
import dev.cel.common.types.OpaqueType;
import dev.cel.common.types.SimpleType;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** {@code semver("1.2.3-rc.1")} and how versions compare. */
final class SemverFunctions {
  private static final CelType SEMVER = OpaqueType.create("kubernetes.Semver");
  private static final CelType TEXT = SimpleType.STRING;

  private static final Pattern FORM =
      Pattern.compile(
          "(0|[1-9]\\d*)\\.(0|[1-9]\\d*)\\.(0|[1-9]\\d*)"
              + "(?:-([0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*))?(?:\\+([0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*))?");

  /** A version; build metadata does not count. */
  private record Semver(long major, long minor, long patch, List<String> pre)
      implements Comparable<Semver> {
    @Override
    public int compareTo(Semver other) {
      int c = Long.compare(major, other.major);
      c = c != 0 ? c : Long.compare(minor, other.minor);
      c = c != 0 ? c : Long.compare(patch, other.patch);
      if (c != 0 || pre.equals(other.pre)) {
        return c;
      }
      if (pre.isEmpty() || other.pre.isEmpty()) {
        return pre.isEmpty() ? 1 : -1;
      }
      for (int i = 0; i < Math.min(pre.size(), other.pre.size()); i++) {
        int part = part(pre.get(i), other.pre.get(i));
        if (part != 0) {
          return part;
        }
      }
      return Integer.compare(pre.size(), other.pre.size());
    }

    private static int part(String a, String b) {
      boolean first = a.chars().allMatch(Character::isDigit);
      boolean second = b.chars().allMatch(Character::isDigit);
      if (first && second) {
        return Integer.compare(a.length(), b.length()) != 0
            ? Integer.compare(a.length(), b.length())
            : a.compareTo(b);
      }
      return first == second ? a.compareTo(b) : first ? -1 : 1;
    }
  }

  private SemverFunctions() {}

  static List<Function> all() {
    return List.of(
        global("semver", SEMVER, a -> required((String) a[0], false), TEXT),
        global(
            "semver", SEMVER, a -> required((String) a[0], (Boolean) a[1]), TEXT, SimpleType.BOOL),
        global("isSemver", SimpleType.BOOL, a -> parse((String) a[0], false) != null, TEXT),
        global(
            "isSemver",
            SimpleType.BOOL,
            a -> parse((String) a[0], (Boolean) a[1]) != null,
            TEXT,
            SimpleType.BOOL),
        member("major", SimpleType.INT, Semver.class, a -> ((Semver) a[0]).major(), SEMVER),
        member("minor", SimpleType.INT, Semver.class, a -> ((Semver) a[0]).minor(), SEMVER),
        member("patch", SimpleType.INT, Semver.class, a -> ((Semver) a[0]).patch(), SEMVER),
        member(
            "isGreaterThan",
            SimpleType.BOOL,
            Semver.class,
            a -> ((Semver) a[0]).compareTo((Semver) a[1]) > 0,
            SEMVER,
            SEMVER),
        member(
            "isLessThan",
            SimpleType.BOOL,
            Semver.class,
            a -> ((Semver) a[0]).compareTo((Semver) a[1]) < 0,
            SEMVER,
            SEMVER),
        member(
            "compareTo",
            SimpleType.INT,
            Semver.class,
            a -> (long) ((Semver) a[0]).compareTo((Semver) a[1]),
            SEMVER,
            SEMVER));
  }

  private static Semver required(String text, boolean normalize) {
    Semver version = parse(text, normalize);
    if (version == null) {
      throw new IllegalArgumentException("Invalid semantic version: " + text);
    }
    return version;
  }

  private static @Nullable Semver parse(String given, boolean normalize) {
    String text = normalize ? normalized(given) : given;
    Matcher matcher = FORM.matcher(text);
    if (!matcher.matches()) {
      return null;
    }
    String pre = matcher.group(4);
    try {
      return new Semver(
          Long.parseLong(matcher.group(1)),
          Long.parseLong(matcher.group(2)),
          Long.parseLong(matcher.group(3)),
          pre == null ? List.of() : List.of(pre.split("\\.")));
    } catch (NumberFormatException e) {
      return null;
    }
  }

  /** {@code v1.02} is {@code 1.2.0}. */
  private static String normalized(String text) {
    String plain = text.startsWith("v") ? text.substring(1) : text;
    int rest = plain.length();
    for (int i = 0; i < plain.length(); i++) {
      if (plain.charAt(i) == '-' || plain.charAt(i) == '+') {
        rest = i;
        break;
      }
    }
    String[] parts = plain.substring(0, rest).split("\\.", -1);
    StringBuilder core = new StringBuilder();
    for (int i = 0; i < Math.max(3, parts.length); i++) {
      String part = i < parts.length ? parts[i].replaceFirst("^0+(?=\\d)", "") : "0";
      core.append(i == 0 ? "" : ".").append(part);
    }
    return core + plain.substring(rest);
  }
}
