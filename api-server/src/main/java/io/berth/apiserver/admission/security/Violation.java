package io.berth.apiserver.admission.security;

import io.berth.api.object.Text;
import java.util.List;
import java.util.stream.Collectors;

/**
 * A rule that a pod breaks.
 *
 * @param reason in a word or two
 * @param detail what breaks it, and what must be there instead
 */
record Violation(String reason, String detail) {
  /** {@code container "a"} or {@code containers "a", "b"}. */
  static String containers(List<String> names) {
    return plural("container", names) + " " + quoted(names);
  }

  static String plural(String word, List<String> items) {
    return items.size() == 1 ? word : word + "s";
  }

  static String quoted(List<String> items) {
    return items.stream().map(Text::quote).collect(Collectors.joining(", "));
  }

  @Override
  public String toString() {
    return detail.isEmpty() ? reason : reason + " (" + detail + ")";
  }
}
