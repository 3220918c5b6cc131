package io.berth.scheduler.volume;

import io.berth.api.object.LabelSelector;
import java.util.Set;

/**
 * A persistent volume claim as the API shows it. Immutable.
 *
 * @param namespace namespace
 * @param name name
 * @param uid uid
 * @param owner the uid of the object that it belongs to, or empty
 * @param deleting whether it is being deleted
 * @param lost whether its volume is gone
 * @param volumeName the volume that it is bound to or asks for, or empty
 * @param bindCompleted whether the binding to that volume is complete
 * @param className its storage class, or empty
 * @param selectedNode the node for which its volume is to be provisioned, or empty
 * @param request the bytes that it asks for
 * @param accessModes what its volume must allow
 * @param selector the volumes that will do
 * @param volumeMode {@code Filesystem} or {@code Block}
 */
public record Claim(
    String namespace,
    String name,
    String uid,
    String owner,
    boolean deleting,
    boolean lost,
    String volumeName,
    boolean bindCompleted,
    String className,
    String selectedNode,
    long request,
    Set<String> accessModes,
    LabelSelector selector,
    String volumeMode) {
  public Claim {
    accessModes = Set.copyOf(accessModes);
  }

  String key() {
    return namespace + "/" + name;
  }

  boolean bound() {
    return !volumeName.isEmpty() && bindCompleted;
  }

  boolean forOnePod() {
    return accessModes.contains("ReadWriteOncePod");
  }
}
