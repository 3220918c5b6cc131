package io.berth.controllers.volume;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.object.ApiObject;
import io.berth.api.object.ObjectKey;
import io.berth.api.resource.Resources;
import io.berth.client.Informer;
import io.berth.client.Outcome;
import io.berth.controllers.loop.Changes;
import io.berth.controllers.loop.Controller;
import io.berth.controllers.loop.ControllerContext;
import io.berth.controllers.loop.WatchedLoop;
import io.berth.controllers.object.Finalizers;
import java.util.Optional;

/**
 * Takes the finalizer off volumes that are being deleted once they are bound to no claim. Volumes
 * from before the finalizer get it. One step: {@link #reconcile}.
 */
public final class VolumeProtectionController implements Controller {
  private static final String FINALIZER = "kubernetes.io/pv-protection";

  private final Informer volumes;
  private final Finalizers finalizers;
  private final WatchedLoop<ObjectKey> loop;

  public VolumeProtectionController(ControllerContext context, int workers) {
    this.volumes = context.informers().of(Resources.PERSISTENT_VOLUMES);
    this.finalizers = new Finalizers(context.client(), Resources.PERSISTENT_VOLUMES, FINALIZER);
    this.loop = new WatchedLoop<>(name(), context, workers, this::reconcile);
    Changes.each(volumes, volume -> loop.add(volume.key()));
  }

  Outcome reconcile(ObjectKey key) {
    Optional<ApiObject> found = volumes.get("", key.name());
    if (found.isEmpty()) {
      return Outcome.done();
    }
    JsonNode volume = found.get().tree();
    boolean deleting = found.get().header().deleting();
    boolean protectedNow = finalizers.on(volume);
    String uid = found.get().header().uid();
    if (!deleting && !protectedNow) {
      finalizers.add(key, uid);
    }
    if (deleting && protectedNow && !volume.at("/status/phase").asText().equals("Bound")) {
      finalizers.remove(key, uid);
    }
    return Outcome.done();
  }

  @Override
  public String name() {
    return "persistentvolume-protection";
  }

  @Override
  public void start() {
    loop.start();
  }

  @Override
  public boolean alive() {
    return loop.alive();
  }

  @Override
  public void close() {
    loop.close();
  }
}
