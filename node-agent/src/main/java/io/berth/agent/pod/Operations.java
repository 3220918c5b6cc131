package io.berth.agent.pod;

import io.berth.api.time.Clock;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** Counts and times calls of runtimes, under the names that dashboards of kubelets expect. */
final class Operations {
  private final MeterRegistry registry;
  private final Clock clock;

  Operations(MeterRegistry registry, Clock clock) {
    this.registry = registry;
    this.clock = clock;
  }

  <T> T call(String operation, Supplier<T> call) {
    registry.counter("kubelet_runtime_operations_total", "operation_type", operation).increment();
    long begin = clock.nanos();
    try {
      return call.get();
    } catch (RuntimeException e) {
      registry
          .counter("kubelet_runtime_operations_errors_total", "operation_type", operation)
          .increment();
      throw e;
    } finally {
      Timer.builder("kubelet_runtime_operations_duration_seconds")
          .tag("operation_type", operation)
          .register(registry)
          .record(clock.nanos() - begin, TimeUnit.NANOSECONDS);
    }
  }

  void run(String operation, Runnable call) {
    call(
        operation,
        () -> {
          call.run();
          return true;
        });
  }
}
