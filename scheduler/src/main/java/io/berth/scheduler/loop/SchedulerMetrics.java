package io.berth.scheduler.loop;

import io.berth.client.EventRecorder;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** The scheduler's metrics under the names that Kubernetes' dashboards read. */
final class SchedulerMetrics {
  private final MeterRegistry registry;
  private final String profile;
  private final Counter scheduled;
  private final Counter unschedulable;
  private final Counter error;
  private final Counter preemptions;
  private final DistributionSummary victims;
  private final Timer decision;
  private final Timer binding;

  SchedulerMetrics(MeterRegistry registry, String profile) {
    this.registry = registry;
    this.profile = profile;
    scheduled = attempts("scheduled");
    unschedulable = attempts("unschedulable");
    error = attempts("error");
    preemptions = Counter.builder("scheduler.preemption.attempts").register(registry);
    victims = DistributionSummary.builder("scheduler.preemption.victims").register(registry);
    decision = Timer.builder("scheduler.scheduling.algorithm.duration").register(registry);
    binding =
        Timer.builder("scheduler.framework.extension.point.duration")
            .tag("extension_point", "Bind")
            .tag("profile", profile)
            .register(registry);
  }

  private Counter attempts(String result) {
    return Counter.builder("scheduler.schedule.attempts")
        .tag("result", result)
        .tag("profile", profile)
        .register(registry);
  }

  void pending(String queue, Supplier<Number> depth) {
    Gauge.builder("scheduler.pending.pods", depth).tag("queue", queue).register(registry);
  }

  /** Counts what the recorder drops because too many events wait. */
  void dropping(EventRecorder events) {
    FunctionCounter.builder("scheduler.events.dropped", events, EventRecorder::dropped)
        .register(registry);
  }

  void decided(long nanos) {
    decision.record(nanos, TimeUnit.NANOSECONDS);
  }

  void bound(long nanos) {
    binding.record(nanos, TimeUnit.NANOSECONDS);
    scheduled.increment();
  }

  void turnedAway() {
    unschedulable.increment();
  }

  /** Room is being made by so many pods' leaving. */
  void preempting(int victims) {
    preemptions.increment();
    this.victims.record(victims);
  }

  void failed() {
    error.increment();
  }
}
