package io.berth.scheduler.loop;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.object.Quantity;
import io.berth.api.resource.Resources;
import io.berth.api.time.SimulatedEnvironment;
import io.berth.client.ApiClient;
import io.berth.client.Informers;
import io.berth.client.testing.FakeApi;
import io.berth.client.testing.FakeFaults;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Pods of a group are placed whole or not at all. */
class GangTest {
  private SimulatedEnvironment world = new SimulatedEnvironment(1);
  private FakeApi api = new FakeApi(world);

  private @Nullable Scheduler running;

  /** Ends the one that runs as a kill would: what it knew is gone. */
  private void startScheduler() {
    if (running != null) {
      running.close();
    }
    ApiClient client = new ApiClient(api);
    Informers informers = new Informers(client, world);
    Scheduler scheduler =
        new Scheduler(
            SchedulerConfig.DEFAULT,
            client,
            informers,
            world,
            world.executor(),
            new SimpleMeterRegistry());
    running = scheduler;
    informers.start();
    scheduler.start();
    world.advance(Duration.ofMillis(10));
  }

  private void node(String name, String cpu, String zone) {
    ObjectNode node = Json.object().put("apiVersion", "v1").put("kind", "Node");
    node.putObject("metadata").put("name", name).putObject("labels").put("zone", zone);
    ObjectNode allocatable = node.putObject("status").putObject("allocatable");
    allocatable.put("cpu", cpu).put("memory", "8Gi").put("pods", "110");
    api.put(Resources.NODES, node);
  }

  private ObjectNode group(String name, int minCount) {
    ObjectNode group =
        Json.object().put("apiVersion", "scheduling.k8s.io/v1alpha2").put("kind", "PodGroup");
    group.putObject("metadata").put("name", name).put("namespace", "default");
    group
        .putObject("spec")
        .putObject("schedulingPolicy")
        .putObject("gang")
        .put("minCount", minCount);
    return group;
  }

  private void pod(String name, String cpu, String group) {
    ObjectNode pod = Json.object().put("apiVersion", "v1").put("kind", "Pod");
    pod.putObject("metadata").put("name", name).put("namespace", "default");
    ObjectNode spec = pod.putObject("spec").put("schedulerName", "default-scheduler");
    if (!group.isEmpty()) {
      spec.putObject("schedulingGroup").put("podGroupName", group);
    }
    ObjectNode container = spec.putArray("containers").addObject().put("name", "c");
    container.putObject("resources").putObject("requests").put("cpu", cpu);
    api.put(Resources.PODS, pod);
  }

  private String nodeOf(String name) {
    return find(name).path("spec").path("nodeName").asText("");
  }

  private JsonNode find(String name) {
    return api.find(Resources.PODS, "default", name).orElseThrow();
  }

  private String message(String name) {
    return find(name).at("/status/conditions/0/message").asText();
  }

  private String groupCondition(String name) {
    JsonNode condition =
        api.find(Resources.POD_GROUPS, "default", name).orElseThrow().at("/status/conditions/0");
    return condition.path("type").asText() + "=" + condition.path("status").asText();
  }

  @Test
  void aGangThatFitsIsPlacedOnceAllOfItIsThere() {
    node("n1", "2", "a");
    node("n2", "2", "b");
    startScheduler();
    api.put(Resources.POD_GROUPS, group("g", 3));
    pod("a", "1", "g");
    pod("b", "1", "g");
    world.advance(Duration.ofSeconds(5));
    assertThat(List.of(nodeOf("a"), nodeOf("b"))).containsOnly("");
    assertThat(message("a")).isEqualTo("pod group default/g needs 3 pods at once, 2 exist");
    pod("c", "1", "g");
    world.advance(Duration.ofSeconds(15));
    assertThat(List.of(nodeOf("a"), nodeOf("b"), nodeOf("c"))).doesNotContain("");
    assertThat(groupCondition("g")).isEqualTo("PodGroupScheduled=True");
  }

  @Test
  void aGangOfWhichTooFewFitHoldsNoRoom() {
    node("n1", "2", "a");
    startScheduler();
    api.put(Resources.POD_GROUPS, group("g", 3));
    for (String name : List.of("a", "b", "c")) {
      pod(name, "1", "g");
    }
    world.advance(Duration.ofSeconds(5));
    assertThat(List.of(nodeOf("a"), nodeOf("b"), nodeOf("c"))).containsOnly("");
    assertThat(groupCondition("g")).isEqualTo("PodGroupScheduled=False");
    assertThat(message("a"))
        .startsWith("of the 3 pods that pod group default/g needs at once 2 can be placed: ");
    pod("single", "2", "");
    world.advance(Duration.ofSeconds(5));
    assertThat(nodeOf("single")).isEqualTo("n1");
    node("n2", "4", "a");
    world.advance(Duration.ofSeconds(15));
    assertThat(List.of(nodeOf("a"), nodeOf("b"), nodeOf("c"))).containsOnly("n2");
  }

