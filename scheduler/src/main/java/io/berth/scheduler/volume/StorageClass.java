package io.berth.scheduler.volume;

import io.berth.scheduler.cluster.Node;
import io.berth.scheduler.core.NodeTerm;
import java.util.List;

/**
 * A storage class. Immutable.
 *
 * @param name name
 * @param provisioner who makes its volumes
 * @param waits whether its volumes are bound when a pod that uses them has a node
 * @param topologies where its volumes can be; empty for anywhere
 */
public record StorageClass(
    String name, String provisioner, boolean waits, List<NodeTerm> topologies) {
  public StorageClass {
    topologies = List.copyOf(topologies);
  }

  boolean provisions() {
    return !provisioner.isEmpty() && !provisioner.equals("kubernetes.io/no-provisioner");
  }

  boolean provisionsFor(Node node) {
    return topologies.isEmpty()
        || topologies.stream().anyMatch(term -> term.matches(node.name(), node.labels()));
  }
}
