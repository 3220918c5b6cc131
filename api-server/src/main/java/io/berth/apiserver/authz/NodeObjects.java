package io.berth.apiserver.authz;

import org.jspecify.annotations.Nullable;

/** What the rules for node agents need to know of stored objects. Answers from memory. */
public interface NodeObjects {
  /**
   * The node that a pod is bound to, empty while it is to none, null where there is no such pod.
   */
  @Nullable String nodeOf(String namespace, String pod);

  /**
   * Whether a pod that is bound to the node names the object.
   *
   * @param resource {@code secrets}, {@code configmaps}, {@code persistentvolumeclaims} or {@code
   *     serviceaccounts}
   */
  boolean usedOn(String node, String resource, String namespace, String name);
}
