package io.berth.agent.network;

import java.util.Map;
import java.util.Set;

/** The ports of the node that lead to pods. Safe for use by many threads; failures are retried. */
public interface HostPorts {
  /**
   * Where ports lead.
   *
   * @param ip the pod's address
   */
  record Target(String ip, Set<HostPort> ports) {}

  /** Has these and no others, by pod uid: what there is when an agent starts. */
  void begin(Map<String, Target> pods);

  /** The pod is reached by these from now on. Cheap where it is already. */
  void publish(String podUid, Target target);

  /** The pod is reached by none. */
  void withdraw(String podUid);

  /** No port leads anywhere. */
  HostPorts NONE =
      new HostPorts() {
        @Override
        public void begin(Map<String, Target> pods) {}

        @Override
        public void publish(String podUid, Target target) {}

        @Override
        public void withdraw(String podUid) {}
      };
}
