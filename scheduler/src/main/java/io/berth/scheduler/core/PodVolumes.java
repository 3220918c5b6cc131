package io.berth.scheduler.core;

import java.util.List;

/**
 * What a pod mounts that not every node can give it. Immutable.
 *
 * @param claims persistent volume claims
 * @param disks disks that it names itself
 */
public record PodVolumes(List<ClaimName> claims, List<Disk> disks) {
  public static final PodVolumes NONE = new PodVolumes(List.of(), List.of());

  public PodVolumes {
    claims = List.copyOf(claims);
    disks = List.copyOf(disks);
  }

  public boolean isEmpty() {
    return claims.isEmpty() && disks.isEmpty();
  }
}
