package io.berth.apiserver.registry;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * What a body has twice and what its type does not know, in the order in which Kubernetes' decoder
 * tells of it: as it stands in the text. Within a field that is not known nothing is looked at, nor
 * whether that comes twice. For one body, by one thread.
 */
final class FormFlaws {
  private final Set<String> duplicates;
  private final Set<String> unknown;
  private final List<String> ordered = new ArrayList<>();

  private FormFlaws(List<String> duplicates, List<String> unknown) {
    this.duplicates = new LinkedHashSet<>(duplicates);
    this.unknown = new LinkedHashSet<>(unknown);
  }

  /**
   * @param duplicates and
   * @param unknown as messages, {@code unknown field "spec.a"}
   */
  static List<String> of(JsonNode object, List<String> duplicates, List<String> unknown) {
    if (duplicates.isEmpty() || unknown.isEmpty()) {
      return duplicates.isEmpty() ? unknown : List.copyOf(new LinkedHashSet<>(duplicates));
    }
    FormFlaws flaws = new FormFlaws(duplicates, unknown);
    flaws.value(object, "");
    flaws.ordered.addAll(flaws.duplicates); // within values that a later one replaced
    flaws.ordered.addAll(flaws.unknown);
    return flaws.ordered;
  }

  private void value(JsonNode value, String path) {
    if (value.isObject()) {
      for (var field : value.properties()) {
        field(field.getValue(), path.isEmpty() ? field.getKey() : path + "." + field.getKey());
      }
    }
    for (int i = 0; value.isArray() && i < value.size(); i++) {
      value(value.get(i), path + "[" + i + "]");
    }
  }

  private void field(JsonNode value, String path) {
    String twice = "duplicate field \"" + path + "\"";
    String strange = "unknown field \"" + path + "\"";
    if (unknown.remove(strange)) {
      ordered.add(strange);
      String within = "duplicate field \"" + path;
      duplicates.removeIf(
          other -> other.startsWith(within) && ".[\"".indexOf(other.charAt(within.length())) >= 0);
      return;
    }
    if (duplicates.remove(twice)) {
      ordered.add(twice);
    }
    value(value, path);
  }
}
