package io.berth.controllers.replicaset;

import io.berth.api.object.ApiObject;
import io.berth.api.object.Names;
import io.berth.api.resource.Resources;
import io.berth.api.time.Environment;
import io.berth.api.transport.ApiException;
import io.berth.client.ApiClient;
import io.berth.client.ApiUnavailableException;
import io.berth.client.DeleteOptions;
import io.berth.client.EventRecorder;
import io.berth.controllers.loop.ControllerContext;
import io.berth.controllers.loop.SlowStart;
import io.berth.controllers.object.PodFacts;
import io.berth.controllers.object.RecentChildren;
import io.berth.controllers.object.Refusals;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** Creates, deletes, adopts and releases a ReplicaSet's pods, and remembers what is in flight. */
final class PodWriter {
  private final ApiClient client;
  private final Environment environment;
  private final EventRecorder events;
  private final RecentChildren recent;

  PodWriter(ControllerContext context, EventRecorder events, RecentChildren recent) {
    this.client = context.client();
    this.environment = context.environment();
    this.events = events;
    this.recent = recent;
  }

  /**
   * @return what went wrong first, or null
   */
  @Nullable RuntimeException create(ReplicaSetFacts set, int count) throws InterruptedException {
    List<String> names = new ArrayList<>(recent.unanswered(set.uid()));
    if (names.size() > count) {
      names.subList(count, names.size()).forEach(name -> recent.refused(set.uid(), name));
    }
    while (names.size() < count) {
      names.add(Names.generate(PodTemplate.prefix(set), environment.random()));
    }
    AtomicReference<@Nullable RuntimeException> failure = new AtomicReference<>();
    SlowStart.run(
        environment.executor(), names.subList(0, count), name -> create(set, name, failure));
    return failure.get();
  }

  private boolean create(
      ReplicaSetFacts set, String name, AtomicReference<@Nullable RuntimeException> failure) {
    try {
      ApiObject pod = client.create(Resources.PODS, set.namespace(), PodTemplate.pod(set, name));
      created(set, pod);
      return true;
    } catch (ApiUnavailableException e) {
      recent.unknown(set.uid(), name);
      failure.compareAndSet(null, e);
    } catch (ApiException e) {
      if (e.isAlreadyExists() && createdBefore(set, name)) {
        return true;
      }
      if (e.code() >= 500) {
        recent.unknown(set.uid(), name);
      } else {
        recent.refused(set.uid(), name);
      }
      if (Refusals.namespaceIsGoing(e)) {
        return false; // nothing to tell: the set goes with its namespace
      }
      events.event(set.object(), "Warning", "FailedCreate", "Error creating: " + e.getMessage());
      failure.compareAndSet(null, e);
    }
    return false;
  }

  private void created(ReplicaSetFacts set, ApiObject pod) {
    recent.created(set.uid(), pod, environment.clock().nanos());
    events.event(set.object(), "Normal", "SuccessfulCreate", "Created pod: " + pod.key().name());
  }

  /** Whether the pod of that name is this set's own, created by a request without an answer. */
  private boolean createdBefore(ReplicaSetFacts set, String name) {
    Optional<ApiObject> pod =
        client
            .find(Resources.PODS, set.namespace(), name)
            .filter(found -> PodFacts.of(found).controlledBy(set.uid()));
    pod.ifPresent(found -> created(set, found));
    return pod.isPresent();
  }

  /**
   * @return what went wrong first, or null
   */
  @Nullable RuntimeException delete(ReplicaSetFacts set, List<PodFacts> pods)
      throws InterruptedException {
    AtomicReference<@Nullable RuntimeException> failure = new AtomicReference<>();
    SlowStart.together(environment.executor(), pods, pod -> delete(set, pod, failure));
    return failure.get();
  }

  private boolean delete(
      ReplicaSetFacts set, PodFacts pod, AtomicReference<@Nullable RuntimeException> failure) {
    try {
      DeleteOptions options = DeleteOptions.uid(pod.uid());
      boolean existed = client.delete(Resources.PODS, pod.namespace(), pod.name(), options);
      recent.deleted(set.uid(), pod.object());
      if (existed) {
        events.event(set.object(), "Normal", "SuccessfulDelete", "Deleted pod: " + pod.name());
      }
      return true;
    } catch (ApiException e) {
      if (e.isConflict()) {
        return true; // another pod bears the name: this one is gone
      }
      events.event(set.object(), "Warning", "FailedDelete", "Error deleting: " + e.getMessage());
      failure.compareAndSet(null, e);
    } catch (ApiUnavailableException e) {
      failure.compareAndSet(null, e);
    }
    return false;
  }
}
