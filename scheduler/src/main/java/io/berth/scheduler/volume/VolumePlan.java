package io.berth.scheduler.volume;

import java.util.List;
import java.util.Map;

/**
 * What becomes of a pod's claims on the node that was decided for it. Immutable.
 *
 * @param nodeName the node
 * @param given claims that get volumes that there are
 * @param provisioned claims whose volumes are to be made
 */
public record VolumePlan(String nodeName, Map<Claim, Volume> given, List<Claim> provisioned) {
  public static final VolumePlan NONE = new VolumePlan("", Map.of(), List.of());

  public VolumePlan {
    given = Map.copyOf(given);
    provisioned = List.copyOf(provisioned);
  }

  /** Whether there is nothing to do. */
  public boolean isEmpty() {
    return given.isEmpty() && provisioned.isEmpty();
  }
}
