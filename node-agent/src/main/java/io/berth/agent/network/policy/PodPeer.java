package io.berth.agent.network.policy;

import io.berth.api.object.LabelSelector;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Pods as the other side of a connection.
 *
 * @param namespace the policy's own; empty where namespaces are selected
 * @param namespaces by their labels, or null for the policy's own
 * @param pods by their labels
 */
record PodPeer(String namespace, @Nullable LabelSelector namespaces, LabelSelector pods) {
  /** Every pod of the cluster. */
  static final PodPeer ALL = new PodPeer("", LabelSelector.EVERYTHING, LabelSelector.EVERYTHING);

  /**
   * @param namespaceLabels of the pod's namespace, or null where it is not known
   */
  boolean matches(
      String podNamespace,
      Map<String, String> podLabels,
      @Nullable Map<String, String> namespaceLabels) {
    boolean inside =
        namespaces == null
            ? podNamespace.equals(namespace)
            : namespaces.isEmpty()
                || (namespaceLabels != null && namespaces.matches(namespaceLabels));
    return inside && pods.matches(podLabels);
  }

  /** Tells it apart from all others. */
  String text() {
    return (namespaces == null ? "in " + namespace : "where " + namespaces) + " | " + pods;
  }
}
