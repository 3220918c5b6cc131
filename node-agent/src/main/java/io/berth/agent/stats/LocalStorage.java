package io.berth.agent.stats;

import io.berth.agent.pod.PodId;
import io.berth.agent.pod.PodPaths;
import io.berth.agent.runtime.RuntimeDriver;
import io.berth.agent.runtime.RuntimeDriver.MountKind;
import io.berth.agent.runtime.RuntimeDriverException;
import io.berth.agent.volumes.PodVolumes;
import io.berth.api.time.Environment;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;

/**
 * What pods take of the node's disk: containers' own layers, logs, volumes. Files are counted only
 * when somebody asks, and what was counted is good for a while. Safe for use by many threads.
 */
public final class LocalStorage {
  /** How old a figure may be that people look at. */
  public static final Duration RELAXED = Duration.ofMinutes(1);

  /** How old one may be that a limit is held against. */
  public static final Duration STRICT = Duration.ofSeconds(10);

  /**
   * A pod's share of the disk.
   *
   * @param layers by container id
   * @param logs by container name
   * @param volumes by name, those that the agent keeps files of
   */
  public record OfPod(
      Map<String, DiskUse> layers, Map<String, DiskUse> logs, Map<String, DiskUse> volumes) {
    /** All of it. */
    public DiskUse total() {
      DiskUse sum = DiskUse.NONE;
      for (Map<String, DiskUse> part : java.util.List.of(layers, logs, volumes)) {
        for (DiskUse one : part.values()) {
          sum = sum.plus(one);
        }
      }
      return sum;
    }
  }

  private record Counted(long nanos, OfPod pod) {}

  private record Layers(long nanos, Map<String, DiskUse> byContainer) {}

  private final Environment environment;
  private final PodPaths paths;
  private final Function<String, Map<String, PodVolumes.Ready>> volumes;
  private final Map<String, Counted> counted = new ConcurrentHashMap<>();
  private final Map<RuntimeDriver, Layers> layers = new ConcurrentHashMap<>();

  /**
   * @param volumes those that a pod has, by uid
   */
  public LocalStorage(
      Environment environment,
      PodPaths paths,
      Function<String, Map<String, PodVolumes.Ready>> volumes) {
    this.environment = environment;
    this.paths = paths;
    this.volumes = volumes;
  }

  /** What a pod takes, not older than that. */
  public OfPod of(Sample.OfPod pod, Duration maxAge) {
    String uid = pod.sandbox().uid();
    long now = environment.clock().nanos();
    Counted before = counted.get(uid);
    if (before != null && now - before.nanos() < maxAge.toNanos()) {
      return before.pod();
    }
    OfPod fresh = count(pod, now);
    counted.put(uid, new Counted(now, fresh));
    return fresh;
  }

  private OfPod count(Sample.OfPod pod, long now) {
    PodId id = new PodId(pod.sandbox().namespace(), pod.sandbox().name(), pod.sandbox().uid());
    Map<String, DiskUse> all = layers(pod.driver(), now);
    Map<String, DiskUse> own = new HashMap<>();
    Map<String, DiskUse> logs = new TreeMap<>();
    for (Sample.OfContainer one : pod.containers()) {
      DiskUse layer = all.get(one.container().id());
      if (layer != null) {
        own.put(one.container().id(), layer);
      }
      String name = one.container().name();
      logs.put(name, DiskUse.of(paths.logs(id).resolve(name)));
    }
    Map<String, DiskUse> files = new TreeMap<>();
    volumes
        .apply(id.uid())
        .forEach(
            (name, ready) -> {
              boolean kept = ready.kind() == MountKind.FILES || ready.kind() == MountKind.EMPTY_DIR;
              if (kept && !ready.memory()) {
                files.put(name, DiskUse.of(ready.path()));
              }
            });
    return new OfPod(own, logs, files);
  }

  private Map<String, DiskUse> layers(RuntimeDriver driver, long now) {
    Layers before = layers.get(driver);
    if (before != null && now - before.nanos() < STRICT.toNanos()) {
      return before.byContainer();
    }
    Map<String, DiskUse> found = new HashMap<>();
    try {
      driver
          .layers()
          .forEach((id, layer) -> found.put(id, new DiskUse(layer.bytes(), layer.inodes())));
    } catch (RuntimeDriverException e) {
      return before == null ? Map.of() : before.byContainer();
    }
    layers.put(driver, new Layers(now, found));
    return found;
  }

  /** Forgets pods that are gone. */
  public void retain(Set<String> uids) {
    counted.keySet().retainAll(uids);
  }
}
