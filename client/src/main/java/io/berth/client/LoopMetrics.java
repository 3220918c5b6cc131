package io.berth.client;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** A loop's metrics under the names that Kubernetes' dashboards read. */
final class LoopMetrics {
  private final Counter adds;
  private final Counter retries;
  private final Timer queueTime;
  private final Timer workTime;

  LoopMetrics(String name, MeterRegistry registry, Supplier<Number> depth) {
    adds = Counter.builder("workqueue.adds").tag("name", name).register(registry);
    retries = Counter.builder("workqueue.retries").tag("name", name).register(registry);
    queueTime = Timer.builder("workqueue.queue.duration").tag("name", name).register(registry);
    workTime = Timer.builder("workqueue.work.duration").tag("name", name).register(registry);
    Gauge.builder("workqueue.depth", depth).tag("name", name).register(registry);
  }

  void added() {
    adds.increment();
  }

  void retried() {
    retries.increment();
  }

  void waited(long nanos) {
    queueTime.record(nanos, TimeUnit.NANOSECONDS);
  }

  void worked(long nanos) {
    workTime.record(nanos, TimeUnit.NANOSECONDS);
  }
}
