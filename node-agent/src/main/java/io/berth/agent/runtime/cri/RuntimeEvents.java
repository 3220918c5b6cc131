package io.berth.agent.runtime.cri;

import io.berth.agent.runtime.cri.v1.ContainerState;
import io.berth.agent.runtime.cri.v1.ContainerStatusRequest;
import io.berth.agent.runtime.cri.v1.ContainerStatusResponse;
import io.berth.agent.runtime.cri.v1.events.Envelope;
import io.berth.agent.runtime.cri.v1.events.SubscribeRequest;
import io.berth.api.time.Environment;
import io.grpc.Context;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says "look again" when containers may have changed, by containerd's own event stream. A
 * container's end is passed on once the runtime interface shows it, which is a little after the
 * event. When the stream breaks it says so once and connects again, with back-off; whoever listens
 * looks again then. Safe for use by many threads.
 */
final class RuntimeEvents implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(RuntimeEvents.class);
  private static final Duration CALL_LIMIT = Duration.ofSeconds(2);
  private static final Duration FIRST_LOOK = Duration.ofMillis(5);
  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(5);
  private static final Duration LAST_LOOK = Duration.ofMillis(200);
  private static final int MOST_LOOKS = 9;
  private static final Set<String> TOPICS = Set.of("/tasks/exit", "/tasks/oom", "/tasks/paused");

  private final Environment environment;
  private final CriClient client;
  private final ExecProcesses processes;
  private final List<Runnable> listeners = new CopyOnWriteArrayList<>();
  private final AtomicBoolean notifying = new AtomicBoolean();
  private final AtomicBoolean started = new AtomicBoolean();
  private final Context.CancellableContext context = Context.current().withCancellation();
  private volatile int failures;

  RuntimeEvents(Environment environment, CriClient client, ExecProcesses processes) {
    this.environment = environment;
    this.client = client;
    this.processes = processes;
  }

  void onChange(Runnable listener) {
    listeners.add(listener);
    start();
  }

  /** Idempotent. */
  void start() {
    if (started.compareAndSet(false, true)) {
      subscribe();
    }
  }

  @Override
  public void close() {
    context.cancel(null);
  }

  private void subscribe() {
    if (context.isCancelled()) {
      return;
    }
    SubscribeRequest request =
        SubscribeRequest.newBuilder()
            .addFilters("namespace==" + CriClient.NAMESPACE + ",topic~=\"^/tasks/\"")
            .build();
    context.run(() -> client.events().subscribe(request, new Stream()));
  }

  /** One subscription, until it breaks. */
  private final class Stream implements StreamObserver<Envelope> {
    @Override
    public void onNext(Envelope event) {
      failures = 0;
      if (event.getTopic().equals("/tasks/exec-started")) {
        TaskEvent started = TaskEvent.of(event);
        processes.started(started.containerId(), started.pid());
        return;
      }
      if (!TOPICS.contains(event.getTopic())) {
        return;
      }
      TaskEvent task = TaskEvent.of(event);
      if (!event.getTopic().equals("/tasks/exit")) {
        announce();
      } else if (task.isMainProcess()) {
        processes.forget(task.containerId());
        environment.executor().execute(() -> announceOnceShown(task.containerId(), 0));
      }
    }

    @Override
    public void onError(Throwable error) {
      broken(Status.fromThrowable(error));
    }

    @Override
    public void onCompleted() {
      broken(Status.UNAVAILABLE);
    }
  }

  private void broken(Status status) {
    if (context.isCancelled()) {
      return;
    }
    if (failures == 0) {
      log.warn("lost the runtime's events error={}", CriClient.wording(status));
    }
    announce();
    Duration pause = Duration.ofMillis(20L << Math.min(failures, 8));
    failures = Math.min(failures + 1, 8);
    environment
        .timers()
        .after(pause.compareTo(LONGEST_PAUSE) < 0 ? pause : LONGEST_PAUSE, this::resubscribe);
  }

  private void resubscribe() {
    // This loop's pauses are short; the channel's own would grow to minutes, for all calls.
    client.reconnect();
    subscribe();
    announce();
  }

  /** Several changes at once make one call. */
  private void announce() {
    if (notifying.compareAndSet(false, true)) {
      environment
          .executor()
          .execute(
              () -> {
                notifying.set(false);
                listeners.forEach(Runnable::run);
              });
    }
  }

  private void announceOnceShown(String containerId, int looks) {
    if (looks >= MOST_LOOKS || shownAsEnded(containerId)) {
      announce();
    } else {
      environment
          .timers()
          .after(
              FIRST_LOOK.multipliedBy(1L << looks),
              () -> announceOnceShown(containerId, looks + 1));
    }
  }

  private boolean shownAsEnded(String containerId) {
    try {
      ContainerStatusRequest request =
          ContainerStatusRequest.newBuilder().setContainerId(containerId).build();
      ContainerStatusResponse response =
          CriClient.callOrNull(
              "looking", () -> client.runtime(CALL_LIMIT).containerStatus(request));
      if (response == null) {
        // It was a sandbox, or is gone; a sandbox's state follows a moment later.
        environment.timers().after(LAST_LOOK, this::announce);
        return true;
      }
      return response.getStatus().getState() == ContainerState.CONTAINER_EXITED;
    } catch (RuntimeException e) {
      return false;
    }
  }
}
