package io.berth.agent.pod;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.agent.cgroup.PodCgroups;
import io.berth.agent.network.HostPorts;
import io.berth.agent.network.PodGate;
import io.berth.agent.runtime.NotSupportedException;
import io.berth.agent.runtime.RuntimeDriver;
import io.berth.agent.runtime.RuntimeDriver.ContainerSpec;
import io.berth.agent.runtime.RuntimeDriver.Sandbox;
import io.berth.agent.runtime.RuntimeDriver.SandboxSpec;
import io.berth.agent.runtime.RuntimeDriverException;
import io.berth.agent.volumes.ConfigObjects;
import io.berth.agent.volumes.PodTokens;
import io.berth.agent.volumes.PodVolumes;
import io.berth.agent.volumes.VolumeException;
import io.berth.api.codec.Json;
import io.berth.api.object.Quantity;
import io.berth.api.time.Environment;
import io.berth.client.BackOff;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Does what the decider asks for. A failure is remembered as what blocks the pod or container until
 * its next try, and told as an event; it never throws for one.
 */
final class PodExecutor {
  private static final Logger log = LoggerFactory.getLogger(PodExecutor.class);
  private static final BackOff BACK_OFF = new BackOff(Duration.ofSeconds(1), Duration.ofMinutes(1));

  /** A claim may be bound at any moment, and nothing else tells of it. */
  private static final Duration VOLUMES_RETRY = Duration.ofSeconds(5);

  private static final Duration STOP_RETRY = Duration.ofSeconds(1);
  private static final Duration LEAST_GRACE = Duration.ofSeconds(2);
  private static final Duration LONGEST_POST_START = Duration.ofMinutes(10);

  /**
   * What the executor works with.
   *
   * @param services the services that a pod's containers are told of
   * @param nodeHosts the node's own hosts file
   * @param hostPorts the ports of the node that lead to pods
   * @param gate what must let a pod pass before its containers start
   * @param cgroups the pods' control groups
   * @param changed has a pod looked at again
   */
  record Tools(
      Environment environment,
      Events events,
      Operations operations,
      PodPaths paths,
      PodConfig config,
      PodVolumes volumes,
      ConfigObjects objects,
      PodTokens tokens,
      ImagePulls images,
      Function<PodView, List<JsonNode>> services,
      Supplier<Map<String, Quantity>> allocatable,
      Supplier<String> nodeHosts,
      HostPorts hostPorts,
      PodGate gate,
      PodCgroups cgroups,
      Consumer<PodId> changed) {}

  private final Tools tools;
  private final Specs specs;
  private final Hooks hooks;

  PodExecutor(Tools tools) {
    this.tools = tools;
    this.specs = new Specs(tools.paths(), tools.config());
    this.hooks = new Hooks(tools.environment());
  }

  // Starting.

  /** Whether anything changed. */
  boolean createSandbox(PodView pod, PodMemory memory, RuntimeDriver driver, int attempt) {
    Map<String, PodVolumes.Ready> volumes = volumes(pod, memory, List.of());
    if (volumes == null || (driver.needsImagesAtBoot() && !imagesPresent(pod, memory))) {
      return false;
    }
    try {
      writeHosts(pod, List.of());
      String cgroup =
          tools.cgroups().create(pod.id().uid(), PodResources.claim(pod), !driver.boundsItself());
      SandboxSpec spec = specs.sandbox(pod, attempt, volumes, cgroup);
      Sandbox made = tools.operations().call("run_podsandbox", () -> driver.runSandbox(spec));
      memory.sandboxMade(attempt);
      memory.blocked.remove("");
      log.info("sandbox started pod={} attempt={} ips={}", pod, attempt, made.ips());
      return true;
    } catch (NotSupportedException e) {
      return notSupported(pod, memory, "", e);
    } catch (ConfigException e) {
      return block(pod, memory, "", "CreateContainerConfigError", "Failed", "Error: ", e);
    } catch (RuntimeDriverException | IOException e) {
      String head = "Failed to create pod sandbox: ";
      return block(pod, memory, "", "ContainerCreating", "FailedCreatePodSandBox", head, e);
    }
  }

  private boolean imagesPresent(PodView pod, PodMemory memory) {
    boolean present = true;
    for (ContainerDef def : pod.all()) {
      present &= image(pod, memory, def, 0) != null;
    }
    return present;
  }

