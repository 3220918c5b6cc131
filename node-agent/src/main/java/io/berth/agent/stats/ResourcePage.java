package io.berth.agent.stats;

import io.berth.agent.runtime.RuntimeDriver.Sandbox;
import java.time.Instant;

/** {@code /metrics/resource}: the few figures that autoscaling needs, as a kubelet gives them. */
final class ResourcePage {
  private static final double NANOS = 1e9;

  private ResourcePage() {}

  static String of(Sample sample) {
    MetricPage page = families();
    node(page, sample.node());
    for (Sample.OfPod pod : Order.of(sample)) {
      Sandbox sandbox = pod.sandbox();
      String labels = MetricPage.labels("namespace", sandbox.namespace(), "pod", sandbox.name());
      for (Sample.OfContainer one : pod.containers()) {
        container(page, sandbox, one);
      }
      Sample.Use use = pod.use();
      if (use != null) {
        long at = use.at().toEpochMilli();
        page.add("pod_cpu_usage_seconds_total", labels, use.usage().cpuNanos() / NANOS, at);
        page.add("pod_memory_working_set_bytes", labels, use.usage().workingSet(), at);
        page.add("pod_swap_usage_bytes", labels, use.usage().swap(), at);
      }
    }
    page.add("resource_scrape_error", "", sample.at().equals(Instant.EPOCH) ? 1 : 0, -1);
    return page.text();
  }

  private static void node(MetricPage page, Sample.Use node) {
    long at = node.at().toEpochMilli();
    page.add("node_cpu_usage_seconds_total", "", node.usage().cpuNanos() / NANOS, at);
    page.add("node_memory_working_set_bytes", "", node.usage().workingSet(), at);
    page.add("node_swap_usage_bytes", "", node.usage().swap(), at);
  }

  private static void container(MetricPage page, Sandbox sandbox, Sample.OfContainer one) {
    String labels =
        MetricPage.labels(
            "container",
            one.container().name(),
            "namespace",
            sandbox.namespace(),
            "pod",
            sandbox.name());
    long at = one.use().at().toEpochMilli();
    page.add("container_cpu_usage_seconds_total", labels, one.use().usage().cpuNanos() / NANOS, at);
    page.add("container_memory_working_set_bytes", labels, one.use().usage().workingSet(), at);
    page.add("container_swap_usage_bytes", labels, one.use().usage().swap(), at);
    Instant started = one.container().startedAt();
    if (started != null) {
      page.add("container_start_time_seconds", labels, started.toEpochMilli() / 1000.0, -1);
    }
  }

  private static MetricPage families() {
    return new MetricPage()
        .family(
            "container_cpu_usage_seconds_total",
            "counter",
            "Cumulative cpu time consumed by the container in core-seconds")
        .family(
            "container_memory_working_set_bytes",
            "gauge",
            "Current working set of the container in bytes")
        .family(
            "container_start_time_seconds",
            "gauge",
            "Start time of the container since unix epoch in seconds")
        .family(
            "container_swap_usage_bytes",
            "gauge",
            "Current amount of the container swap usage in bytes")
        .family(
            "node_cpu_usage_seconds_total",
            "counter",
            "Cumulative cpu time consumed by the node in core-seconds")
        .family(
            "node_memory_working_set_bytes", "gauge", "Current working set of the node in bytes")
        .family("node_swap_usage_bytes", "gauge", "Current swap usage of the node in bytes")
        .family(
            "pod_cpu_usage_seconds_total",
            "counter",
            "Cumulative cpu time consumed by the pod in core-seconds")
        .family("pod_memory_working_set_bytes", "gauge", "Current working set of the pod in bytes")
        .family("pod_swap_usage_bytes", "gauge", "Current amount of the pod swap usage in bytes")
        .family(
            "resource_scrape_error",
            "gauge",
            "1 if there was an error while getting container metrics, 0 otherwise");
  }
}
