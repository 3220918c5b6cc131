package io.berth.scheduler.decide;

import io.berth.scheduler.cluster.Cluster;
import io.berth.scheduler.core.PodRecord;
import io.berth.scheduler.rules.PodRule;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The profiles' deciders, by the scheduler names that pods have. Guarded by the loop. */
public final class Deciders {
  private final Map<String, Decider> byName = new LinkedHashMap<>();

  public Deciders(Cluster cluster, List<Profile> profiles, PodRule podRule) {
    profiles.forEach(p -> byName.put(p.schedulerName(), new Decider(cluster, p, podRule)));
  }

  public Set<String> names() {
    return byName.keySet();
  }

  public Collection<Decider> all() {
    return byName.values();
  }

  /** The decider of a scheduler name, or null where there is none. */
  public @Nullable Decider named(String schedulerName) {
    return byName.get(schedulerName);
  }

  /** The decider of a pod that is this scheduler's. */
  public Decider of(PodRecord pod) {
    Decider named = byName.get(pod.details().schedulerName());
    return named == null ? byName.values().iterator().next() : named;
  }
}
