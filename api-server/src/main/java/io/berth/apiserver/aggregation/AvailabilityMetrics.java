package io.berth.apiserver.aggregation;

import io.berth.apiserver.custom.Conditions.Condition;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Which further API servers are away, under the name that dashboards of Kubernetes know. (Its
 * counter of the same name with {@code _total} behind it is not there: Prometheus' library for Java
 * takes both for one.) Safe for use by many threads.
 */
final class AvailabilityMetrics {
  private static final String UNAVAILABLE = "aggregator_unavailable_apiservice";

  private record Shown(AtomicInteger unavailable, Meter meter) {}

  private final MeterRegistry registry;
  private final Map<String, Shown> shown = new HashMap<>();

  AvailabilityMetrics(MeterRegistry registry) {
    this.registry = registry;
  }

  /** After a check. */
  synchronized void checked(String name, Condition condition) {
    boolean available = condition.status().equals("True");
    shown.computeIfAbsent(name, this::show).unavailable().set(available ? 0 : 1);
  }

  /** There is no such APIService any more. */
  synchronized void forget(String name) {
    Shown gone = shown.remove(name);
    if (gone != null) {
      registry.remove(gone.meter());
    }
  }

  private Shown show(String name) {
    AtomicInteger unavailable = new AtomicInteger();
    Gauge gauge =
        Gauge.builder(UNAVAILABLE, unavailable, AtomicInteger::get)
            .description("1 for a server that is away")
            .tag("name", name)
            .register(registry);
    return new Shown(unavailable, gauge);
  }
}
