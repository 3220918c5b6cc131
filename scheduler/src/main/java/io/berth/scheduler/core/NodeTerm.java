package io.berth.scheduler.core;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One term of a node selector: all of its requirements must hold; a term without any matches
 * nothing.
 *
 * @param labels requirements on labels
 * @param fields requirements on fields; {@code metadata.name} is the only one there is
 */
public record NodeTerm(List<Requirement> labels, List<Requirement> fields) {
  private static final String NAME = "metadata.name";

  public NodeTerm {
    labels = List.copyOf(labels);
    fields = List.copyOf(fields);
  }

  public boolean matches(String nodeName, Map<String, String> nodeLabels) {
    if (labels.isEmpty() && fields.isEmpty()) {
      return false;
    }
    for (Requirement requirement : labels) {
      if (!requirement.matches(nodeLabels.get(requirement.key()))) {
        return false;
      }
    }
    for (Requirement requirement : fields) {
      String value = requirement.key().equals(NAME) ? nodeName : null;
      if (!requirement.matches(value)) {
        return false;
      }
    }
    return true;
  }

  /** The names of the only nodes that can match; null where the term names none. */
  public @Nullable List<String> names() {
    for (Requirement requirement : fields) {
      if (requirement.key().equals(NAME) && requirement.operator() == Requirement.Operator.IN) {
        return requirement.values();
      }
    }
    return null;
  }
}
