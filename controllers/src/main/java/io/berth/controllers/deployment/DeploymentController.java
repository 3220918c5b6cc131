package io.berth.controllers.deployment;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.object.ApiObject;
import io.berth.api.object.ObjectKey;
import io.berth.api.resource.Resources;
import io.berth.client.EventRecorder;
import io.berth.client.Informer;
import io.berth.client.Outcome;
import io.berth.controllers.loop.Changes;
import io.berth.controllers.loop.Controller;
import io.berth.controllers.loop.ControllerContext;
import io.berth.controllers.loop.Memo;
import io.berth.controllers.loop.PodIndex;
import io.berth.controllers.loop.WatchedLoop;
import io.berth.controllers.object.LatestWrites;
import io.berth.controllers.object.OwnerReference;
import io.berth.controllers.object.Ownership;
import io.berth.controllers.object.PodFacts;
import io.berth.controllers.object.StatusPatch;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Rolls out Deployments. One step: {@link #reconcile}; what it decides is in {@link
 * DeploymentPlan}, what it writes in {@link DeploymentWriter}.
 */
public final class DeploymentController implements Controller {
  private final ControllerContext context;
  private final PodIndex pods;
  private final Informer deployments;
  private final Informer sets;
  private final Memo<DeploymentFacts> facts;
  private final Memo<Version> versions;
  private final LatestWrites latest = new LatestWrites();
  private final Ownership ownership;
  private final EventRecorder events;
  private final DeploymentWriter writer;
  private final WatchedLoop<ObjectKey> loop;

  /**
   * @param workers how many Deployments are worked on at once
   */
  public DeploymentController(ControllerContext context, int workers) {
    this.context = context;
    this.pods = context.pods();
    this.deployments = context.informers().of(Resources.DEPLOYMENTS);
    this.sets = context.informers().of(Resources.REPLICA_SETS);
    this.facts = new Memo<>(deployments, DeploymentFacts::of);
    this.versions = new Memo<>(sets, Version::of);
    this.ownership = new Ownership(context.client(), Resources.DEPLOYMENTS, Resources.REPLICA_SETS);
    this.events = context.events("deployment-controller");
    this.writer = new DeploymentWriter(context.client(), events, latest);
    this.loop = new WatchedLoop<>(name(), context, workers, this::reconcile);
    Changes.each(deployments, deployment -> loop.add(deployment.key()));
    Changes.deleted(deployments, deployment -> latest.forget(deployment.header().uid()));
    Changes.deleted(sets, set -> latest.gone(set.header().uid()));
    Changes.eachAndBefore(sets, this::setChanged);
    Changes.deleted(pods.informer(), this::podDeleted);
  }

  private void setChanged(ApiObject set) {
    Version version = versions.of(set);
    OwnerReference owner = version.controller();
    if (owner != null && owner.kind().equals("Deployment")) {
      loop.add(key(set.key().namespace(), owner.name()));
    } else if (owner == null) {
      for (ApiObject deployment : deployments.inNamespace(set.key().namespace())) {
        if (version.selectedBy(facts.of(deployment).selector())) {
          loop.add(deployment.key());
        }
      }
    }
  }

  /** A Recreate rollout waits for the last old pod. */
  private void podDeleted(ApiObject pod) {
    OwnerReference owner = pods.facts(pod).controller();
    if (owner != null && owner.kind().equals("ReplicaSet")) {
      sets.get(pod.key().namespace(), owner.name()).ifPresent(this::setChanged);
    }
  }

  private static ObjectKey key(String namespace, String name) {
    return ObjectKey.of(Resources.DEPLOYMENTS.groupResource(), namespace, name);
  }

  Outcome reconcile(ObjectKey key) {
    ApiObject object = deployments.get(key.namespace(), key.name()).orElse(null);
    if (object == null) {
      return Outcome.done();
    }
    DeploymentFacts deployment = facts.of(object);
    Instant now = context.environment().clock().now();
    List<Version> owned = owned(deployment);
    DeploymentPlan plan = DeploymentPlan.decide(deployment, owned, running(owned), now);
    try {
      plan.actions().forEach(action -> writer.carryOut(deployment, action));
    } catch (DeploymentWriter.HashCollision e) {
      writeStatus(deployment, collided(deployment));
      throw e;
    } catch (DeploymentWriter.CreateFailed e) {
      createFailed(deployment, e, now);
      throw e;
    }
    writeStatus(deployment, plan.status());
    return plan.again().map(Outcome::again).orElse(Outcome.done());
  }

  private void writeStatus(DeploymentFacts deployment, ObjectNode status) {
    StatusPatch.write(context.client(), Resources.DEPLOYMENTS, deployment.object(), status);
  }

  private static ObjectNode collided(DeploymentFacts deployment) {
    ObjectNode status = statusNow(deployment);
    return status.put("collisionCount", status.path("collisionCount").asInt() + 1);
  }

  private static ObjectNode statusNow(DeploymentFacts deployment) {
    return deployment.status() instanceof ObjectNode status
        ? status.deepCopy()
        : io.berth.api.codec.Json.object();
  }

  private void createFailed(
      DeploymentFacts deployment, DeploymentWriter.CreateFailed e, Instant now) {
    String error = String.valueOf(e.getMessage());
    events.event(
        deployment.object(),
        "Warning",
        "ReplicaSetCreateError",
        "Failed to create new replica set \"%s\": %s".formatted(e.replicaSet(), error));
    Progress progress = new Progress(deployment, now);
    progress.noteCreateFailed(e.replicaSet(), error);
    ObjectNode status = statusNow(deployment);
    status.set("conditions", progress.conditions());
    writeStatus(deployment, status);
  }

  /** The Deployment's versions, after it has adopted and released what is due. */
  private List<Version> owned(DeploymentFacts deployment) {
    List<ApiObject> shown = new ArrayList<>();
    for (ApiObject set : sets.inNamespace(deployment.namespace())) {
      Version version = versions.of(set);
      boolean selected = version.selectedBy(deployment.selector());
      OwnerReference controller = version.controller();
      if (controller != null && controller.uid().equals(deployment.uid())) {
        if (selected || deployment.deleting()) {
          shown.add(set);
        } else {
          ownership.release(deployment.object(), set);
        }
      } else if (controller == null && selected && !deployment.deleting() && !version.deleting()) {
        Optional<ApiObject> adopted = ownership.adopt(deployment.object(), set);
        adopted.ifPresent(own -> latest.wrote(deployment.uid(), own));
        adopted.ifPresent(shown::add);
      }
    }
    return latest.current(deployment.uid(), shown).stream().map(versions::of).toList();
  }

  /** Of which versions pods have not ended yet, terminating ones included. */
  private Set<String> running(List<Version> owned) {
    Set<String> running = new TreeSet<>();
    for (Version version : owned) {
      if (!pods.controlledBy(version.uid()).stream().allMatch(PodFacts::terminal)) {
        running.add(version.uid());
      }
    }
    return running;
  }

  @Override
  public String name() {
    return "deployment";
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
