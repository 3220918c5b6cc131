package io.berth.agent.network;

import io.berth.api.object.ApiObject;
import java.util.List;

/**
 * Stands before a pod's first packet: what policies say of it is in force before any of its
 * containers starts. Safe for use by many threads.
 */
public interface PodGate {
  /**
   * Returns once the pod's connections are judged. Cheap where they are already.
   *
   * @param addresses of its sandbox
   * @throws io.berth.agent.runtime.RuntimeDriverException that cannot be had now; the pod must wait
   */
  void admit(ApiObject pod, List<String> addresses);

  /** The pod's sandbox is gone, and its addresses may be another's next. Idempotent. */
  void release(String uid);

  /** Everyone may pass. */
  PodGate OPEN =
      new PodGate() {
        @Override
        public void admit(ApiObject pod, List<String> addresses) {}

        @Override
        public void release(String uid) {}
      };
}
