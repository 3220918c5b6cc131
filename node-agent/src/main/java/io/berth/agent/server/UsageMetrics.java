package io.berth.agent.server;

import io.berth.agent.pod.RuntimeView;
import io.berth.agent.runtime.RuntimeDriver;
import io.berth.agent.runtime.RuntimeDriver.Container;
import io.berth.agent.runtime.RuntimeDriver.ContainerUsage;
import io.berth.agent.runtime.RuntimeDriver.Sandbox;
import io.berth.agent.runtime.RuntimeDriverException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** CPU and memory of containers as of now, in Prometheus' text format. */
final class UsageMetrics {
  private final RuntimeView view;

  UsageMetrics(RuntimeView view) {
    this.view = view;
  }

  String text() {
    List<String> cpu = new ArrayList<>();
    List<String> memory = new ArrayList<>();
    Map<RuntimeDriver, Map<String, ContainerUsage>> used = new HashMap<>();
    view.last()
        .pods()
        .forEach(
            (uid, observed) -> {
              RuntimeDriver driver = observed.driver();
              if (driver == null || observed.state().sandboxes().isEmpty()) {
                return;
              }
              Map<String, ContainerUsage> usage = used.computeIfAbsent(driver, UsageMetrics::usage);
              Sandbox sandbox = observed.state().sandboxes().getFirst();
              for (Container container : observed.state().alive()) {
                ContainerUsage own = usage.get(container.id());
                if (own != null) {
                  String labels = labels(sandbox, container);
                  cpu.add(labels + " " + decimal(own.cpuNanos() / 1e9));
                  memory.add(labels + " " + own.memoryBytes());
                }
              }
            });
    return family(
            "container_cpu_usage_seconds_total",
            "counter",
            "Cumulative cpu time consumed in seconds.",
            cpu)
        + family(
            "container_memory_working_set_bytes", "gauge", "Current working set in bytes.", memory);
  }

  private static Map<String, ContainerUsage> usage(RuntimeDriver driver) {
    Map<String, ContainerUsage> usage = new HashMap<>();
    try {
      driver.usage().forEach(own -> usage.put(own.containerId(), own));
    } catch (RuntimeDriverException e) {
      return usage; // the node's health says it
    }
    return usage;
  }

  private static String labels(Sandbox sandbox, Container container) {
    return String.format(
        "{container=\"%s\",id=\"%s\",image=\"%s\",name=\"%s\",namespace=\"%s\",pod=\"%s\"}",
        container.name(),
        "/" + container.id(),
        container.image().replace("\\", "\\\\").replace("\"", "\\\""),
        container.id(),
        sandbox.namespace(),
        sandbox.name());
  }

  private static String decimal(double seconds) {
    return String.format(Locale.ROOT, "%.6f", seconds);
  }

  private static String family(String name, String type, String help, List<String> samples) {
    StringBuilder text = new StringBuilder();
    text.append("# HELP ").append(name).append(' ').append(help).append('\n');
    text.append("# TYPE ").append(name).append(' ').append(type).append('\n');
    samples.stream().sorted().forEach(s -> text.append(name).append(s).append('\n'));
    return text.toString();
  }
}
