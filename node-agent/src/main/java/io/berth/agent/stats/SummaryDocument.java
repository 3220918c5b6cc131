package io.berth.agent.stats;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.agent.cgroup.CgroupUsage;
import io.berth.agent.pod.PodView;
import io.berth.agent.runtime.RuntimeDriver.Container;
import io.berth.agent.runtime.RuntimeDriver.Sandbox;
import io.berth.agent.volumes.PodVolumes;
import io.berth.api.codec.Json;
import io.berth.api.object.Quantity;
import io.berth.api.object.Times;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** {@code /stats/summary} in the shape of {@code stats.k8s.io/v1alpha1}. */
final class SummaryDocument {
  /**
   * What the document is made from.
   *
   * @param disk the node's
   * @param pods by uid, for what their limits are
   * @param volumes of a pod, by uid
   */
  record Sources(
      String nodeName,
      ProcFiles proc,
      PodTraffic traffic,
      LocalStorage storage,
      FileSystem disk,
      Function<String, Optional<PodView>> pods,
      Function<String, Map<String, PodVolumes.Ready>> volumes) {}

  private final Sources from;
  private final Sample sample;
  private final boolean brief;

  /**
   * @param brief CPU and memory alone
   */
  SummaryDocument(Sources from, Sample sample, boolean brief) {
    this.from = from;
    this.sample = sample;
    this.brief = brief;
  }

  ObjectNode build() {
    ObjectNode summary = Json.object();
    summary.set("node", node());
    var pods = summary.putArray("pods");
    Order.of(sample).forEach(pod -> pods.add(pod(pod)));
    return summary;
  }

  private ObjectNode node() {
    ObjectNode node = Json.object().put("nodeName", from.nodeName());
    node.put("startTime", Times.seconds(from.proc().bootTime()));
    node.set("cpu", cpu(sample.node()));
    long total = from.proc().memoryTotal();
    ObjectNode memory = memory(sample.node(), total);
    node.set("memory", memory);
    if (brief) {
      return node;
    }
    network(node, from.proc().devices(), from.proc().defaultDevice());
    node.set("fs", disk(from.disk().used(), from.disk().inodes() - from.disk().inodesFree()));
    ObjectNode runtime = node.putObject("runtime");
    runtime.set("imageFs", node.path("fs").deepCopy());
    runtime.set("containerFs", node.path("fs").deepCopy());
    node.putObject("rlimit")
        .put("time", time())
        .put("maxpid", from.proc().maxProcesses())
        .put("curproc", from.proc().processes());
    node.set("swap", swap(sample.node()));
    return node;
  }

  private ObjectNode pod(Sample.OfPod pod) {
    Sandbox sandbox = pod.sandbox();
    ObjectNode json = Json.object();
    json.putObject("podRef")
        .put("name", sandbox.name())
        .put("namespace", sandbox.namespace())
        .put("uid", sandbox.uid());
    json.put("startTime", Times.seconds(sandbox.createdAt()));
    LocalStorage.@Nullable OfPod disk = brief ? null : from.storage().of(pod, LocalStorage.RELAXED);
    Optional<PodView> view = from.pods().apply(sandbox.uid());
    var containers = json.putArray("containers");
    for (Sample.OfContainer one : pod.containers()) {
      containers.add(container(one, view, disk));
    }
    Sample.Use use = pod.use();
    if (use != null) {
      json.set("cpu", cpu(use));
      json.set("memory", memory(use, 0));
    }
    if (disk != null) {
      network(json, from.traffic().of(pod), "eth0");
      volumes(json, sandbox.uid(), view, disk);
      DiskUse total = disk.total();
      json.set("ephemeral-storage", disk(total.bytes(), total.inodes()));
    }
    if (use != null && !brief) {
      json.set("swap", swap(use));
    }
    return json;
  }

  private ObjectNode container(
      Sample.OfContainer one, Optional<PodView> view, LocalStorage.@Nullable OfPod disk) {
    Container container = one.container();
    ObjectNode json = Json.object().put("name", container.name());
    Instant started = container.startedAt();
    json.put("startTime", Times.seconds(started == null ? container.createdAt() : started));
    json.set("cpu", cpu(one.use()));
    json.set("memory", memory(one.use(), memoryLimit(view, container.name())));
    if (disk != null) {
      DiskUse layer = disk.layers().get(container.id());
      if (layer != null) {
        json.set("rootfs", disk(layer.bytes(), layer.inodes()));
      }
      DiskUse logs = disk.logs().getOrDefault(container.name(), DiskUse.NONE);
      json.set("logs", disk(logs.bytes(), logs.inodes()));
      json.set("swap", swap(one.use()));
    }
    return json;
  }

