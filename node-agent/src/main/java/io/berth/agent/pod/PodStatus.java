package io.berth.agent.pod;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.agent.runtime.RuntimeDriver.Container;
import io.berth.agent.runtime.RuntimeDriver.ContainerState;
import io.berth.agent.runtime.RuntimeDriver.Sandbox;
import io.berth.api.codec.Json;
import io.berth.api.object.Times;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A pod's status from what is wanted, what runs and what is planned. Pure.
 *
 * @param pod what is wanted
 * @param state what runs
 * @param waiting why containers do not run, by name
 * @param probes by container id
 * @param verdict the end that the pod has come to, or null
 * @param before the status as it was
 * @param config the node
 * @param startedAt when the agent first saw the pod
 * @param lastWords a container's termination message
 * @param now wall-clock time
 */
record PodStatus(
    PodView pod,
    RuntimeState state,
    Map<String, Waiting> waiting,
    Map<String, ProbeState> probes,
    @Nullable Verdict verdict,
    JsonNode before,
    PodConfig config,
    Instant startedAt,
    Function<Container, String> lastWords,
    Instant now) {

  ObjectNode build() {
    ObjectNode status = Json.object();
    JsonNode generation = pod.metadata().path("generation");
    if (generation.isNumber()) {
      status.put("observedGeneration", generation.asLong());
    }
    Verdict end = verdict;
    boolean rejected = rejected();
    ArrayNode init = containers(rejected ? List.of() : pod.init());
    ArrayNode main = containers(rejected ? List.of() : pod.main());
    ArrayNode ephemeral = containers(rejected ? List.of() : pod.ephemeral());
    String phase = phase();
    status.put("phase", phase);
    status.set("conditions", new PodConditions(this, phase, init, main).build());
    if (end != null && !end.reason().isEmpty()) {
      status.put("reason", end.reason());
      status.put("message", end.message());
    }
    addresses(status);
    status.put("startTime", Times.seconds(startedAt));
    if (!init.isEmpty()) {
      status.set("initContainerStatuses", init);
    }
    if (!rejected) {
      status.set("containerStatuses", main);
    }
    if (!ephemeral.isEmpty()) {
      status.set("ephemeralContainerStatuses", ephemeral);
    }
    return status;
  }

  private boolean rejected() {
    Verdict end = verdict;
    return end != null && end.rejected();
  }

  private void addresses(ObjectNode status) {
    List<String> host = config.hostIps();
    if (!host.isEmpty()) {
      status.put("hostIP", host.getFirst());
      ArrayNode list = status.putArray("hostIPs");
      host.forEach(ip -> list.addObject().put("ip", ip));
    }
    List<String> ips = pod.hostNetwork() && !rejected() ? host : podIps();
    if (!ips.isEmpty()) {
      status.put("podIP", ips.getFirst());
      ArrayNode list = status.putArray("podIPs");
      ips.forEach(ip -> list.addObject().put("ip", ip));
    } else if (before.has("podIP")) {
      status.set("podIP", before.path("podIP"));
      status.set("podIPs", before.path("podIPs"));
    }
  }

  List<String> podIps() {
    Optional<Sandbox> sandbox = state.ready();
    if (sandbox.isEmpty()) {
      return List.of();
    }
    return pod.hostNetwork() ? config.hostIps() : sandbox.get().ips();
  }

  private ArrayNode containers(List<ContainerDef> defs) {
    ArrayNode list = Json.mapper().createArrayNode();
    for (ContainerDef def : defs) {
      list.add(container(def));
    }
    return list;
  }

  private ObjectNode container(ContainerDef def) {
    Container container = state.latest(def.name()).orElse(null);
    JsonNode old = before(def);
    ObjectNode json = Json.object().put("name", def.name());
    ObjectNode now = current(def, container, old);
    json.set("state", now);
    json.set("lastState", last(def, container, old, now));
    json.put("ready", ready(def, container));
    json.put(
        "restartCount", container == null ? old.path("restartCount").asInt() : container.attempt());
    json.put("image", def.image());
    json.put("imageID", container == null ? old.path("imageID").asText() : container.imageId());
    String id = container == null ? old.path("containerID").asText() : containerId(container);
    if (!id.isEmpty()) {
      json.put("containerID", id);
    }
    json.put("started", started(def, container));
    return json;
  }

  private JsonNode before(ContainerDef def) {
    String list = def.kind().statuses();
    for (JsonNode old : before.path(list)) {
      if (old.path("name").asText().equals(def.name())) {
        return old;
      }
    }
    return Json.object();
  }

  private static String containerId(Container container) {
    return "containerd://" + container.id();
  }

  private ObjectNode current(ContainerDef def, @Nullable Container container, JsonNode old) {
    Waiting why = waiting.get(def.name());
    boolean ended = container != null && PodDecider.ended(container);
    boolean finished = ended && (verdict != null || why == null);
    if (container != null && RuntimeState.isAlive(container)) {
      ObjectNode running = Json.object();
      running.putObject("running").put("startedAt", time(container.startedAt()));
      return running;
    }
    if (container != null && finished) {
      return terminated(container);
    }
    if (container == null && old.path("state").path("terminated").isObject() && why == null) {
      return (ObjectNode) old.path("state").deepCopy();
    }
    Waiting reason = why == null ? defaultWaiting(def) : why;
    ObjectNode json = Json.object();
    ObjectNode body = json.putObject("waiting").put("reason", reason.reason());
    if (!reason.message().isEmpty()) {
      body.put("message", reason.message());
    }
    return json;
  }

  private Waiting defaultWaiting(ContainerDef def) {
    boolean first = pod.init().isEmpty() || def.ephemeral() || (def.init() && def.index() == 0);
    return first ? Waiting.CREATING : Waiting.INITIALIZING;
  }

  private ObjectNode terminated(Container container) {
    ObjectNode json = Json.object();
    ObjectNode body = json.putObject("terminated");
    body.put("exitCode", container.exitCode());
    String reason = container.reason();
    if (reason.isEmpty()) {
      reason = container.exitCode() == 0 ? "Completed" : "Error";
    }
    body.put("reason", reason);
    String message = LastWords.cut(lastWords.apply(container), pod.every().size());
    if (!message.isEmpty()) {
      body.put("message", message);
    }
    body.put("startedAt", time(container.startedAt()));
    body.put("finishedAt", time(container.finishedAt()));
    body.put("containerID", containerId(container));
    return json;
  }

  private static @Nullable String time(@Nullable Instant time) {
    return time == null ? null : Times.seconds(time);
  }

  private JsonNode last(
      ContainerDef def, @Nullable Container container, JsonNode old, ObjectNode now) {
    if (container != null && PodDecider.ended(container) && !now.has("terminated")) {
      return terminated(container);
    }
    if (container != null) {
      Optional<Container> previous =
          state.containers().stream()
              .filter(c -> c.name().equals(def.name()) && c.attempt() < container.attempt())
              .filter(PodDecider::ended)
              .findFirst();
      if (previous.isPresent()) {
        return terminated(previous.get());
      }
    }
    JsonNode oldEnd = old.path("state").path("terminated");
    boolean another =
        container == null
            ? !now.has("terminated")
            : !oldEnd.path("containerID").asText().equals(containerId(container));
    if (oldEnd.isObject() && another) {
      return old.path("state").deepCopy();
    }
    return old.path("lastState").isObject() ? old.path("lastState").deepCopy() : Json.object();
  }

  boolean started(ContainerDef def, @Nullable Container container) {
    if (container == null || container.state() != ContainerState.RUNNING) {
      return false;
    }
    ProbeState probe = probes.get(container.id());
    return probe == null ? !def.hasProbe("startupProbe") : probe.started();
  }

  boolean ready(ContainerDef def, @Nullable Container container) {
    if (container == null || def.ephemeral()) {
      return false;
    }
    if (def.init() && !def.sidecar()) {
      return PodDecider.ended(container) && container.exitCode() == 0;
    }
    if (!started(def, container)) {
      return false;
    }
    ProbeState probe = probes.get(container.id());
    return probe == null ? !def.hasProbe("readinessProbe") : probe.ready();
  }

  /** Whether an init container no longer holds up the others. */
  boolean initialized(ContainerDef def) {
    Container container = state.latest(def.name()).orElse(null);
    boolean begun = pod.main().stream().anyMatch(main -> state.latest(main.name()).isPresent());
    return begun || (def.sidecar() ? started(def, container) : ready(def, container));
  }

  private String phase() {
    if (verdict != null) {
      return verdict.phase();
    }
    if (pod.deleting() && !state.containers().isEmpty() && state.alive().isEmpty()) {
      boolean succeeded =
          pod.main().stream()
              .allMatch(def -> state.latest(def.name()).map(c -> c.exitCode() == 0).orElse(false));
      return succeeded ? "Succeeded" : "Failed";
    }
    if (!pod.init().stream().allMatch(this::initialized)) {
      return "Pending";
    }
    boolean all = true;
    for (ContainerDef def : pod.main()) {
      Container latest = state.latest(def.name()).orElse(null);
      boolean ran = latest != null && latest.state() != ContainerState.CREATED;
      all &= ran || before(def).path("containerID").isTextual();
    }
    return all ? "Running" : "Pending";
  }
}
