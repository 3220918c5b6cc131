package io.berth.agent.pod;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.agent.cgroup.PodCgroups;
import io.berth.agent.runtime.RuntimeDriver.Resources;
import io.berth.api.object.Quantity;

/** Amounts of CPU and memory of containers, and of a pod as the scheduler counts them. Pure. */
final class PodResources {
  private PodResources() {}

  static Resources of(ContainerDef def) {
    JsonNode resources = def.json().path("resources");
    JsonNode requests = resources.path("requests");
    JsonNode limits = resources.path("limits");
    long cpuLimit = milli(limits.path("cpu"));
    long memoryLimit = bytes(limits.path("memory"));
    return new Resources(
        requests.has("cpu") ? milli(requests.path("cpu")) : cpuLimit,
        cpuLimit,
        requests.has("memory") ? bytes(requests.path("memory")) : memoryLimit,
        memoryLimit);
  }

  /**
   * Containers run together, init containers one after the other beside the sidecars before them. A
   * limit holds for the pod only where every container has one. What the pod's own resources name
   * counts instead.
   */
  static Resources of(PodView pod) {
    Resources sum = ofContainers(pod);
    JsonNode own = pod.spec().path("resources");
    if (own.isEmpty()) {
      return sum;
    }
    JsonNode requests = own.path("requests");
    JsonNode limits = own.path("limits");
    return new Resources(
        requests.has("cpu") ? milli(requests.path("cpu")) : sum.cpuRequestMillis(),
        limits.has("cpu") ? milli(limits.path("cpu")) : sum.cpuLimitMillis(),
        requests.has("memory") ? bytes(requests.path("memory")) : sum.memoryRequestBytes(),
        limits.has("memory") ? bytes(limits.path("memory")) : sum.memoryLimitBytes());
  }

  private static Resources ofContainers(PodView pod) {
    Resources running = Resources.NONE;
    Resources peak = Resources.NONE;
    boolean cpuLimited = true;
    boolean memoryLimited = true;
    for (ContainerDef def : pod.all()) {
      Resources own = of(def);
      cpuLimited &= own.cpuLimitMillis() > 0;
      memoryLimited &= own.memoryLimitBytes() > 0;
      if (!def.init() || def.sidecar()) {
        running = sum(running, own);
        peak = max(peak, running);
      } else {
        peak = max(peak, sum(running, own));
      }
    }
    return new Resources(
        peak.cpuRequestMillis(),
        cpuLimited ? peak.cpuLimitMillis() : 0,
        peak.memoryRequestBytes(),
        memoryLimited ? peak.memoryLimitBytes() : 0);
  }

  /** What the pod's control group is given: resources of the pod itself first, and the overhead. */
  static PodCgroups.Claim claim(PodView pod) {
    Resources sum = of(pod);
    JsonNode overhead = pod.spec().path("overhead");
    long cpu = milli(overhead.path("cpu"));
    long memory = bytes(overhead.path("memory"));
    Resources all =
        new Resources(
            sum.cpuRequestMillis() + cpu,
            sum.cpuLimitMillis() == 0 ? 0 : sum.cpuLimitMillis() + cpu,
            sum.memoryRequestBytes() + memory,
            sum.memoryLimitBytes() == 0 ? 0 : sum.memoryLimitBytes() + memory);
    return new PodCgroups.Claim(pod.qos(), all);
  }

  private static Resources sum(Resources a, Resources b) {
    return new Resources(
        a.cpuRequestMillis() + b.cpuRequestMillis(),
        a.cpuLimitMillis() + b.cpuLimitMillis(),
        a.memoryRequestBytes() + b.memoryRequestBytes(),
        a.memoryLimitBytes() + b.memoryLimitBytes());
  }

  private static Resources max(Resources a, Resources b) {
    return new Resources(
        Math.max(a.cpuRequestMillis(), b.cpuRequestMillis()),
        Math.max(a.cpuLimitMillis(), b.cpuLimitMillis()),
        Math.max(a.memoryRequestBytes(), b.memoryRequestBytes()),
        Math.max(a.memoryLimitBytes(), b.memoryLimitBytes()));
  }

  private static long milli(JsonNode quantity) {
    return quantity.isMissingNode() ? 0 : Quantity.of(quantity).milliValue();
  }

  private static long bytes(JsonNode quantity) {
    return quantity.isMissingNode() ? 0 : Quantity.of(quantity).value();
  }
}