  private static long memoryLimit(Optional<PodView> view, String container) {
    return view.flatMap(pod -> pod.container(container))
        .map(def -> def.json().path("resources").path("limits").path("memory"))
        .filter(limit -> !limit.isMissingNode())
        .map(limit -> Quantity.of(limit).value())
        .orElse(0L);
  }

  private void volumes(
      ObjectNode json, String uid, Optional<PodView> view, LocalStorage.OfPod disk) {
    var list = Json.mapper().createArrayNode();
    for (PodVolume volume : PodVolume.of(view, from.volumes().apply(uid))) {
      FileSystem on = volume.whole() ? FileSystem.of(volume.path()) : from.disk();
      DiskUse use = disk.volumes().getOrDefault(volume.name(), DiskUse.NONE);
      ObjectNode one =
          volume.whole()
              ? disk(on, on.used(), on.inodes() - on.inodesFree())
              : disk(on, use.bytes(), use.inodes());
      one.put("name", volume.name());
      if (!volume.claim().isEmpty()) {
        one.putObject("pvcRef")
            .put("name", volume.claim())
            .put("namespace", view.map(pod -> pod.id().namespace()).orElse(""));
      }
      list.add(one);
    }
    if (!list.isEmpty()) {
      json.set("volume", list);
    }
  }

  private static ObjectNode cpu(Sample.Use use) {
    ObjectNode cpu = Json.object().put("time", Times.seconds(use.at()));
    if (use.nanoCores() >= 0) {
      cpu.put("usageNanoCores", use.nanoCores());
    }
    return cpu.put("usageCoreNanoSeconds", use.usage().cpuNanos());
  }

  private static ObjectNode memory(Sample.Use use, long limit) {
    CgroupUsage usage = use.usage();
    ObjectNode memory = Json.object().put("time", Times.seconds(use.at()));
    if (limit > 0) {
      memory.put("availableBytes", Math.max(0, limit - usage.workingSet()));
    }
    memory.put("usageBytes", usage.memory()).put("workingSetBytes", usage.workingSet());
    known(memory, "rssBytes", usage.rss());
    known(memory, "pageFaults", usage.pageFaults());
    known(memory, "majorPageFaults", usage.majorFaults());
    return memory;
  }

  private static void known(ObjectNode json, String name, long value) {
    if (value >= 0) {
      json.put(name, value);
    }
  }

  private static ObjectNode swap(Sample.Use use) {
    return Json.object()
        .put("time", Times.seconds(use.at()))
        .put("swapUsageBytes", use.usage().swap());
  }

  private String time() {
    return Times.seconds(sample.at());
  }

  private ObjectNode disk(long used, long inodes) {
    return disk(from.disk(), used, inodes);
  }

  private ObjectNode disk(FileSystem on, long used, long inodes) {
    return Json.object()
        .put("time", time())
        .put("availableBytes", on.available())
        .put("capacityBytes", on.capacity())
        .put("usedBytes", used)
        .put("inodesFree", on.inodesFree())
        .put("inodes", on.inodes())
        .put("inodesUsed", inodes);
  }

  private void network(ObjectNode json, List<ProcFiles.Traffic> devices, String first) {
    if (devices.isEmpty()) {
      return;
    }
    ObjectNode network = json.putObject("network").put("time", time());
    devices.stream()
        .filter(device -> device.name().equals(first))
        .findFirst()
        .ifPresent(device -> device(network, device));
    var list = network.putArray("interfaces");
    devices.forEach(device -> device(list.addObject(), device));
  }

  private static void device(ObjectNode json, ProcFiles.Traffic device) {
    json.put("name", device.name())
        .put("rxBytes", device.rxBytes())
        .put("rxErrors", device.rxErrors())
        .put("txBytes", device.txBytes())
        .put("txErrors", device.txErrors());
  }
}
