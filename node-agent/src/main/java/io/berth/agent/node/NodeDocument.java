package io.berth.agent.node;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.agent.runtime.ImageStore.Image;
import io.berth.api.codec.Json;
import io.berth.api.object.Quantity;
import io.berth.api.object.Times;
import java.time.Instant;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The Node object from what was measured. Pure.
 *
 * @param config the node
 * @param machine the machine
 * @param runtimeVersion of the driver of plain pods
 * @param handlers the runtime handlers that pods may ask for
 * @param unhealthy what is wrong with the runtimes; empty where nothing is
 * @param images what the node has
 * @param port of the agent's own server, 0 for none
 */
record NodeDocument(
    NodeConfig config,
    Machine machine,
    String runtimeVersion,
    List<String> handlers,
    List<String> unhealthy,
    List<Image> images,
    int port) {
  private static final long MEBIBYTE = 1 << 20;

  /** Memory that is kept for the system: below it, the node is under pressure. */
  private static final long MEMORY_RESERVE = 100 * MEBIBYTE;

  private static final long DISK_RESERVE = 512 * MEBIBYTE;
  private static final int MAX_IMAGES = 50;

  /** The whole object, for a node that is not there yet. */
  ObjectNode whole(Instant now) {
    ObjectNode node = Json.object().put("kind", "Node").put("apiVersion", "v1");
    ObjectNode metadata = node.putObject("metadata").put("name", config.name());
    metadata.set("labels", labels());
    ObjectNode spec = node.putObject("spec");
    if (!config.podCidr().isEmpty()) {
      spec.put("podCIDR", config.podCidr());
      spec.putArray("podCIDRs").add(config.podCidr());
    }
    node.set("status", status(Json.object(), now));
    return node;
  }

  ObjectNode labels() {
    ObjectNode labels = Json.object();
    labels.put("beta.kubernetes.io/arch", machine.architecture());
    labels.put("beta.kubernetes.io/os", "linux");
    labels.put("kubernetes.io/arch", machine.architecture());
    labels.put("kubernetes.io/hostname", config.name());
    labels.put("kubernetes.io/os", "linux");
    config.labels().forEach(labels::put);
    return labels;
  }

  /**
   * @param before the status as it was, for the times of its conditions
   */
  ObjectNode status(JsonNode before, Instant now) {
    ObjectNode status = Json.object();
    ArrayNode addresses = status.putArray("addresses");
    config
        .addresses()
        .forEach(ip -> addresses.addObject().put("address", ip).put("type", "InternalIP"));
    addresses.addObject().put("address", config.name()).put("type", "Hostname");
    Map<String, Quantity> capacity = capacity();
    ObjectNode full = status.putObject("capacity");
    capacity.forEach((name, amount) -> full.put(name, amount.toString()));
    ObjectNode free = status.putObject("allocatable");
    allocatable().forEach((name, amount) -> free.put(name, amount.toString()));
    status.set("conditions", conditions(before, now));
    if (port > 0) {
      status.putObject("daemonEndpoints").putObject("kubeletEndpoint").put("Port", port);
    }
    status.set("images", imageList());
    status.set("nodeInfo", info());
    ArrayNode runtimes = status.putArray("runtimeHandlers");
    handlers.forEach(name -> runtimes.addObject().put("name", name));
    return status;
  }

  private Map<String, Quantity> capacity() {
    Map<String, Quantity> capacity = new LinkedHashMap<>();
    capacity.put("cpu", Quantity.of(machine.cpus()));
    capacity.put("ephemeral-storage", Quantity.ofBytes(machine.disk()));
    capacity.put("hugepages-1Gi", Quantity.ZERO);
    capacity.put("hugepages-2Mi", Quantity.ZERO);
    capacity.put("memory", Quantity.ofBytes(machine.memory()));
    capacity.put("pods", Quantity.of(config.maxPods()));
    return capacity;
  }

  Map<String, Quantity> allocatable() {
    Map<String, Quantity> free = capacity();
    free.put("ephemeral-storage", Quantity.ofBytes(machine.disk() / 10 * 9));
    long memory = Math.max(0, machine.memory() - MEMORY_RESERVE);
    free.put("memory", Quantity.ofBytes(memory));
    return free;
  }

  private ObjectNode info() {
    ObjectNode info = Json.object();
    info.put("architecture", machine.architecture());
    info.put("bootID", machine.bootId());
    info.put("containerRuntimeVersion", runtimeVersion);
    info.put("kernelVersion", machine.kernel());
    info.put("kubeProxyVersion", "");
    info.put("kubeletVersion", config.version());
    info.put("machineID", machine.machineId());
    info.put("operatingSystem", "linux");
    info.put("osImage", machine.osImage());
    info.put("systemUUID", machine.systemUuid());
    return info;
  }

  private ArrayNode imageList() {
    ArrayNode list = Json.mapper().createArrayNode();
    images.stream()
        .sorted(Comparator.comparingLong(Image::sizeBytes).reversed().thenComparing(Image::id))
        .limit(MAX_IMAGES)
        .forEach(
            image -> {
              ObjectNode json = list.addObject();
              ArrayNode names = json.putArray("names");
              image.names().forEach(names::add);
              json.put("sizeBytes", image.sizeBytes());
            });
    return list;
  }

  private ArrayNode conditions(JsonNode before, Instant now) {
    Conditions conditions = new Conditions(before.path("conditions"), now);
    boolean memory = machine.memory() > 0 && machine.memoryAvailable() < MEMORY_RESERVE;
    conditions.add(
        "MemoryPressure",
        memory,
        memory ? "KubeletHasInsufficientMemory" : "KubeletHasSufficientMemory",
        memory
            ? "kubelet has insufficient memory available"
            : "kubelet has sufficient memory available");
    long least = Math.min(DISK_RESERVE, machine.disk() / 10);
    boolean disk = machine.disk() > 0 && machine.diskAvailable() < least;
    conditions.add(
        "DiskPressure",
        disk,
        disk ? "KubeletHasDiskPressure" : "KubeletHasNoDiskPressure",
        disk ? "kubelet has disk pressure" : "kubelet has no disk pressure");
    boolean pids = machine.maxPids() > 0 && machine.pids() > machine.maxPids() / 10 * 9;
    conditions.add(
        "PIDPressure",
        pids,
        pids ? "KubeletHasInsufficientPID" : "KubeletHasSufficientPID",
        pids ? "kubelet has insufficient PID available" : "kubelet has sufficient PID available");
    boolean ready = unhealthy.isEmpty();
    conditions.add(
        "Ready",
        ready,
        ready ? "KubeletReady" : "KubeletNotReady",
        ready ? "kubelet is posting ready status" : String.join("; ", unhealthy));
    return conditions.list();
  }

  /** Conditions in the making. */
  private record Conditions(JsonNode before, Instant now, ArrayNode list) {
    Conditions(JsonNode before, Instant now) {
      this(before, now, Json.mapper().createArrayNode());
    }

    void add(String type, boolean holds, String reason, String message) {
      String value = holds ? "True" : "False";
      String since = Times.seconds(now);
      for (JsonNode old : before) {
        boolean same =
            old.path("type").asText().equals(type) && old.path("status").asText().equals(value);
        since = same ? old.path("lastTransitionTime").asText() : since;
      }
      list.addObject()
          .put("type", type)
          .put("status", value)
          .put("lastHeartbeatTime", Times.seconds(now))
          .put("lastTransitionTime", since)
          .put("reason", reason)
          .put("message", message);
    }
  }
}
