package io.berth.scheduler.cluster;

import io.berth.scheduler.core.Amounts;
import io.berth.scheduler.core.HostPort;
import io.berth.scheduler.core.NodeRecord;
import io.berth.scheduler.core.PodRecord;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A node with the pods that are on it or about to be. Changed by {@link Cluster} only; not safe for
 * use by several threads.
 */
public final class Node {
  private final int index;
  private NodeRecord record;
  private long[] requested = Amounts.none();
  private final List<HostPort> hostPorts = new ArrayList<>(0);
  private final List<PodRecord> mounting = new ArrayList<>(0);
  private Gpus gpus;
  private final Map<String, Placement> placements = new LinkedHashMap<>();
  private int movable;

  Node(int index, NodeRecord record) {
    this.index = index;
    this.record = record;
    this.gpus = Gpus.of(record);
  }

  /** Its place in the cluster's arrays, kept for as long as it is known. */
  public int index() {
    return index;
  }

  public NodeRecord record() {
    return record;
  }

  public String name() {
    return record.name();
  }

  public Map<String, String> labels() {
    return record.labels();
  }

  /** What its pods take, by slot. */
  public long requested(int slot) {
    return slot < requested.length ? requested[slot] : 0;
  }

  public long allocatable(int slot) {
    return record.allocatable(slot);
  }

  /** What is left by slot; below zero where more was promised than there is. */
  public long free(int slot) {
    return record.allocatable(slot) - requested(slot);
  }

  /** The ports of the node that its pods hold. */
  public List<HostPort> hostPorts() {
    return hostPorts;
  }

  /** Its pods that mount claims or disks. */
  public List<PodRecord> mounting() {
    return mounting;
  }

  public Gpus gpus() {
    return gpus;
  }

  /** Its pods in the order in which they came. */
  public Collection<Placement> placements() {
    return Collections.unmodifiableCollection(placements.values());
  }

  /** Whether pods are here that could be elsewhere: those of a DaemonSet are on every node. */
  public boolean inUse() {
    return movable > 0;
  }

  void describe(NodeRecord now) {
    boolean otherGpus = Gpus.count(now) != gpus.count();
    record = now;
    if (otherGpus) {
      gpus = Gpus.of(now);
      placements.values().forEach(p -> gpus.take(p.pod().shape(), p.devices()));
    }
  }

  void add(Placement placement) {
    PodRecord pod = placement.pod();
    placements.put(pod.uid(), placement);
    movable += pod.shape().namedNodes() == null ? 1 : 0;
    putBack(placement);
  }

  /** Counts what a pod takes. */
  void putBack(Placement placement) {
    PodRecord pod = placement.pod();
    requested = plus(pod.requests());
    hostPorts.addAll(pod.shape().hostPorts());
    if (!pod.details().volumes().isEmpty()) {
      mounting.add(pod);
    }
    gpus.take(pod.shape(), placement.devices());
  }

  /** Takes a pod's new version that asks for the same. */
  void replace(Placement placement) {
    placements.put(placement.pod().uid(), placement);
  }

  void remove(Placement placement) {
    PodRecord pod = placement.pod();
    placements.remove(pod.uid());
    movable -= pod.shape().namedNodes() == null ? 1 : 0;
    lift(placement);
  }

  /** Counts what a pod takes no more. */
  void lift(Placement placement) {
    PodRecord pod = placement.pod();
    long[] requests = pod.requests();
    for (int i = 0; i < requests.length; i++) {
      requested[i] -= requests[i];
    }
    pod.shape().hostPorts().forEach(hostPorts::remove); // one of equal ones each
    if (!pod.details().volumes().isEmpty()) {
      mounting.removeIf(other -> other.uid().equals(pod.uid()));
    }
    gpus.release(pod.shape(), placement.devices());
  }

  /** In place where there is room: this runs once a binding. */
  private long[] plus(long[] requests) {
    if (requested.length < requests.length) {
      return Amounts.plus(requested, requests);
    }
    for (int i = 0; i < requests.length; i++) {
      requested[i] += requests[i];
    }
    return requested;
  }

  @Override
  public String toString() {
    return record.name();
  }
}
