package io.berth.controllers.replicaset;

import io.berth.api.object.ApiObject;
import io.berth.api.object.ObjectKey;
import io.berth.api.resource.Resources;
import io.berth.client.Informer;
import io.berth.client.Outcome;
import io.berth.controllers.loop.Changes;
import io.berth.controllers.loop.Controller;
import io.berth.controllers.loop.ControllerContext;
import io.berth.controllers.loop.Memo;
import io.berth.controllers.loop.PodIndex;
import io.berth.controllers.loop.WatchedLoop;
import io.berth.controllers.object.OwnerReference;
import io.berth.controllers.object.Ownership;
import io.berth.controllers.object.PodFacts;
import io.berth.controllers.object.RecentChildren;
import io.berth.controllers.object.StatusPatch;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps every ReplicaSet at its number of pods. One step: {@link #reconcile}; what it decides is in
 * {@link PodClaims}, {@link ReplicaPlan} and {@link ReplicaSetStatus}, what it writes in {@link
 * PodWriter}.
 */
public final class ReplicaSetController implements Controller {
  private static final Logger log = LoggerFactory.getLogger(ReplicaSetController.class);
  private static final String BY_CONTROLLER = "replicaset-controller";

  /** How long a created pod may stay unseen before the server is asked whether it still exists. */
  private static final Duration UNSEEN = Duration.ofSeconds(5);

  /** Up to so many pods a change of one is looked at at once. */
  private static final int SMALL = 100;

  private static final int PODS_A_MILLISECOND = 10;

  private final ControllerContext context;
  private final PodIndex pods;
  private final Informer sets;
  private final Memo<ReplicaSetFacts> facts;
  private final RecentChildren recent = new RecentChildren();
  private final Ownership ownership;
  private final PodWriter writer;
  private final ConcurrentMap<ObjectKey, Integer> sizes = new ConcurrentHashMap<>();
  private final WatchedLoop<ObjectKey> loop;

  /**
   * @param workers how many ReplicaSets are worked on at once
   */
  public ReplicaSetController(ControllerContext context, int workers) {
    this.context = context;
    this.pods = context.pods();
    this.sets = context.informers().of(Resources.REPLICA_SETS);
    this.facts = new Memo<>(sets, ReplicaSetFacts::of);
    this.ownership = new Ownership(context.client(), Resources.REPLICA_SETS, Resources.PODS);
    this.writer = new PodWriter(context, context.events("replicaset-controller"), recent);
    this.loop = new WatchedLoop<>(name(), context, workers, this::reconcile);
    sets.addIndex(BY_CONTROLLER, set -> List.of(controllerKey(facts.of(set))));
    Changes.each(sets, set -> loop.add(set.key()));
    Changes.deleted(sets, this::setDeleted);
    Changes.deleted(pods.informer(), this::podDeleted);
    Changes.eachAndBefore(pods.informer(), this::podChanged);
  }

  private static String controllerKey(ReplicaSetFacts set) {
    return set.controller() == null ? "" : set.controller().uid();
  }

  private void setDeleted(ApiObject set) {
    recent.forget(set.header().uid());
    sizes.remove(set.key());
  }

  private void podDeleted(ApiObject pod) {
    OwnerReference owner = pods.facts(pod).controller();
    if (owner != null) {
      recent.seenDeleted(owner.uid(), pod.header().uid());
    }
  }

  private void podChanged(ApiObject pod) {
    PodFacts changed = pods.facts(pod);
    OwnerReference owner = changed.controller();
    if (owner != null) {
      if (owner.kind().equals("ReplicaSet")) {
        podsChanged(
            ObjectKey.of(
                Resources.REPLICA_SETS.groupResource(), pod.key().namespace(), owner.name()));
      }
      return;
    }
    for (ApiObject set : sets.inNamespace(pod.key().namespace())) {
      if (facts.of(set).selects(changed.labels())) {
        podsChanged(set.key());
      }
    }
  }

  /** A set with many pods is looked at a little later, so that many changes become one look. */
  private void podsChanged(ObjectKey set) {
    int size = sizes.getOrDefault(set, 0);
    if (size <= SMALL) {
      loop.add(set);
    } else {
      loop.addAfter(set, Duration.ofMillis(size / PODS_A_MILLISECOND));
    }
  }

  Outcome reconcile(ObjectKey key) throws InterruptedException {
    ApiObject object = sets.get(key.namespace(), key.name()).orElse(null);
    if (object == null) {
      return Outcome.done();
    }
    ReplicaSetFacts set = facts.of(object);
    Instant now = context.environment().clock().now();
    forgetVanished(set);
    List<PodFacts> owned = owned(set);
    ReplicaPlan plan = ReplicaPlan.decide(set, owned, () -> related(set, owned), now);
    RuntimeException failed = act(set, plan);
    List<PodFacts> after = current(set);
    sizes.put(key, after.size());
    ReplicaSetStatus.Failure failure = failed == null ? null : failure(plan, failed);
    StatusPatch.write(
        context.client(),
        Resources.REPLICA_SETS,
        object,
        ReplicaSetStatus.of(set, after, failure, now));
    if (failed != null) {
      throw failed;
    }
    if (plan.more()) {
      loop.add(key);
    }
    return next(set, after, now);
  }

  private static ReplicaSetStatus.Failure failure(ReplicaPlan plan, RuntimeException cause) {
    return new ReplicaSetStatus.Failure(
        plan.create() > 0 ? "FailedCreate" : "FailedDelete", String.valueOf(cause.getMessage()));
  }

  private @Nullable RuntimeException act(ReplicaSetFacts set, ReplicaPlan plan)
      throws InterruptedException {
    if (plan.create() == 0 && plan.delete().isEmpty()) {
      return null;
    }
    log.info(
        "replicas replicaset={} want={} create={} delete={}",
        set.object().key().namespacedName(),
        set.replicas(),
        plan.create(),
        plan.delete().size());
    return plan.create() > 0
        ? writer.create(set, plan.create())
        : writer.delete(set, plan.delete());
  }

  /** The set's pods, after it has adopted and released what is due. */
  private List<PodFacts> owned(ReplicaSetFacts set) {
    PodClaims claims = PodClaims.decide(set, current(set), pods.uncontrolled(set.namespace()));
    for (PodFacts pod : claims.release()) {
      ownership.release(set.object(), pod.object());
    }
    List<PodFacts> owned = new ArrayList<>(claims.kept());
    for (PodFacts pod : claims.adopt()) {
      ownership.adopt(set.object(), pod.object()).map(PodFacts::of).ifPresent(owned::add);
    }
    return owned;
  }

  /** What the informer shows of the set's pods, corrected by what is in flight. */
  private List<PodFacts> current(ReplicaSetFacts set) {
    List<ApiObject> shown = pods.controlledBy(set.uid()).stream().map(PodFacts::object).toList();
    return recent.current(set.uid(), shown).stream().map(pods::facts).toList();
  }

  /** The pods of all sets that the same controller controls: those of one Deployment. */
  private List<PodFacts> related(ReplicaSetFacts set, List<PodFacts> owned) {
    if (set.controller() == null) {
      return owned;
    }
    List<PodFacts> related = new ArrayList<>();
    for (ApiObject sibling : sets.byIndex(BY_CONTROLLER, set.controller().uid())) {
      related.addAll(pods.controlledBy(sibling.header().uid()));
    }
    return related;
  }

  /** A pod that was created and deleted between two looks of the informer is never shown. */
  private void forgetVanished(ReplicaSetFacts set) {
    long before = context.environment().clock().nanos() - UNSEEN.toNanos();
    for (ApiObject pod : recent.unseenSince(set.uid(), before)) {
      Optional<ApiObject> live =
          context.client().find(Resources.PODS, pod.key().namespace(), pod.key().name());
      if (live.filter(l -> l.header().uid().equals(pod.header().uid())).isEmpty()) {
        recent.seenDeleted(set.uid(), pod.header().uid());
      }
    }
  }

  private Outcome next(ReplicaSetFacts set, List<PodFacts> owned, Instant now) {
    Optional<Duration> available = ReplicaSetStatus.nextChange(set, owned, now);
    if (recent.waiting(set.uid())) {
      return Outcome.again(available.filter(d -> d.compareTo(UNSEEN) < 0).orElse(UNSEEN));
    }
    return available.map(Outcome::again).orElse(Outcome.done());
  }

  @Override
  public String name() {
    return "replicaset";
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