  private @Nullable String image(PodView pod, PodMemory memory, ContainerDef def, int attempt) {
    switch (tools.images().ensure(pod, ImageNeed.of(def), attempt)) {
      case ImagePulls.Result.Present present -> {
        return present.image().id();
      }
      case ImagePulls.Result.Wait wait -> {
        Duration retry = wait.retry();
        if (retry != null) {
          long until = tools.environment().clock().nanos() + retry.toNanos();
          memory.blocked.put(def.name(), new Blocked(wait.why(), until, 0, false));
        }
        return null;
      }
    }
  }

  private @Nullable Map<String, PodVolumes.Ready> volumes(
      PodView pod, PodMemory memory, List<String> ips) {
    Map<String, PodVolumes.Ready> ready = memory.volumes;
    if (ready == null) {
      try {
        ready = tools.volumes().prepare(withAddresses(pod, ips));
        memory.volumes = ready;
        memory.blocked.remove("");
      } catch (VolumeException e) {
        block(pod, memory, "", "ContainerCreating", "FailedMount", "", e);
      }
    }
    return ready;
  }

  /** Whether anything changed. */
  boolean startContainer(
      PodView pod,
      PodMemory memory,
      RuntimeDriver driver,
      RuntimeState state,
      PodAction.StartContainer start) {
    ContainerDef def = start.container();
    String imageId = image(pod, memory, def, start.attempt());
    List<String> ips = ips(pod, state);
    Map<String, PodVolumes.Ready> volumes = imageId == null ? null : volumes(pod, memory, ips);
    if (imageId == null || volumes == null) {
      return false;
    }
    ContainerSpec spec;
    try {
      Mounts.SubPathing subPathing =
          driver.sharesDirectories() ? Mounts.SubPathing.MOUNTED : Mounts.SubPathing.NAMED;
      spec = spec(pod, def, start.attempt(), volumes, ips, imageId, target(def, state), subPathing);
    } catch (ConfigException e) {
      return block(pod, memory, def.name(), "CreateContainerConfigError", "Failed", "Error: ", e);
    } catch (IOException | RuntimeDriverException e) {
      return block(pod, memory, def.name(), "CreateContainerError", "Failed", "Error: ", e);
    }
    String id;
    try {
      id =
          tools
              .operations()
              .call("create_container", () -> driver.createContainer(start.sandboxId(), spec));
    } catch (NotSupportedException e) {
      return notSupported(pod, memory, def.name(), e);
    } catch (RuntimeDriverException e) {
      block(pod, memory, def.name(), "CreateContainerError", "Failed", "Error: ", e);
      return true; // it may be there all the same
    }
    memory.started(def, start.attempt(), start.backOff());
    tools.events().normal(pod, "Created", "Created container: " + def.name());
    return startCreated(pod, memory, driver, state, def, id);
  }

  /** Whether anything changed: a failed start shows in the container's own state. */
  boolean startCreated(
      PodView pod,
      PodMemory memory,
      RuntimeDriver driver,
      RuntimeState state,
      ContainerDef def,
      String id) {
    List<String> ips = ips(pod, state);
    String ip = ips.stream().findFirst().orElse("");
    try {
      if (!pod.hostNetwork()) {
        tools.gate().admit(pod.object(), ips);
      }
      tools.operations().run("start_container", () -> driver.startContainer(id));
    } catch (RuntimeDriverException e) {
      block(pod, memory, def.name(), "RunContainerError", "Failed", "Error: ", e);
      return true;
    }
    memory.blocked.remove(def.name());
    tools.events().normal(pod, "Started", "Started container " + def.name());
    log.info("container started pod={} container={} id={}", pod, def.name(), id);
    JsonNode hook = def.json().path("lifecycle").path("postStart");
    if (hook.isObject() && !hook.isEmpty()) {
      afterStart(pod, memory, new Hooks.Target(driver, id, ip, def.json()), def, hook);
    }
    return true;
  }

  private void afterStart(
      PodView pod, PodMemory memory, Hooks.Target target, ContainerDef def, JsonNode hook) {
    String failure = hooks.run(target, hook, LONGEST_POST_START);
    if (!failure.isEmpty()) {
      log.warn("hook failed pod={} container={} hook=postStart error={}", pod, def.name(), failure);
      tools.events().warning(pod, "FailedPostStartHook", "PostStartHook failed");
      Duration grace = Duration.ofSeconds(pod.graceSeconds());
      stopContainer(pod, memory, target, def.name(), grace, "FailedPostStartHook");
    }
  }

