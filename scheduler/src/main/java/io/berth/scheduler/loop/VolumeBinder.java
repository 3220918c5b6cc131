package io.berth.scheduler.loop;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.resource.Resources;
import io.berth.api.time.Environment;
import io.berth.api.time.Timers;
import io.berth.api.transport.ApiException;
import io.berth.client.ApiClient;
import io.berth.client.ApiUnavailableException;
import io.berth.client.PatchType;
import io.berth.scheduler.cluster.Cluster;
import io.berth.scheduler.core.PodRecord;
import io.berth.scheduler.reader.StorageReader;
import io.berth.scheduler.volume.Claim;
import io.berth.scheduler.volume.Storage;
import io.berth.scheduler.volume.Volume;
import io.berth.scheduler.volume.VolumePlan;
import io.berth.scheduler.volume.VolumeProgress;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Has the volumes bound that were decided for a pod, and waits until they are: the volume
 * controllers and provisioners do their part then. The loop's lock guards what waits.
 */
final class VolumeBinder {
  /** How long a pod's volumes may take. */
  static final Duration LIMIT = Duration.ofMinutes(10);

  private static final class Waiting {
    final PodRecord pod;
    final VolumeProgress progress;
    final Consumer<String> done;
    Timers.@Nullable Cancellable timer;

    Waiting(PodRecord pod, VolumeProgress progress, Consumer<String> done) {
      this.pod = pod;
      this.progress = progress;
      this.done = done;
    }
  }

  private final ApiClient client;
  private final Environment environment;
  private final Object guard;
  private final Cluster cluster;
  private final Storage storage;
  private final Set<Waiting> waiting = new LinkedHashSet<>();

  VolumeBinder(
      ApiClient client, Environment environment, Object guard, Cluster cluster, Storage storage) {
    this.client = client;
    this.environment = environment;
    this.guard = guard;
    this.cluster = cluster;
    this.storage = storage;
  }

  /**
   * Blocks on the API for what is to be written, not while it waits.
   *
   * @param done called exactly once, with what went wrong or an empty string, on this thread or on
   *     the environment's executor
   */
  void bind(PodRecord pod, VolumePlan plan, Consumer<String> done) {
    try {
      for (Map.Entry<Claim, Volume> entry : plan.given().entrySet()) {
        give(entry.getValue(), entry.getKey());
      }
      for (Claim claim : plan.provisioned()) {
        select(claim, plan.nodeName());
      }
    } catch (ApiException | ApiUnavailableException e) {
      done.accept("binding volumes: " + e.getMessage());
      return;
    }
    Waiting entry = new Waiting(pod, new VolumeProgress(storage, plan), done);
    synchronized (guard) {
      waiting.add(entry);
      entry.timer = environment.timers().after(LIMIT, () -> timeOut(entry));
      changed();
    }
  }

  private void give(Volume volume, Claim claim) {
    client.modify(
        Resources.PERSISTENT_VOLUMES,
        null,
        volume.name(),
        null,
        tree -> {
          ObjectNode reference = tree.withObject("/spec/claimRef");
          if (reference.has("name")
              && !(reference.path("name").asText().equals(claim.name())
                  && reference.path("namespace").asText().equals(claim.namespace()))) {
            throw new ApiException(
                409, "Conflict", "volume " + volume.name() + " was given to another claim");
          }
          reference.put("apiVersion", "v1").put("kind", "PersistentVolumeClaim");
          reference.put("namespace", claim.namespace()).put("name", claim.name());
          reference.put("uid", claim.uid());
          tree.withObject("/metadata/annotations")
              .put("pv.kubernetes.io/bound-by-controller", "yes");
        });
  }

  private void select(Claim claim, String nodeName) {
    ObjectNode patch = Json.object();
    ObjectNode metadata = patch.putObject("metadata").put("uid", claim.uid());
    metadata.putObject("annotations").put(StorageReader.SELECTED_NODE, nodeName);
    client.patch(
        Resources.PERSISTENT_VOLUME_CLAIMS,
        claim.namespace(),
        claim.name(),
        null,
        PatchType.MERGE,
        patch);
  }

  /** Something about storage or nodes or pods changed. Call it under the lock. */
  void changed() {
    for (Waiting entry : List.copyOf(waiting)) {
      String outcome =
          cluster.placement(entry.pod.uid()) == null
              ? "the pod is gone"
              : entry.progress.outcome(cluster.node(entry.progress.nodeName()));
      if (outcome != null) {
        end(entry, outcome);
      }
    }
  }

  private void timeOut(Waiting entry) {
    synchronized (guard) {
      end(entry, "binding volumes: not bound within " + LIMIT.toSeconds() + " seconds");
    }
  }

  private void end(Waiting entry, String outcome) {
    if (waiting.remove(entry)) {
      if (entry.timer != null) {
        entry.timer.cancel();
      }
      environment.executor().execute(() -> entry.done.accept(outcome));
    }
  }
}
