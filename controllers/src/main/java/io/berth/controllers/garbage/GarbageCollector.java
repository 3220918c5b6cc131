package io.berth.controllers.garbage;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.object.ApiObject;
import io.berth.api.object.ObjectKey;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.transport.ApiException;
import io.berth.client.ApiClient;
import io.berth.client.DeleteOptions;
import io.berth.client.Informer;
import io.berth.client.Outcome;
import io.berth.controllers.loop.Controller;
import io.berth.controllers.loop.ControllerContext;
import io.berth.controllers.loop.CustomResourceWatch;
import io.berth.controllers.loop.DelegatedResourceWatch;
import io.berth.controllers.loop.WatchedLoop;
import io.berth.controllers.object.OwnerReference;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes objects whose owners are all gone, deletes the dependents of what is deleted in the
 * foreground before it, and releases the dependents of what is deleted with {@code Orphan}. The
 * informers only say where to look; what is deleted was read from the server, and so was the
 * absence of each of its owners. One step: {@link #reconcile}.
 */
public final class GarbageCollector implements Controller {
  static final String FOREGROUND = "foregroundDeletion";
  static final String ORPHAN = "orphan";
  private static final Logger log = LoggerFactory.getLogger(GarbageCollector.class);

  /** A foreground deletion is looked at again although nothing was heard of its dependents. */
  private static final Duration LOOK_AGAIN = Duration.ofSeconds(30);

  /** What there is to look at. */
  sealed interface Work {
    /** An object that has owners, or is being deleted. */
    record Examine(ObjectKey key, String uid) implements Work {}

    /** The dependents of an object that is gone. */
    record Gone(String uid) implements Work {}

    /** An owner of which a dependent is gone. */
    record DependentGone(String ownerUid) implements Work {}
  }

  private final ApiClient client;
  private final OwnerGraph graph;
  private final OwnerLookup owners;
  private final DelegatedResourceWatch delegated;
  private final WatchedLoop<Work> loop;

  /**
   * @param resources all built-in resources
   * @param custom tells of those that definitions define
   * @param delegated tells of those of further API servers
   */
  public GarbageCollector(
      ControllerContext context,
      int workers,
      List<ResourceDefinition> resources,
      CustomResourceWatch custom,
      DelegatedResourceWatch delegated) {
    this.client = context.client();
    this.delegated = delegated;
    this.graph = new OwnerGraph(context.informers(), resources);
    this.owners = new OwnerLookup(client, graph);
    this.loop = new WatchedLoop<>(name(), context, workers, this::reconcile);
    graph.informers().forEach(informer -> informer.addHandler(new Listener()));
    custom.follow(this::watch, graph::remove);
    delegated.follow(this::watch, graph::remove);
  }

  private void watch(ResourceDefinition resource) {
    graph.add(resource).ifPresent(informer -> informer.addHandler(new Listener()));
  }

  /** Only puts work into the queue: a handler must not ask other informers. */
  private final class Listener implements Informer.Handler {
    @Override
    public void onAdd(ApiObject now) {
      if (now.header().deleting() || !now.header().ownerUids().isEmpty()) {
        loop.add(new Work.Examine(now.key(), now.header().uid()));
      }
    }

    @Override
    public void onUpdate(ApiObject before, ApiObject now) {
      List<String> were = before.header().ownerUids();
      List<String> are = now.header().ownerUids();
      if (now.header().deleting() || !were.equals(are)) {
        onAdd(now);
      }
      were.stream()
          .filter(uid -> !are.contains(uid))
          .forEach(uid -> loop.add(new Work.DependentGone(uid)));
    }

    @Override
    public void onDelete(ApiObject last) {
      loop.add(new Work.Gone(last.header().uid()));
      last.header().ownerUids().forEach(uid -> loop.add(new Work.DependentGone(uid)));
    }
  }

  Outcome reconcile(Work work) {
    switch (work) {
      case Work.Gone gone -> graph.dependents(gone.uid()).forEach(this::examineLater);
      case Work.DependentGone gone ->
          graph
              .byUid(gone.ownerUid())
              .filter(owner -> owner.header().deleting())
              .ifPresent(this::examineLater);
      case Work.Examine examine -> {
        ApiObject shown = graph.find(examine.key(), examine.uid()).orElse(null);
        if (shown != null) {
          return shown.header().deleting() ? finish(shown) : judge(shown);
        }
      }
    }
    return Outcome.done();
  }

  private void examineLater(ApiObject object) {
    loop.add(new Work.Examine(object.key(), object.header().uid()));
  }

  /** An object that is being deleted: its dependents are released, or go first. */
  private Outcome finish(ApiObject object) {
    Set<String> finalizers = OwnerLookup.finalizers(object.tree());
    if (finalizers.contains(ORPHAN)) {
      for (ApiObject dependent : graph.dependents(object.header().uid())) {
        detach(dependent, Set.of(object.header().uid()));
      }
      removeFinalizer(object, ORPHAN);
      log.info("dependents orphaned object={}", object.key());
    } else if (finalizers.contains(FOREGROUND)) {
      return foreground(object);
    }
    return Outcome.done();
  }

  private Outcome foreground(ApiObject object) {
    List<ApiObject> dependents = graph.dependents(object.header().uid());
    boolean blocked = dependents.stream().anyMatch(blocks(object.header().uid()));
    if (!blocked) {
      removeFinalizer(object, FOREGROUND);
      return Outcome.done();
    }
    dependents.stream().filter(d -> !d.header().deleting()).forEach(this::examineLater);
    return Outcome.again(LOOK_AGAIN);
  }

  private static Predicate<ApiObject> blocks(String ownerUid) {
    return dependent ->
        OwnerReference.of(dependent.tree()).stream()
            .anyMatch(owner -> owner.uid().equals(ownerUid) && owner.blockOwnerDeletion());
  }

  /** An object with owners: do they live? */
  private Outcome judge(ApiObject shown) {
    if (OwnerReference.of(shown.tree()).stream().allMatch(owner -> isSolid(shown, owner))) {
      return Outcome.done();
    }
    ResourceDefinition resource = graph.resource(shown.key());
    ApiObject live =
        client.find(resource, shown.key().namespace(), shown.key().name()).orElse(null);
    boolean same = live != null && live.header().uid().equals(shown.header().uid());
    if (live == null || !same || live.header().deleting()) {
      return Outcome.done();
    }
    JsonNode tree = live.tree();
    List<OwnerReference> references = OwnerReference.of(tree);
    Map<String, Verdict.Owner> states = new TreeMap<>();
    references.forEach(owner -> states.put(owner.uid(), owners.state(live.key(), owner)));
    List<String> finalizers = List.copyOf(OwnerLookup.finalizers(tree));
    boolean hasDependents = !graph.dependents(live.header().uid()).isEmpty();
    switch (Verdict.of(references, states, finalizers, hasDependents)) {
      case Verdict.Keep keep -> {}
      case Verdict.Detach detach -> detach(live, detach.uids());
      case Verdict.Delete delete -> delete(resource, live, delete.policy());
    }
    return Outcome.done();
  }

  private boolean isSolid(ApiObject dependent, OwnerReference owner) {
    return owners.state(dependent.key(), owner) == Verdict.Owner.SOLID;
  }

  /** Only the version that was judged: who gave it another owner since has saved it. */
  private void delete(ResourceDefinition resource, ApiObject object, String policy) {
    // As it is written: further servers may have versions that are no numbers.
    String version = object.tree().path("metadata").path("resourceVersion").asText("");
    DeleteOptions options =
        new DeleteOptions(null, object.header().uid(), version.isEmpty() ? null : version, policy);
    client.delete(resource, object.key().namespace(), object.key().name(), options);
    log.info("garbage deleted object={} policy={}", object.key(), policy);
  }

  private void detach(ApiObject dependent, Set<String> ownerUids) {
    modify(
        dependent,
        tree -> {
          if (tree.path("metadata").path("ownerReferences") instanceof ArrayNode references) {
            removeIf(references, r -> ownerUids.contains(r.path("uid").asText()));
          }
        });
  }

  private void removeFinalizer(ApiObject object, String finalizer) {
    modify(
        object,
        tree -> {
          if (tree.path("metadata").path("finalizers") instanceof ArrayNode finalizers) {
            removeIf(finalizers, f -> f.asText().equals(finalizer));
          }
        });
  }

  private static void removeIf(ArrayNode array, Predicate<JsonNode> which) {
    for (int i = array.size() - 1; i >= 0; i--) {
      if (which.test(array.get(i))) {
        array.remove(i);
      }
    }
  }

  private void modify(ApiObject object, Consumer<ObjectNode> change) {
    try {
      client.modify(
          graph.resource(object.key()),
          object.key().namespace(),
          object.key().name(),
          null,
          tree -> {
            if (tree.path("metadata").path("uid").asText().equals(object.header().uid())) {
              change.accept(tree);
            }
          });
    } catch (ApiException e) {
      if (!e.isNotFound()) {
        throw e;
      }
    }
  }

  @Override
  public String name() {
    return "garbage-collector";
  }

  @Override
  public void start() {
    loop.start();
    delegated.start();
  }

  @Override
  public boolean alive() {
    return loop.alive();
  }

  @Override
  public void close() {
    delegated.close();
    loop.close();
  }
}
