package io.berth.agent.pod;

import io.berth.agent.runtime.RuntimeDriver;
import java.util.Map;

/** The probes of all pods on the node. Safe for use by many threads. */
public interface PodProbes {
  /** Has what runs probed, and no longer what does not. */
  void sync(PodView pod, RuntimeState state, RuntimeDriver driver, String podIp);

  /** What was found, by container id; containers without probes are not in it. */
  Map<String, ProbeState> states(String podUid);

  /** Ends the pod's probes. */
  void forget(String podUid);

  /** No probes at all. */
  PodProbes NONE =
      new PodProbes() {
        @Override
        public void sync(PodView pod, RuntimeState state, RuntimeDriver driver, String podIp) {}

        @Override
        public Map<String, ProbeState> states(String podUid) {
          return Map.of();
        }

        @Override
        public void forget(String podUid) {}
      };
}
