package io.berth.scheduler.gang;

import io.berth.scheduler.cluster.Cluster;
import io.berth.scheduler.cluster.Placement;
import io.berth.scheduler.preempt.Companions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Pods of groups whose disruption mode is {@code PodGroup} leave together. */
public record LeavingTogether(Gangs gangs, Cluster cluster) implements Companions {
  @Override
  public List<Placement> of(Placement placement) {
    Set<String> uids = gangs.leavingWith(placement.pod());
    if (uids.size() <= 1) {
      return List.of(placement);
    }
    List<Placement> together = new ArrayList<>();
    for (String uid : uids) {
      Placement found = cluster.placement(uid);
      if (found != null) {
        together.add(found);
      }
    }
    return together;
  }

  @Override
  public long epoch() {
    return gangs.epoch();
  }
}
