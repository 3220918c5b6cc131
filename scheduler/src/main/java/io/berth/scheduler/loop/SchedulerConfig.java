package io.berth.scheduler.loop;

import io.berth.client.BackOff;
import io.berth.scheduler.cluster.Cluster;
import io.berth.scheduler.core.SpreadConstraint;
import io.berth.scheduler.decide.Profile;
import io.berth.scheduler.decide.Profiles;
import io.berth.scheduler.packing.FragmentationAware;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * The scheduler's settings.
 *
 * @param profilesOf makes what it decides by, one profile a scheduler name
 * @param defaultSpread spread constraints for pods that have none of their own, by scheduler name
 * @param maxBindingsInFlight how many bindings may wait for the API server's answer before no
 *     further pod is decided
 * @param gangTimeout how long a gang may wait to be placed whole before what is kept for it is
 *     given back; zero for ever
 * @param backOff how long after a pod was tried an event may have it tried again
 */
public record SchedulerConfig(
    Function<Cluster, List<Profile>> profilesOf,
    Map<String, List<SpreadConstraint>> defaultSpread,
    int maxBindingsInFlight,
    Duration gangTimeout,
    BackOff backOff) {
  /** The name under which the scheduler reports and that pods have where they name no other. */
  public static final String NAME = "default-scheduler";

  public static final SchedulerConfig DEFAULT =
      new SchedulerConfig(
          cluster -> List.of(Profiles.standard(NAME, new FragmentationAware(cluster))),
          Map.of(),
          128,
          Duration.ofMinutes(5),
          new BackOff(Duration.ofSeconds(1), Duration.ofSeconds(10)));

  /** What decides about a cluster's pods, one profile a scheduler name. */
  public List<Profile> profiles(Cluster cluster) {
    return profilesOf.apply(cluster);
  }
}
