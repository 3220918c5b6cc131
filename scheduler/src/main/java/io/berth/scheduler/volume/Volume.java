package io.berth.scheduler.volume;

import io.berth.scheduler.cluster.Node;
import io.berth.scheduler.core.Disk;
import io.berth.scheduler.core.NodeTerm;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A persistent volume as the API shows it. Immutable.
 *
 * @param name name
 * @param labels its labels
 * @param deleting whether it is being deleted
 * @param available whether its phase is {@code Available}
 * @param capacity its bytes
 * @param accessModes what it allows
 * @param className its storage class, or empty
 * @param volumeMode {@code Filesystem} or {@code Block}
 * @param nodeTerms the nodes that reach it; null for all
 * @param claim the claim that it is for, as {@code namespace/name}, or empty
 * @param claimUid that claim's uid, or empty for any of the name
 * @param driver the CSI driver, or empty
 * @param handle the volume's id to the driver
 * @param disk the disk that it stands for without a CSI driver, or null
 */
public record Volume(
    String name,
    Map<String, String> labels,
    boolean deleting,
    boolean available,
    long capacity,
    Set<String> accessModes,
    String className,
    String volumeMode,
    @Nullable List<NodeTerm> nodeTerms,
    String claim,
    String claimUid,
    String driver,
    String handle,
    @Nullable Disk disk) {
  public Volume {
    labels = Map.copyOf(labels);
    accessModes = Set.copyOf(accessModes);
    nodeTerms = nodeTerms == null ? null : List.copyOf(nodeTerms);
  }

  boolean reachedFrom(Node node) {
    return nodeTerms == null
        || nodeTerms.stream().anyMatch(term -> term.matches(node.name(), node.labels()));
  }

  boolean isFor(Claim wanted) {
    return claim.equals(wanted.key()) && (claimUid.isEmpty() || claimUid.equals(wanted.uid()));
  }
}
