package io.berth.scheduler.loop;

import io.berth.scheduler.cluster.Cluster;
import io.berth.scheduler.core.SpreadConstraint;
import io.berth.scheduler.decide.Profile;
import io.berth.scheduler.decide.Profiles;
import io.berth.scheduler.packing.FragmentationAware;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;

/**
 * The scheduler's settings.
 *
 * @param profilesOf makes what it decides by, one profile a scheduler name
 * @param defaultSpread spread constraints for pods that have none of their own
 * @param maxBindingsInFlight how many bindings may wait for the API server's answer before no
 *     further pod is decided
 * @param gangTimeout how long a gang may wait to be placed whole before what is kept for it is
 *     given back; zero for ever
 */
public record SchedulerConfig(
    Function<Cluster, List<Profile>> profilesOf,
    List<SpreadConstraint> defaultSpread,
    int maxBindingsInFlight,
    Duration gangTimeout) {
  /** The name under which the scheduler reports and that pods have where they name no other. */
  public static final String NAME = "default-scheduler";

  public static final SchedulerConfig DEFAULT =
      new SchedulerConfig(
          cluster -> List.of(Profiles.standard(NAME, new FragmentationAware(cluster))),
          List.of(),
          128,
          Duration.ofMinutes(5));

  /** What decides about a cluster's pods, one profile a scheduler name. */
  public List<Profile> profiles(Cluster cluster) {
    return profilesOf.apply(cluster);
  }
}
