package io.berth.controllers.deployment;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.object.ApiObject;
import io.berth.api.resource.Resources;
import io.berth.api.transport.ApiException;
import io.berth.client.ApiClient;
import io.berth.client.DeleteOptions;
import io.berth.client.EventRecorder;
import io.berth.client.PatchType;
import io.berth.controllers.object.LatestWrites;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Carries out what a step decided on. */
final class DeploymentWriter {
  private static final Logger log = LoggerFactory.getLogger(DeploymentWriter.class);

  /** Another ReplicaSet bears the name of the newest version: another hash is needed. */
  static final class HashCollision extends RuntimeException {
    private static final long serialVersionUID = 1L;

    HashCollision(String name) {
      super("ReplicaSet " + name + " exists and is another's", null, false, false);
    }
  }

  /** The newest version could not be created. */
  static final class CreateFailed extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final String replicaSet;

    CreateFailed(String replicaSet, ApiException cause) {
      super(cause.getMessage(), cause);
      this.replicaSet = replicaSet;
    }

    String replicaSet() {
      return replicaSet;
    }
  }

  private final ApiClient client;
  private final EventRecorder events;
  private final LatestWrites latest;

  DeploymentWriter(ApiClient client, EventRecorder events, LatestWrites latest) {
    this.client = client;
    this.events = events;
    this.latest = latest;
  }

  void carryOut(DeploymentFacts deployment, Action action) {
    switch (action) {
      case Action.Create create -> create(deployment, create);
      case Action.Change change -> change(deployment, change);
      case Action.Delete delete -> {
        DeleteOptions options = DeleteOptions.uid(delete.set().uid());
        client.delete(Resources.REPLICA_SETS, deployment.namespace(), delete.set().name(), options);
      }
      case Action.NoteRevision note -> noteRevision(deployment, note.revision());
    }
  }

  private void create(DeploymentFacts deployment, Action.Create create) {
    String name = create.replicaSet().path("metadata").path("name").asText();
    try {
      ApiObject set =
          client.create(Resources.REPLICA_SETS, deployment.namespace(), create.replicaSet());
      latest.wrote(deployment.uid(), set);
      if (create.replicas() > 0) {
        scaled(deployment, name, 0, create.replicas());
      }
    } catch (ApiException e) {
      if (!e.isAlreadyExists()) {
        throw new CreateFailed(name, e);
      }
      recognize(deployment, name);
    }
  }

  /** A name that is taken: by the same version, created before, or by another's ReplicaSet. */
  private void recognize(DeploymentFacts deployment, String name) {
    Optional<ApiObject> found = client.find(Resources.REPLICA_SETS, deployment.namespace(), name);
    if (found.isEmpty()) {
      return; // gone in between: the next step creates it
    }
    Version set = Version.of(found.get());
    boolean ours =
        set.controller() != null
            && set.controller().uid().equals(deployment.uid())
            && TemplateHash.same(set.template(), deployment.template());
    if (!ours) {
      throw new HashCollision(name);
    }
    latest.wrote(deployment.uid(), found.get());
  }

  private void change(DeploymentFacts deployment, Action.Change change) {
    Version set = change.set();
    ObjectNode patch = Json.object();
    ObjectNode metadata = patch.putObject("metadata");
    metadata.put("uid", set.uid());
    metadata.put("resourceVersion", Long.toString(set.object().header().revision()));
    ObjectNode annotations = metadata.putObject("annotations");
    change.annotations().forEach(annotations::put);
    ObjectNode spec = patch.putObject("spec").put("replicas", change.replicas());
    spec.put("minReadySeconds", change.minReadySeconds());
    try {
      latest.wrote(
          deployment.uid(),
          client.patch(
              Resources.REPLICA_SETS,
              deployment.namespace(),
              set.name(),
              null,
              PatchType.MERGE,
              patch));
    } catch (ApiException e) {
      latest.gone(set.uid()); // a newer version than the one remembered, or none
      throw e;
    }
    if (change.scales()) {
      scaled(deployment, set.name(), set.replicas(), change.replicas());
    }
  }

  private void scaled(DeploymentFacts deployment, String set, int from, int to) {
    String direction = to > from ? "up" : "down";
    events.event(
        deployment.object(),
        "Normal",
        "ScalingReplicaSet",
        "Scaled %s replica set %s from %d to %d".formatted(direction, set, from, to));
    log.info(
        "scaled deployment={} replicaset={} from={} to={}",
        deployment.object().key().namespacedName(),
        set,
        from,
        to);
  }

  private void noteRevision(DeploymentFacts deployment, long revision) {
    ObjectNode patch = Json.object();
    ObjectNode metadata = patch.putObject("metadata").put("uid", deployment.uid());
    metadata.putObject("annotations").put(Version.REVISION, Long.toString(revision));
    client.patch(
        Resources.DEPLOYMENTS,
        deployment.namespace(),
        deployment.name(),
        null,
        PatchType.MERGE,
        patch);
  }
}
