package io.berth.apiserver.cel;

import static io.berth.apiserver.cel.Function.global;
import static io.berth.apiserver.cel.Function.list;
import static io.berth.apiserver.cel.Function.member;

import com.google.errorprone.annotations.Immutable;
import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import dev.cel.common.types.CelType;
import dev.cel.common.types.ListType;
import dev.cel.common.types.OpaqueType;
import dev.cel.common.types.OptionalType;
import dev.cel.common.types.SimpleType;
import dev.cel.runtime.CelFunctionOverload;
import io.berth.api.object.Names;
import io.berth.apiserver.custom.Formats;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** {@code find}, {@code findAll}, {@code format} of texts, and named formats. */
final class TextFunctions {
  private static final CelType TEXT = SimpleType.STRING;
  private static final CelType TEXTS = ListType.create(TEXT);
  private static final CelType FORMAT = OpaqueType.create("kubernetes.NamedFormat");

  /** A format that texts can be held against. */
  @Immutable
  private interface Format {
    List<String> wrong(String text);
  }

  private static final Map<String, Format> FORMATS =
      Map.ofEntries(
          Map.entry("dns1123Label", Names::dns1123Label),
          Map.entry("dns1123Subdomain", Names::dns1123Subdomain),
          Map.entry("dns1035Label", Names::dns1035Label),
          Map.entry("qualifiedName", Names::qualifiedName),
          Map.entry("dns1123LabelPrefix", text -> Names.dns1123Label(unprefixed(text))),
          Map.entry("dns1123SubdomainPrefix", text -> Names.dns1123Subdomain(unprefixed(text))),
          Map.entry("dns1035LabelPrefix", text -> Names.dns1035Label(unprefixed(text))),
          Map.entry("labelValue", Names::labelValue),
          Map.entry("uri", text -> checked("uri", text)),
          Map.entry("uuid", text -> checked("uuid", text)),
          Map.entry("byte", text -> checked("byte", text)),
          Map.entry("date", text -> checked("date", text)),
          Map.entry("datetime", text -> checked("datetime", text)));

  private TextFunctions() {}

  private static String unprefixed(String prefix) {
    return prefix.endsWith("-") ? prefix + "a" : prefix;
  }

  private static List<String> checked(String format, String text) {
    return Formats.fits(format, text) ? List.of() : List.of("invalid " + format);
  }

  static List<Function> all() {
    List<Function> all = new ArrayList<>();
    all.add(
        member("find", TEXT, String.class, a -> find((String) a[0], (String) a[1]), TEXT, TEXT));
    all.add(
        member(
            "findAll",
            TEXTS,
            String.class,
            a -> findAll((String) a[0], (String) a[1], -1),
            TEXT,
            TEXT));
    all.add(
        member(
            "findAll",
            TEXTS,
            String.class,
            a -> findAll((String) a[0], (String) a[1], (Long) a[2]),
            TEXT,
            TEXT,
            SimpleType.INT));
    all.add(
        member(
            "format",
            TEXT,
            String.class,
            a -> formatted((String) a[0], list(a[1])),
            TEXT,
            ListType.create(SimpleType.DYN)));
    CelType optional = OptionalType.create(FORMAT);
    all.add(
        global(
            "format.named", optional, a -> Optional.ofNullable(FORMATS.get((String) a[0])), TEXT));
    FORMATS.forEach(
        (name, format) -> all.add(global("format." + name, FORMAT, noArguments(format))));
    all.add(
        member(
            "validate",
            OptionalType.create(TEXTS),
            Format.class,
            a -> {
              List<String> wrong = ((Format) a[0]).wrong((String) a[1]);
              return wrong.isEmpty() ? Optional.empty() : Optional.of(wrong);
            },
            FORMAT,
            TEXT));
    return all;
  }

  private static CelFunctionOverload noArguments(Format format) {
    return a -> format;
  }

  private static String find(String text, String pattern) {
    Matcher matcher = Pattern.compile(pattern).matcher(text);
    return matcher.find() ? matcher.group() : "";
  }

  private static List<String> findAll(String text, String pattern, long limit) {
    List<String> found = new ArrayList<>();
    Matcher matcher = Pattern.compile(pattern).matcher(text);
    while ((limit < 0 || found.size() < limit) && matcher.find()) {
      found.add(matcher.group());
    }
    return found;
  }

  /** {@code "%s has %d".format([a, b])}. */
  static String formatted(String format, List<Object> values) {
    StringBuilder out = new StringBuilder();
    int next = 0;
    int at = 0;
    while (at < format.length()) {
      char c = format.charAt(at++);
      if (c != '%') {
        out.append(c);
        continue;
      }
      int end = at;
      while (end < format.length() && ".0123456789".indexOf(format.charAt(end)) >= 0) {
        end++;
      }
      if (end == format.length()) {
        throw new IllegalArgumentException("unexpected end of string");
      }
      String precision = format.substring(at, end).replace(".", "");
      char verb = format.charAt(end);
      at = end + 1;
      if (verb == '%') {
        out.append('%');
      } else if (next >= values.size()) {
        throw new IllegalArgumentException("index " + next + " out of range");
      } else {
        int digits = precision.isEmpty() ? 6 : Integer.parseInt(precision);
        out.append(one(verb, digits, values.get(next++)));
      }
    }
    return out.toString();
  }

  private static String one(char verb, int digits, Object value) {
    return switch (verb) {
      case 's' -> shown(value);
      case 'd' -> shown(whole(value));
      case 'f' -> String.format(Locale.ROOT, "%." + digits + "f", number(value));
      case 'e' -> String.format(Locale.ROOT, "%." + digits + "e", number(value));
      case 'b' ->
          value instanceof Boolean bool ? (bool ? "1" : "0") : Long.toBinaryString(whole(value));
      case 'o' -> Long.toOctalString(whole(value));
      case 'x' -> value instanceof String text ? hex(text) : Long.toHexString(whole(value));
      case 'X' ->
          (value instanceof String text ? hex(text) : Long.toHexString(whole(value)))
              .toUpperCase(Locale.ROOT);
      default ->
          throw new IllegalArgumentException("unrecognized formatting clause \"" + verb + "\"");
    };
  }

  private static String hex(String text) {
    return HexFormat.of().formatHex(text.getBytes(StandardCharsets.UTF_8));
  }

  private static long whole(Object value) {
    if (value instanceof Number number && !(value instanceof Double)) {
      return number.longValue();
    }
    throw new IllegalArgumentException("integer clause can only be used on integers");
  }

  private static double number(Object value) {
    if (value instanceof Number number) {
      return number.doubleValue();
    }
    throw new IllegalArgumentException("fixed-point clause can only be used on doubles");
  }

  /** A value as text: lists and maps with their items. */
  private static String shown(Object value) {
    return switch (value) {
      case List<?> items ->
          "[" + String.join(", ", items.stream().map(TextFunctions::shown).toList()) + "]";
      case Map<?, ?> map ->
          "{"
              + String.join(
                  ", ",
                  map.entrySet().stream()
                      .map(e -> shown(e.getKey()) + ": " + shown(e.getValue()))
                      .sorted()
                      .toList())
              + "}";
      case Double number when number == Math.rint(number) && Math.abs(number) < 1e15 ->
          Long.toString(number.longValue());
      default -> value.toString();
    };
  }
}
