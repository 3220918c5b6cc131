package io.berth.agent.server;

import io.berth.agent.pod.PodId;
import io.berth.agent.runtime.RuntimeDriverException;

/** What a client reads where a port cannot be forwarded. */
final class PortErrors {
  private PortErrors() {}

  static String of(int port, PodId pod, RuntimeDriverException why) {
    return "error forwarding port %d to pod %s, uid %s: %s"
        .formatted(port, pod.name(), pod.uid(), why.getMessage());
  }
}
