package io.berth.scheduler.loop;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Headers;
import io.berth.api.codec.Json;
import io.berth.api.object.Quantity;
import io.berth.api.resource.Resources;
import io.berth.api.time.SimulatedEnvironment;
import io.berth.client.ApiClient;
import io.berth.client.Informers;
import io.berth.client.testing.FakeApi;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/** A scheduler under simulated time before an API of its own, and the nodes and pods it sees. */
final class TestingScheduler {
  private static final Duration SETTLING = Duration.ofMillis(100);

  private final SimulatedEnvironment world;
  private final FakeApi api;
  private @Nullable Scheduler scheduler;
  private @Nullable Informers informers;

  TestingScheduler(long seed) {
    world = new SimulatedEnvironment(seed);
    api = new FakeApi(world);
  }

  FakeApi api() {
    return api;
  }

  /** Starts it, or ends the one that runs as a kill would and starts another. */
  void start() {
    if (scheduler != null && informers != null) {
      scheduler.close();
      informers.close();
    }
    ApiClient client = new ApiClient(api);
    informers = new Informers(client, world);
    scheduler =
        new Scheduler(
            SchedulerConfig.DEFAULT,
            client,
            informers,
            world,
            world.executor(),
            new SimpleMeterRegistry());
    informers.start();
    scheduler.start();
    advance(Duration.ofMillis(10));
  }

  /** What a dry run would say of the pod. */
  @Nullable String preview(ObjectNode pod) {
    return Objects.requireNonNull(scheduler)
        .preview(Headers.object(Resources.PODS, Json.bytes(pod)));
  }

  void advance(Duration by) {
    world.advance(by);
  }

  void settle() {
    advance(SETTLING);
  }

  static ObjectNode object(String version, String kind, String name) {
    ObjectNode object = Json.object().put("apiVersion", version).put("kind", kind);
    object.putObject("metadata").put("name", name);
    return object;
  }

  void node(String name, String cpu) {
    node(name, cpu, Map.of());
  }

  void node(String name, String cpu, Map<String, String> labels) {
    ObjectNode node = object("v1", "Node", name);
    labels.forEach(node.withObject("/metadata/labels")::put);
    ObjectNode allocatable = node.putObject("status").putObject("allocatable");
    allocatable.put("cpu", cpu).put("memory", "8Gi").put("pods", "110");
    api.put(Resources.NODES, node);
  }

  static ObjectNode pod(String name, String cpu) {
    ObjectNode pod = object("v1", "Pod", name);
    pod.withObject("/metadata").put("namespace", "default");
    ObjectNode spec = pod.putObject("spec").put("schedulerName", "default-scheduler");
    ObjectNode container = spec.putArray("containers").addObject().put("name", "c");
    container.putObject("resources").putObject("requests").put("cpu", cpu);
    return pod;
  }

  void put(ObjectNode pod) {
    api.put(Resources.PODS, pod);
  }

  /** Creates the pod and lets everybody act on it. */
  void create(ObjectNode pod) {
    put(pod);
    settle();
  }

  /** The pod is gone from its node. */
  void end(String name) {
    api.remove(Resources.PODS, "default", name);
    advance(Duration.ofMillis(20));
  }

  ObjectNode read(String name) {
    return api.find(Resources.PODS, "default", name).orElseThrow();
  }

  /** The node that the pod is bound to, or empty. */
  String nodeOf(String name) {
    return nodeOf(read(name));
  }

  static String nodeOf(JsonNode pod) {
    return pod.path("spec").path("nodeName").asText("");
  }

  /** The pod's condition of that type, empty where it has none. */
  JsonNode condition(String name, String type) {
    for (JsonNode condition : read(name).path("status").path("conditions")) {
      if (condition.path("type").asText().equals(type)) {
        return condition;
      }
    }
    return Json.object();
  }

  JsonNode scheduled(String name) {
    return condition(name, "PodScheduled");
  }

  /** What the pod's {@code PodScheduled} says, or empty. */
  String message(String name) {
    return scheduled(name).path("message").asText("");
  }

  /** A gang's group that is not created yet. */
  static ObjectNode group(String name, int minCount) {
    ObjectNode group = object("scheduling.k8s.io/v1alpha2", "PodGroup", name);
    group.withObject("/metadata").put("namespace", "default");
    group.withObject("/spec/schedulingPolicy/gang").put("minCount", minCount);
    return group;
  }

  /** Keeps a group to one domain of a node label. */
  static ObjectNode keptTo(ObjectNode group, String key) {
    group
        .withObject("/spec/schedulingConstraints")
        .putArray("topology")
        .addObject()
        .put("key", key);
    return group;
  }

  void putGroup(ObjectNode group) {
    api.put(Resources.POD_GROUPS, group);
  }

  /** Creates a pod of a group. */
  void putMember(String name, String cpu, String group) {
    ObjectNode pod = pod(name, cpu);
    pod.withObject("/spec/schedulingGroup").put("podGroupName", group);
    put(pod);
  }

  /** The group's condition {@code PodGroupScheduled}. */
  JsonNode groupCondition(String name) {
    return groupCondition(name, "PodGroupScheduled");
  }

  JsonNode groupCondition(String name, String type) {
    JsonNode group = api.find(Resources.POD_GROUPS, "default", name).orElseThrow();
    for (JsonNode condition : group.path("status").path("conditions")) {
      if (condition.path("type").asText().equals(type)) {
        return condition;
      }
    }
    return Json.object();
  }

  /** Its reason and message, with a colon between. */
  String groupReason(String name) {
    JsonNode now = groupCondition(name);
    return now.path("reason").asText() + ": " + now.path("message").asText();
  }

  /** The reasons of the events about an object. */
  List<String> events(String about) {
    return api.list(Resources.EVENTS, "default").stream()
        .filter(e -> e.at("/involvedObject/name").asText().equals(about))
        .map(e -> e.path("reason").asText())
        .toList();
  }

  static long milliCpu(JsonNode pod) {
    return Quantity.parse(pod.at("/spec/containers/0/resources/requests/cpu").asText())
        .milliValue();
  }

  /** Thousandths of CPUs that bound pods ask for, by node. */
  Map<String, Long> used() {
    Map<String, Long> used = new HashMap<>();
    for (ObjectNode pod : api.list(Resources.PODS, "default")) {
      used.merge(nodeOf(pod), milliCpu(pod), Long::sum);
    }
    used.remove("");
    return used;
  }

  /**
   * @param size thousandths of CPUs that a node has, by its name
   */
  void assertNothingIsOverCommitted(ToLongFunction<String> size) {
    used()
        .forEach(
            (node, milli) ->
                assertThat(milli).as(node).isLessThanOrEqualTo(size.applyAsLong(node)));
  }
}