  private ContainerSpec spec(
      PodView pod,
      ContainerDef def,
      int attempt,
      Map<String, PodVolumes.Ready> volumes,
      List<String> ips,
      String imageId,
      String targetId,
      Mounts.SubPathing subPathing)
      throws IOException {
    Map<String, Quantity> allocatable = tools.allocatable().get();
    Map<String, String> env =
        new ContainerEnv(withAddresses(pod, ips), tools.objects()::find, allocatable)
            .of(def.json(), ServiceEnv.of(tools.services().apply(pod)));
    ContainerSpec spec =
        specs.container(pod, def, attempt, volumes, env, imageId, targetId, subPathing);
    SecurityContexts.checkNonRoot(
        pod.spec(), def.json(), spec.security(), tools.images().user(def.image()));
    writeHosts(pod, ips);
    Path words = tools.paths().terminationLog(pod.id(), def.name(), attempt);
    Files.createDirectories(words.resolveSibling("."));
    if (!Files.exists(words)) {
      Files.createFile(words);
      words.toFile().setWritable(true, false);
    }
    Files.createDirectories(spec.logPath().resolveSibling("."));
    return spec;
  }

  /** The container whose processes an ephemeral one is to see, or empty. */
  private static String target(ContainerDef def, RuntimeState state) {
    String name = def.json().path("targetContainerName").asText();
    if (name.isEmpty()) {
      return "";
    }
    return state
        .latest(name)
        .filter(RuntimeState::isAlive)
        .map(RuntimeDriver.Container::id)
        .orElseThrow(() -> new ConfigException("unable to find target container " + name));
  }

  private void writeHosts(PodView pod, List<String> ips) throws IOException {
    Path file = tools.paths().hosts(pod.id());
    String nodeHosts = pod.hostNetwork() ? tools.nodeHosts().get() : "";
    String text = PodNames.hosts(pod, tools.config(), nodeHosts, ips);
    if (!Files.exists(file) || !Files.readString(file).equals(text)) {
      Files.createDirectories(tools.paths().pod(pod.id().uid()));
      Files.writeString(file, text); // in place: it is mounted
    }
  }

  private List<String> ips(PodView pod, RuntimeState state) {
    List<String> own = state.ready().map(Sandbox::ips).orElse(List.of());
    return pod.hostNetwork() ? tools.config().hostIps() : own;
  }

  /** The pod with its addresses in the status, which the API may not have yet. */
  private JsonNode withAddresses(PodView pod, List<String> ips) {
    ObjectNode tree = pod.tree().deepCopy();
    ObjectNode status =
        tree.get("status") instanceof ObjectNode present ? present : tree.putObject("status");
    List<String> host = tools.config().hostIps();
    put(status, "hostIP", "hostIPs", host);
    put(status, "podIP", "podIPs", ips);
    return tree;
  }

  private static void put(ObjectNode status, String one, String many, List<String> ips) {
    if (!ips.isEmpty()) {
      status.put(one, ips.getFirst());
      ArrayNode list = status.putArray(many);
      ips.forEach(ip -> list.addObject().put("ip", ip));
    }
  }

  /** Brings the files of config maps, secrets and fields up to date. */
  void refreshVolumes(PodView pod, PodMemory memory, RuntimeState state) {
    memory.volumes = null;
    if (state.ready().isPresent()) {
      volumes(pod, memory, ips(pod, state));
    }
  }

  // Stopping.

  /** Begins to stop a container; its end is observed. */
  void stopContainer(
      @Nullable PodView pod,
      PodMemory memory,
      RuntimeDriver driver,
      RuntimeState state,
      PodAction.StopContainer stop) {
    Optional<ContainerDef> def = pod == null ? Optional.empty() : pod.container(stop.name());
    String ip = pod == null ? "" : ips(pod, state).stream().findFirst().orElse("");
    JsonNode json = def.<JsonNode>map(ContainerDef::json).orElseGet(Json::object);
    Hooks.Target target = new Hooks.Target(driver, stop.containerId(), ip, json);
    stopContainer(pod, memory, target, stop.name(), stop.grace(), stop.message());
  }

