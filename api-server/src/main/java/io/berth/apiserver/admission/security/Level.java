package io.berth.apiserver.admission.security;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** How much a namespace's pods may ask of their nodes, from anything to little. */
public enum Level {
  PRIVILEGED,
  BASELINE,
  RESTRICTED;

  /** By the name that labels give it; null where there is no such level. */
  static @Nullable Level of(String name) {
    return switch (name) {
      case "privileged" -> PRIVILEGED;
      case "baseline" -> BASELINE;
      case "restricted" -> RESTRICTED;
      default -> null;
    };
  }

  String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}
