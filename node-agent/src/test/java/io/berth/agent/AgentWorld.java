package io.berth.agent;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.agent.cgroup.CgroupTree;
import io.berth.agent.network.HostPorts;
import io.berth.agent.network.PodGate;
import io.berth.agent.node.Machine;
import io.berth.agent.node.NodeConfig;
import io.berth.agent.probe.ProbeRunner;
import io.berth.agent.runtime.RuntimeDriver;
import io.berth.agent.runtime.fake.FakeDriver;
import io.berth.agent.runtime.fake.FakeImageStore;
import io.berth.api.codec.Json;
import io.berth.api.object.Times;
import io.berth.api.resource.Resources;
import io.berth.api.time.SimulatedEnvironment;
import io.berth.client.ApiClient;
import io.berth.client.Informers;
import io.berth.client.testing.FakeApi;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** An agent with all that is around it, under simulated time. */
final class AgentWorld {
  static final String NODE = "node-1";

  final SimulatedEnvironment environment;
  final FakeApi api;
  final FakeImageStore images;
  final FakeDriver driver;
  final FakeDriver machines;
  final Path directory;
  ProbeRunner probes = (probe, target, timeout) -> new ProbeRunner.Result(true, "");
  @Nullable String network;
  final Map<String, HostPorts.Target> published = new TreeMap<>();
  PodGate gate = PodGate.OPEN;
  private final HostPorts hostPorts =
      new HostPorts() {
        @Override
        public void begin(Map<String, Target> pods) {
          published.clear();
          published.putAll(pods);
        }

        @Override
        public void publish(String podUid, Target target) {
          published.put(podUid, target);
        }

        @Override
        public void withdraw(String podUid) {
          published.remove(podUid);
        }
      };
  private @Nullable Agent agent;
  private @Nullable Informers informers;

  AgentWorld(long seed, Path directory) {
    this.environment = new SimulatedEnvironment(seed);
    this.api = new FakeApi(environment);
    this.images = new FakeImageStore(environment).with("busybox");
    this.driver = new FakeDriver("fake", environment, images);
    this.machines = new FakeDriver("machines", environment, images);
    this.directory = directory;
    ObjectNode vm = Json.object().put("handler", "vm");
    vm.putObject("metadata").put("name", "vm");
    api.put(Resources.RUNTIME_CLASSES, vm);
  }

  AgentWorld start() {
    ApiClient client = new ApiClient(api);
    informers = new Informers(client, environment);
    AgentConfig config =
        new AgentConfig(
            new NodeConfig(
                NODE, List.of("192.0.2.1"), "10.244.0.0/24", Map.of(), 110, "v1.36.0+berth"),
            directory,
            List.of(),
            "cluster.local",
            new RuntimeDriver.Dns(List.of(), List.of(), List.of()),
            null);
    agent =
        new Agent(
            config,
            client,
            informers,
            environment,
            Map.of("", driver, "vm", machines),
            images,
            new SimpleMeterRegistry(),
            new Agent.Senses(
                () ->
                    new Machine(
                        4,
                        8L << 30,
                        4L << 30,
                        1L << 40,
                        1L << 39,
                        100,
                        30_000,
                        "6.1",
                        "Test Linux",
                        "amd64",
                        "m",
                        "b",
                        "s"),
                (probe, target, timeout) -> probes.run(probe, target, timeout),
                () -> network,
                () -> "127.0.0.1 localhost\n",
                hostPorts,
                gate,
                new CgroupTree(directory.resolve("no-cgroups"))));
    try {
      agent.start();
    } catch (IOException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
    settle();
    return this;
  }

  /** As SIGKILL does: nothing more of it happens, and nothing is put in order. */
  void kill() {
    if (agent != null && informers != null) {
      agent.close();
      informers.close();
    }
    agent = null;
  }

  boolean running() {
    return agent != null;
  }

  Agent agent() {
    return java.util.Objects.requireNonNull(agent);
  }

  /** Lets everything happen that is due now or nearly. */
  void settle() {
    environment.advance(Duration.ofMillis(500));
  }

  void advance(Duration time) {
    environment.advance(time);
  }

  // Pods.

  /** A pod of one container that is bound to the node. */
  static ObjectNode pod(String name, String... script) {
    ObjectNode pod = Json.object();
    pod.putObject("metadata").put("namespace", "default").put("name", name);
    ObjectNode spec = pod.putObject("spec").put("nodeName", NODE).put("restartPolicy", "Always");
    spec.put("terminationGracePeriodSeconds", 30);
    ObjectNode container = spec.putArray("containers").addObject();
    container.put("name", "main").put("image", "busybox").put("imagePullPolicy", "IfNotPresent");
    if (script.length > 0) {
      container.putArray("command").add("sh").add("-c").add(script[0]);
    }
    return pod;
  }

  static ObjectNode spec(ObjectNode pod) {
    return (ObjectNode) pod.get("spec");
  }

  static ObjectNode main(ObjectNode pod) {
    return (ObjectNode) pod.path("spec").path("containers").get(0);
  }

  void create(ObjectNode pod) {
    ObjectNode stored = pod.deepCopy();
    ObjectNode status = Json.object().put("phase", "Pending");
    status
        .putArray("conditions")
        .addObject()
        .put("type", "PodScheduled")
        .put("status", "True")
        .put("lastTransitionTime", Times.seconds(environment.clock().now()));
    stored.set("status", status);
    api.put(Resources.PODS, stored);
  }

  Optional<ObjectNode> find(String name) {
    return api.find(Resources.PODS, "default", name);
  }

  JsonNode status(String name) {
    return find(name).orElseThrow().path("status");
  }

  JsonNode container(String name) {
    return status(name).path("containerStatuses").get(0);
  }

  String phase(String name) {
    return status(name).path("phase").asText();
  }

  String condition(String name, String type) {
    for (JsonNode condition : status(name).path("conditions")) {
      if (condition.path("type").asText().equals(type)) {
        return condition.path("status").asText();
      }
    }
    return "";
  }

  void delete(String name, long grace) {
    ObjectNode pod = find(name).orElseThrow();
    if (grace == 0) {
      api.remove(Resources.PODS, "default", name);
      return;
    }
    ObjectNode metadata = (ObjectNode) pod.get("metadata");
    metadata.put("deletionTimestamp", Times.seconds(environment.clock().now().plusSeconds(grace)));
    metadata.put("deletionGracePeriodSeconds", grace);
    api.put(Resources.PODS, pod);
  }

  /** {@code reason: message} of all events about a pod. */
  List<String> events(String name) {
    List<String> events = new ArrayList<>();
    for (ObjectNode event : api.list(Resources.EVENTS, "default")) {
      if (event.path("involvedObject").path("name").asText().equals(name)) {
        events.add(event.path("reason").asText() + ": " + event.path("message").asText());
      }
    }
    return events;
  }

  long running(FakeDriver of) {
    return of.present().stream()
        .filter(c -> c.state() == RuntimeDriver.ContainerState.RUNNING)
        .count();
  }
}
