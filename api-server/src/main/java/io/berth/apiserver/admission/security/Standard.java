package io.berth.apiserver.admission.security;

import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A level at a version of the standards. A namespace names one for each mode; the newest version
 * holds where it names none, or one that nobody can read.
 *
 * @param level how strict
 * @param minor of version {@code 1.minor}; {@link #LATEST} for the newest
 */
record Standard(Level level, int minor) {
  /** Newer than all versions. */
  static final int LATEST = Integer.MAX_VALUE;

  static final Standard NONE = new Standard(Level.PRIVILEGED, LATEST);

  private static final String PREFIX = "pod-security.kubernetes.io/";
  private static final Pattern VERSION = Pattern.compile("v1\\.(0|[1-9][0-9]{0,8})");

  /** What is not allowed in a namespace; a level that nobody knows is the strictest. */
  static Standard enforced(Map<String, String> labels) {
    return of(labels, "enforce", Level.RESTRICTED);
  }

  /** What is warned of: where the namespace does not say, what is not allowed. */
  static Standard warned(Map<String, String> labels) {
    return labels.containsKey(label("warn"))
        ? of(labels, "warn", Level.PRIVILEGED)
        : enforced(labels);
  }

  private static Standard of(Map<String, String> labels, String mode, Level unknown) {
    String name = labels.get(label(mode));
    if (name == null) {
      return NONE;
    }
    Level level = Level.of(name);
    Integer minor = minor(labels.getOrDefault(label(mode) + "-version", "latest"));
    return new Standard(level == null ? unknown : level, minor == null ? LATEST : minor);
  }

  /** The label of a mode's level; its version's ends in {@code -version}. */
  static String label(String mode) {
    return PREFIX + mode;
  }

  /** Null where it is no version. */
  static @Nullable Integer minor(String version) {
    if (version.equals("latest")) {
      return LATEST;
    }
    Matcher matcher = VERSION.matcher(version);
    return matcher.matches() ? Integer.valueOf(matcher.group(1)) : null;
  }

  /** As users know it: {@code baseline:v1.30}. */
  @Override
  public String toString() {
    return level.text() + ":" + (minor == LATEST ? "latest" : "v1." + minor);
  }
}