  private void stopContainer(
      @Nullable PodView pod,
      PodMemory memory,
      Hooks.Target target,
      String name,
      Duration grace,
      String message) {
    String id = target.containerId();
    long deadline = tools.environment().clock().nanos() + grace.toNanos();
    boolean again = memory.stops.put(id, deadline) != null;
    if (pod != null && !again) {
      tools.events().normal(pod, "Killing", message);
    }
    log.info("stopping container pod={} container={} grace={}", pod, name, grace);
    JsonNode hook = target.container().path("lifecycle").path("preStop");
    boolean runs = pod != null && !hook.isEmpty() && !again && !grace.isZero();
    Duration least = grace.isZero() ? Duration.ZERO : LEAST_GRACE;
    Runnable stop = () -> stop(pod, memory, target.driver(), id, deadline, least);
    Duration pause = runs ? Hooks.pause(hook).orElse(Duration.ZERO) : Duration.ZERO;
    if (pause.isPositive()) {
      Duration wait = pause.compareTo(grace) < 0 ? pause : grace;
      tools.environment().timers().after(wait, stop);
      return;
    }
    tools
        .environment()
        .executor()
        .execute(
            () -> {
              if (runs && pod != null) {
                beforeStop(pod, name, target, hook, grace);
              }
              stop.run();
            });
  }

  private void beforeStop(
      PodView pod, String name, Hooks.Target target, JsonNode hook, Duration grace) {
    String failure = hooks.run(target, hook, grace);
    if (!failure.isEmpty()) {
      log.warn("hook failed pod={} container={} hook=preStop error={}", pod, name, failure);
      tools.events().warning(pod, "FailedPreStopHook", "PreStopHook failed");
    }
  }

  /**
   * @param least what a container is left of its grace period whatever its hook took
   */
  private void stop(
      @Nullable PodView pod,
      PodMemory memory,
      RuntimeDriver driver,
      String id,
      long deadline,
      Duration least) {
    long left = Math.max(least.toNanos(), deadline - tools.environment().clock().nanos());
    Runnable look =
        () -> {
          if (pod != null) {
            tools.changed().accept(pod.id());
          }
        };
    try {
      tools.operations().run("stop_container", () -> driver.stopContainer(id, rounded(left)));
      look.run();
    } catch (RuntimeDriverException e) {
      log.warn("stop failed container={} error={}", id, e.getMessage());
      tools
          .environment()
          .timers()
          .after(
              STOP_RETRY,
              () -> {
                memory.stops.remove(id, deadline);
                look.run();
              });
    }
  }

  private static Duration rounded(long nanos) {
    return Duration.ofSeconds((nanos + 999_999_999L) / 1_000_000_000L);
  }

  // What blocks.

  private boolean notSupported(
      PodView pod, PodMemory memory, String name, NotSupportedException e) {
    notSupported(pod, memory, name, String.valueOf(e.getMessage()));
    return false;
  }

  /** The pod, or one of its containers, waits for ever for what cannot be done. */
  void notSupported(PodView pod, PodMemory memory, String name, String message) {
    Blocked before =
        memory.blocked.put(name, new Blocked(new Waiting("NotSupported", message), 0, 1, true));
    if (before == null || !before.waiting().message().equals(message)) {
      tools.events().warning(pod, "NotSupported", message);
      log.info("not supported pod={} field={}", pod, message);
    }
  }

  /** Always false: nothing changed. */
  boolean block(
      PodView pod,
      PodMemory memory,
      String name,
      String reason,
      String event,
      String head,
      Exception cause) {
    Blocked before = memory.blocked.get(name);
    int failures = before == null ? 1 : before.failures() + 1;
    String message = String.valueOf(cause.getMessage());
    Duration delay = BACK_OFF.delay(failures);
    if (cause instanceof VolumeException && delay.compareTo(VOLUMES_RETRY) > 0) {
      delay = VOLUMES_RETRY;
    }
    long until = tools.environment().clock().nanos() + delay.toNanos();
    memory.blocked.put(name, new Blocked(new Waiting(reason, message), until, failures, false));
    tools.events().warning(pod, event, head + message);
    log.warn("failed pod={} container={} reason={} error={}", pod, name, event, message);
    return false;
  }
}
