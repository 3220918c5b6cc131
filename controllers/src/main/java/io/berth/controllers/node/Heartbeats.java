package io.berth.controllers.node;

import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * When a sign of life of each node was last seen, on the clock of this process: what a node's own
 * clock says is only compared with what it said before. Safe for use by many threads.
 */
final class Heartbeats {
  private static final class Sign {
    String lease = "";
    String status = "";
    long seenNanos;
  }

  private final Map<String, Sign> signs = new HashMap<>();

  private Sign of(String node, long nowNanos) {
    return signs.computeIfAbsent(
        node,
        name -> {
          Sign fresh = new Sign();
          fresh.seenNanos = nowNanos;
          return fresh;
        });
  }

  /**
   * @param renewTime of the node's lease
   * @return whether it is another than before
   */
  synchronized boolean lease(String node, String renewTime, long nowNanos) {
    Sign sign = of(node, nowNanos);
    if (sign.lease.equals(renewTime)) {
      return false;
    }
    sign.lease = renewTime;
    sign.seenNanos = nowNanos;
    return true;
  }

  /**
   * @param heartbeat what the node's condition {@code Ready} bears as its last heartbeat
   */
  synchronized void status(String node, String heartbeat, long nowNanos) {
    Sign sign = of(node, nowNanos);
    if (!sign.status.equals(heartbeat)) {
      sign.status = heartbeat;
      sign.seenNanos = nowNanos;
    }
  }

  /** The time since the last sign of life; since it was first heard of where there was none. */
  synchronized Duration silence(String node, long nowNanos) {
    return Duration.ofNanos(nowNanos - of(node, nowNanos).seenNanos);
  }

  synchronized void forget(String node) {
    signs.remove(node);
  }
}