  @Test
  void aPodWaitsForAGroupThatNobodyHasMade() {
    node("n1", "2", "a");
    startScheduler();
    pod("a", "1", "g");
    world.advance(Duration.ofSeconds(5));
    assertThat(message("a")).isEqualTo("pod group default/g not found");
    api.put(Resources.POD_GROUPS, group("g", 1));
    world.advance(Duration.ofSeconds(5));
    assertThat(nodeOf("a")).isEqualTo("n1");
  }

  @Test
  void aGangThatMustBeTogetherGoesToADomainThatTakesAllOfIt() {
    node("a1", "2", "a");
    node("b1", "1", "b");
    node("b2", "2", "b");
    startScheduler();
    ObjectNode group = group("g", 3);
    ((ObjectNode) group.path("spec"))
        .putObject("schedulingConstraints")
        .putArray("topology")
        .addObject()
        .put("key", "zone");
    api.put(Resources.POD_GROUPS, group);
    for (String name : List.of("a", "b", "c")) {
      pod(name, "1", "g");
    }
    world.advance(Duration.ofSeconds(5));
    assertThat(List.of(nodeOf("a"), nodeOf("b"), nodeOf("c"))).allMatch(n -> n.startsWith("b"));
  }

  /** Two gangs that would each fit alone must not hold each other up with half of their pods. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
  void everyGangIsWholeOrNotThereAtAll(long seed) {
    world = new SimulatedEnvironment(seed);
    api = new FakeApi(world);
    Random random = new Random(seed);
    for (int i = 0; i < 3; i++) {
      node("n" + i, "4", "z" + i % 2);
    }
    startScheduler();
    Map<String, Integer> least = new HashMap<>();
    int pods = 0;
    for (int g = 0; g < 6; g++) {
      String group = "g" + g;
      int size = 1 + random.nextInt(6);
      least.put(group, 1 + random.nextInt(size));
      int when = random.nextInt(size + 1);
      for (int i = 0; i < size; i++) {
        if (i == when) {
          api.put(Resources.POD_GROUPS, group(group, least.getOrDefault(group, 1)));
        }
        pod("p" + pods++, 250 * (1 + random.nextInt(8)) + "m", group);
        faults(random);
        world.advance(Duration.ofMillis(random.nextInt(800)));
      }
      if (when == size) {
        api.put(Resources.POD_GROUPS, group(group, least.getOrDefault(group, 1)));
      }
      if (random.nextInt(3) == 0) {
        api.cutWatches();
      }
      if (random.nextInt(3) == 0) {
        startScheduler();
      }
      if (random.nextInt(4) == 0) {
        node("more" + g, "2", "z1");
      }
    }
    api.faults().clear();
    world.advance(Duration.ofMinutes(2));
    assertWhole(least);
    assertNothingIsOverCommitted();
  }

  private void faults(Random random) {
    switch (random.nextInt(8)) {
      case 0 -> api.faults().lostReply(1, FakeFaults.request("POST", "/binding"));
      case 1 -> api.faults().unreachable(1, FakeFaults.request("POST", "/binding"));
      default -> {}
    }
  }

  private void assertWhole(Map<String, Integer> least) {
    Map<String, Integer> bound = new HashMap<>();
    for (ObjectNode pod : api.list(Resources.PODS, "default")) {
      if (!pod.path("spec").path("nodeName").asText("").isEmpty()) {
        bound.merge(
            pod.path("spec").path("schedulingGroup").path("podGroupName").asText(),
            1,
            Integer::sum);
      }
    }
    bound.forEach(
        (group, count) ->
            assertThat(count).as(group).isGreaterThanOrEqualTo(least.getOrDefault(group, 1)));
  }

  private void assertNothingIsOverCommitted() {
    Map<String, Long> used = new HashMap<>();
    for (ObjectNode pod : api.list(Resources.PODS, "default")) {
      String cpu = pod.at("/spec/containers/0/resources/requests/cpu").asText();
      used.merge(
          pod.path("spec").path("nodeName").asText(""),
          Quantity.parse(cpu).milliValue(),
          Long::sum);
    }
    used.forEach(
        (node, milli) -> {
          if (!node.isEmpty()) {
            assertThat(milli).as(node).isLessThanOrEqualTo(node.startsWith("more") ? 2_000 : 4_000);
          }
        });
  }
}
