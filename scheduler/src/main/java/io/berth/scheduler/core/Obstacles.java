package io.berth.scheduler.core;

import java.util.List;

/**
 * What keeps a pod from being decided at all, whatever the nodes say. Immutable.
 *
 * @param gates the scheduling gates that somebody has yet to take away
 * @param notSupported paths of demands that cannot be acted on: placing the pod without them would
 *     break a promise
 */
public record Obstacles(List<String> gates, List<String> notSupported) {
  public static final Obstacles NONE = new Obstacles(List.of(), List.of());

  public Obstacles {
    gates = List.copyOf(gates);
    notSupported = List.copyOf(notSupported);
  }

  public boolean none() {
    return gates.isEmpty() && notSupported.isEmpty();
  }

  /** What they are, in a sentence without a full stop; empty where there are none. */
  public String message() {
    String gated = "its scheduling gates have yet to be removed: " + String.join(", ", gates);
    String asked = String.join(", ", notSupported) + ": this scheduler cannot act on it";
    if (none()) {
      return "";
    }
    return gates.isEmpty() ? asked : notSupported.isEmpty() ? gated : gated + "; " + asked;
  }
}
