package io.berth.scheduler.core;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A node and what its pods take of it. Immutable; arrays must not be changed.
 *
 * @param name the node's name
 * @param labels its labels
 * @param taints its taints
 * @param unschedulable whether it is cordoned
 * @param allocatable what pods may take, by slot
 * @param requested what the pods on it take, by slot
 * @param hostPorts the node's ports that its pods hold
 */
public record NodeState(
    String name,
    Map<String, String> labels,
    List<Taint> taints,
    boolean unschedulable,
    long[] allocatable,
    long[] requested,
    List<HostPort> hostPorts) {

  /** The same node with one pod more. */
  public NodeState plus(PodRecord pod) {
    List<HostPort> ports = hostPorts;
    if (!pod.hostPorts().isEmpty()) {
      ports = new ArrayList<>(hostPorts);
      ports.addAll(pod.hostPorts());
    }
    return with(Amounts.plus(requested, pod.requests()), ports);
  }

  /** The same node with one pod less. */
  public NodeState minus(PodRecord pod) {
    List<HostPort> ports = hostPorts;
    if (!pod.hostPorts().isEmpty()) {
      ports = new ArrayList<>(hostPorts);
      pod.hostPorts().forEach(ports::remove); // one of equal ones each
    }
    return with(Amounts.minus(requested, pod.requests()), ports);
  }

  /** The node as it is described now, with the pods it has. */
  public NodeState describedBy(NodeState description) {
    return description.with(requested, hostPorts);
  }

  private NodeState with(long[] newRequested, List<HostPort> newPorts) {
    return new NodeState(name, labels, taints, unschedulable, allocatable, newRequested, newPorts);
  }
}
