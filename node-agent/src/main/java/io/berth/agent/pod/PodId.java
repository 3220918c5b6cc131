package io.berth.agent.pod;

import io.berth.api.object.ApiObject;
import java.util.Comparator;

/**
 * Names one pod and never its successor of the same name.
 *
 * @param namespace the pod's namespace
 * @param name the pod's name
 * @param uid the pod's uid
 */
public record PodId(String namespace, String name, String uid) implements Comparable<PodId> {
  private static final Comparator<PodId> ORDER =
      Comparator.comparing(PodId::namespace).thenComparing(PodId::name).thenComparing(PodId::uid);

  public static PodId of(ApiObject pod) {
    return new PodId(pod.key().namespace(), pod.key().name(), pod.header().uid());
  }

  /** {@code name_namespace(uid)}, as Kubernetes' messages print it. */
  public String described() {
    return name + "_" + namespace + "(" + uid + ")";
  }

  @Override
  public int compareTo(PodId other) {
    return ORDER.compare(this, other);
  }

  @Override
  public String toString() {
    return namespace + "/" + name;
  }
}
