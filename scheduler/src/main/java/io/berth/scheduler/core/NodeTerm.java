package io.berth.scheduler.core;

import java.util.List;

/**
 * One term of a node selector: all of its requirements must hold; a term without any matches
 * nothing.
 *
 * @param labels requirements on labels
 * @param fields requirements on fields; {@code metadata.name} is the only one there is
 */
public record NodeTerm(List<Requirement> labels, List<Requirement> fields) {
  public NodeTerm {
    labels = List.copyOf(labels);
    fields = List.copyOf(fields);
  }

  public boolean matches(NodeState node) {
    if (labels.isEmpty() && fields.isEmpty()) {
      return false;
    }
    for (Requirement requirement : labels) {
      if (!requirement.matches(node.labels().get(requirement.key()))) {
        return false;
      }
    }
    for (Requirement requirement : fields) {
      String value = requirement.key().equals("metadata.name") ? node.name() : null;
      if (!requirement.matches(value)) {
        return false;
      }
    }
    return true;
  }
}
