package io.berth.controllers.volume;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.object.ApiObject;
import io.berth.api.object.ObjectKey;
import io.berth.api.resource.Resources;
import io.berth.client.Informer;
import io.berth.client.ListOptions;
import io.berth.client.Outcome;
import io.berth.controllers.loop.Changes;
import io.berth.controllers.loop.Controller;
import io.berth.controllers.loop.ControllerContext;
import io.berth.controllers.loop.WatchedLoop;
import io.berth.controllers.object.Finalizers;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes the finalizer off claims that are being deleted once there is no pod on a node that names
 * them; a pod that ended counts until it is deleted, as in Kubernetes. Claims from before the
 * finalizer get it. One step: {@link #reconcile}.
 */
public final class ClaimProtectionController implements Controller {
  private static final Logger log = LoggerFactory.getLogger(ClaimProtectionController.class);
  private static final String FINALIZER = "kubernetes.io/pvc-protection";

  private final ControllerContext context;
  private final Informer claims;
  private final Finalizers finalizers;
  private final WatchedLoop<ObjectKey> loop;

  /** Claims being deleted that pods still hold. */
  private final Set<ObjectKey> held = ConcurrentHashMap.newKeySet();

  public ClaimProtectionController(ControllerContext context, int workers) {
    this.context = context;
    this.claims = context.informers().of(Resources.PERSISTENT_VOLUME_CLAIMS);
    this.finalizers =
        new Finalizers(context.client(), Resources.PERSISTENT_VOLUME_CLAIMS, FINALIZER);
    this.loop = new WatchedLoop<>(name(), context, workers, this::reconcile);
    Changes.each(claims, claim -> loop.add(claim.key()));
    Changes.deleted(
        context.pods().informer(),
        pod ->
            held.stream()
                .filter(claim -> claim.namespace().equals(pod.key().namespace()))
                .forEach(loop::add));
  }

  Outcome reconcile(ObjectKey key) {
    Optional<ApiObject> found = claims.get(key.namespace(), key.name());
    if (found.isEmpty()) {
      held.remove(key);
      return Outcome.done();
    }
    ApiObject claim = found.get();
    boolean protectedNow = finalizers.on(claim.tree());
    if (!claim.header().deleting()) {
      if (!protectedNow) {
        finalizers.add(key, claim.header().uid());
      }
      return Outcome.done();
    }
    if (!protectedNow) {
      held.remove(key);
      return Outcome.done();
    }
    held.add(key); // before looking, so that no pod goes unnoticed
    if (used(claim, context.pods().informer().inNamespace(key.namespace())) || usedNow(claim)) {
      return Outcome.done();
    }
    finalizers.remove(key, claim.header().uid());
    held.remove(key);
    log.info("claim no longer in use claim={}", key.namespacedName());
    return Outcome.done();
  }

  /** The informer may be behind: what it does not show is asked for. */
  private boolean usedNow(ApiObject claim) {
    String namespace = claim.key().namespace();
    return used(claim, context.client().list(Resources.PODS, namespace, ListOptions.ALL).items());
  }

  private static boolean used(ApiObject claim, List<ApiObject> pods) {
    return pods.stream().anyMatch(pod -> uses(pod, claim));
  }

  private static boolean uses(ApiObject pod, ApiObject claim) {
    if (pod.header().fields().getOrDefault("spec.nodeName", "").isEmpty()) {
      return false; // an agent starts none with a claim that is being deleted
    }
    String name = claim.key().name();
    for (JsonNode volume : pod.tree().path("spec").path("volumes")) {
      if (volume.path("persistentVolumeClaim").path("claimName").asText().equals(name)) {
        return true;
      }
      if (volume.hasNonNull("ephemeral")
          && name.equals(pod.key().name() + "-" + volume.path("name").asText())
          && claim.header().ownerUids().contains(pod.header().uid())) {
        return true;
      }
    }
    return false;
  }

  @Override
  public String name() {
    return "persistentvolumeclaim-protection";
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
