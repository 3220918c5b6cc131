package io.berth.scheduler.core;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What placing a pod depends on, in the scheduler's own form. Immutable; the array must not be
 * changed.
 *
 * @param namespace namespace
 * @param name name
 * @param uid uid
 * @param priority the higher is placed first
 * @param requests what it takes of a node, one of {@code pods} included
 * @param nodeName the node that it is bound to or asks for, or empty
 * @param nodeSelector labels that the node must have
 * @param requiredTerms the node must match one of them, or null where any node will do
 * @param preferredTerms terms with weights that raise a node's score
 * @param tolerations tolerations
 * @param hostPorts ports of the node that it needs for itself
 */
public record PodRecord(
    String namespace,
    String name,
    String uid,
    int priority,
    long[] requests,
    String nodeName,
    Map<String, String> nodeSelector,
    @Nullable List<NodeTerm> requiredTerms,
    List<Preference> preferredTerms,
    List<Toleration> tolerations,
    List<HostPort> hostPorts) {
  /** A preferred node selector term. */
  public record Preference(int weight, NodeTerm term) {}

  public String key() {
    return namespace + "/" + name;
  }

  public boolean tolerates(Taint taint) {
    for (Toleration toleration : tolerations) {
      if (toleration.tolerates(taint)) {
        return true;
      }
    }
    return false;
  }

  @Override
  public String toString() {
    return key();
  }
}
