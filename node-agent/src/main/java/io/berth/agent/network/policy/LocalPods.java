package io.berth.agent.network.policy;

import io.berth.api.object.ApiObject;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which addresses pods have: for those that begin on this node, what the runtime says, from before
 * their first container starts until their sandbox is gone, whatever becomes of their objects; for
 * the others what their status says. Not for use by several threads at once.
 */
final class LocalPods {
  /**
   * One that runs here.
   *
   * @param pod as last seen
   */
  private record Admitted(NetPod pod, List<String> addresses) {}

  private final String node;
  private final Map<String, Admitted> admitted = new HashMap<>();

  /** Those of the API that run here, or are about to. */
  private final Map<String, NetPod> known = new HashMap<>();

  LocalPods(String node) {
    this.node = node;
  }

  /** Whether anything changed. */
  boolean admit(ApiObject slim, List<String> addresses, PolicyModel model) {
    NetPod pod = NetPod.of(slim, node);
    Admitted then = admitted.put(pod.uid(), new Admitted(pod, List.copyOf(addresses)));
    if (then != null && then.addresses.equals(addresses)) {
      admitted.put(pod.uid(), then);
      return false;
    }
    model.pod(pod.uid(), known.getOrDefault(pod.uid(), pod).runningAt(addresses));
    return true;
  }

  /** Whether anything changed. */
  boolean release(String uid, PolicyModel model) {
    if (admitted.remove(uid) == null) {
      return false;
    }
    model.pod(uid, known.get(uid));
    return true;
  }

  /**
   * The API has another version of a pod.
   *
   * @param slim null where it is gone
   */
  void change(String uid, @Nullable ApiObject slim, PolicyModel model) {
    NetPod pod = slim == null ? null : NetPod.of(slim, node);
    if (pod != null && pod.local()) {
      known.put(uid, pod);
    } else {
      known.remove(uid);
    }
    Admitted here = admitted.get(uid);
    if (here == null) {
      model.pod(uid, pod);
      return;
    }
    NetPod last = pod == null ? here.pod : pod;
    admitted.put(uid, new Admitted(last, here.addresses));
    model.pod(uid, last.runningAt(here.addresses));
  }
}
