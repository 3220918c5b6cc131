package io.berth.scheduler.volume;

import io.berth.scheduler.cluster.Node;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** How far the claims of a {@link VolumePlan} are. Not safe for use by several threads. */
public final class VolumeProgress {
  private final Storage storage;
  private final VolumePlan plan;

  /** Claims that were seen to be assigned to the node: a provisioner may take that back. */
  private final Set<String> assigned = new HashSet<>();

  public VolumeProgress(Storage storage, VolumePlan plan) {
    this.storage = storage;
    this.plan = plan;
  }

  public String nodeName() {
    return plan.nodeName();
  }

  /**
   * @param node the plan's node, or null where there is none any more
   * @return null while they are on their way, an empty string when all are bound, else what went
   *     wrong
   */
  public @Nullable String outcome(@Nullable Node node) {
    if (node == null) {
      return "binding volumes: node \"" + plan.nodeName() + "\" is gone";
    }
    boolean all = true;
    for (Claim claim : plan.given().keySet()) {
      String outcome = outcome(claim, node, false);
      if (outcome != null && !outcome.isEmpty()) {
        return outcome;
      }
      all &= outcome != null;
    }
    for (Claim claim : plan.provisioned()) {
      String outcome = outcome(claim, node, true);
      if (outcome != null && !outcome.isEmpty()) {
        return outcome;
      }
      all &= outcome != null;
    }
    return all ? "" : null;
  }

  private @Nullable String outcome(Claim planned, Node node, boolean provisioned) {
    Claim now = storage.claim(planned.namespace(), planned.name());
    if (now == null || !now.uid().equals(planned.uid())) {
      return "binding volumes: persistentvolumeclaim \"" + planned.name() + "\" is gone";
    }
    if (!now.bound()) {
      if (!now.selectedNode().isEmpty()) {
        assigned.add(now.key());
      } else if (provisioned && assigned.contains(now.key())) {
        return "binding volumes: provisioning failed for PVC \"" + now.name() + "\"";
      }
      return null;
    }
    Volume volume = storage.volume(now.volumeName());
    if (volume == null) {
      return null; // it is yet to be seen
    }
    return volume.reachedFrom(node)
        ? ""
        : "binding volumes: pv \""
            + volume.name()
            + "\" node affinity doesn't match node \""
            + node.name()
            + "\"";
  }
}
