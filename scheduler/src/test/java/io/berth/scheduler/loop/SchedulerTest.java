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

class SchedulerTest {
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

  private void node(String name, String cpu) {
    ObjectNode node = Json.object().put("apiVersion", "v1").put("kind", "Node");
    node.putObject("metadata").put("name", name);
    ObjectNode allocatable = node.putObject("status").putObject("allocatable");
    allocatable.put("cpu", cpu).put("memory", "8Gi").put("pods", "110");
    api.put(Resources.NODES, node);
  }

  private ObjectNode pod(String name, String cpu) {
    ObjectNode pod = Json.object().put("apiVersion", "v1").put("kind", "Pod");
    pod.putObject("metadata").put("name", name).put("namespace", "default");
    ObjectNode spec = pod.putObject("spec").put("schedulerName", "default-scheduler");
    ObjectNode container = spec.putArray("containers").addObject().put("name", "c");
    container.putObject("resources").putObject("requests").put("cpu", cpu);
    return pod;
  }

  private void create(String name, String cpu) {
    api.put(Resources.PODS, pod(name, cpu));
  }

  private String nodeOf(String name) {
    return api.find(Resources.PODS, "default", name)
        .orElseThrow()
        .path("spec")
        .path("nodeName")
        .asText("");
  }

  private JsonNode condition(String name) {
    for (JsonNode condition :
        api.find(Resources.PODS, "default", name).orElseThrow().path("status").path("conditions")) {
      if (condition.path("type").asText().equals("PodScheduled")) {
        return condition;
      }
    }
    return Json.object();
  }

  @Test
  void aPodIsBoundAndAnEventSaysWhere() {
    node("n1", "4");
    startScheduler();
    create("a", "1");
    world.advance(Duration.ofMillis(100));
    assertThat(nodeOf("a")).isEqualTo("n1");
    assertThat(api.list(Resources.EVENTS, "default"))
        .anySatisfy(
            event -> {
              assertThat(event.path("reason").asText()).isEqualTo("Scheduled");
              assertThat(event.path("message").asText())
                  .isEqualTo("Successfully assigned default/a to n1");
            });
  }

  @Test
  void aPodThatFitsNowhereSaysWhyAndIsBoundOnceANodeComes() {
    node("n1", "1");
    startScheduler();
    create("big", "2");
    world.advance(Duration.ofMillis(100));
    assertThat(nodeOf("big")).isEmpty();
    assertThat(condition("big").path("reason").asText()).isEqualTo("Unschedulable");
    assertThat(condition("big").path("message").asText())
        .isEqualTo(
            "0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available:"
                + " 1 Preemption is not helpful for scheduling. It would help: 1 more cpu on n1.");
    node("n2", "4");
    world.advance(Duration.ofSeconds(2));
    assertThat(nodeOf("big")).isEqualTo("n2");
  }

  @Test
  void aPodThatFitsNowhereIsNotTriedAgainWhileNothingHelps() {
    node("n1", "1");
    startScheduler();
    create("big", "2");
    world.advance(Duration.ofMillis(100));
    int writes = api.writes().size();
    world.advance(Duration.ofHours(1));
    assertThat(api.writes()).hasSize(writes);
  }

  @Test
  void aDeletedPodMakesRoomForOneThatWaits() {
    node("n1", "1");
    startScheduler();
    create("first", "1");
    world.advance(Duration.ofMillis(100));
    create("second", "1");
    world.advance(Duration.ofSeconds(5));
    assertThat(nodeOf("second")).isEmpty();
    api.remove(Resources.PODS, "default", "first");
    world.advance(Duration.ofSeconds(5));
    assertThat(nodeOf("second")).isEqualTo("n1");
  }

  @Test
  void podsOfOtherSchedulersAndGatedPodsAreLeftAlone() {
    node("n1", "4");
    startScheduler();
    ObjectNode other = pod("other", "1");
    ((ObjectNode) other.path("spec")).put("schedulerName", "mine");
    api.put(Resources.PODS, other);
    ObjectNode gated = pod("gated", "1");
    ((ObjectNode) gated.path("spec")).putArray("schedulingGates").addObject().put("name", "g");
    api.put(Resources.PODS, gated);
    world.advance(Duration.ofSeconds(1));
    assertThat(nodeOf("other")).isEmpty();
    assertThat(nodeOf("gated")).isEmpty();
  }

  @Test
  void aDemandThatCannotBeMetYetIsNamedOnThePod() {
    node("n1", "4");
    startScheduler();
    ObjectNode pod = pod("claiming", "1");
    ((ObjectNode) pod.path("spec")).putArray("resourceClaims").addObject().put("name", "c");
    api.put(Resources.PODS, pod);
    world.advance(Duration.ofSeconds(1));
    assertThat(nodeOf("claiming")).isEmpty();
    assertThat(condition("claiming").path("reason").asText()).isEqualTo("NotSupported");
    assertThat(condition("claiming").path("message").asText()).contains("spec.resourceClaims");
  }

  @Test
  void aLostReplyOfABindingCountsThePodOnce() {
    node("n1", "2");
    startScheduler();
    api.faults().lostReply(1, FakeFaults.request("POST", "/binding"));
    create("a", "1");
    create("b", "1");
    create("c", "1");
    world.advance(Duration.ofSeconds(30));
    assertThat(List.of(nodeOf("a"), nodeOf("b"), nodeOf("c"))).containsExactly("n1", "n1", "");
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
  void noNodeIsOverCommittedAndNoPodThatFitsIsForgotten(long seed) {
    world = new SimulatedEnvironment(seed);
    api = new FakeApi(world);
    Random random = new Random(seed);
    int nodes = 1 + random.nextInt(4);
    for (int i = 0; i < nodes; i++) {
      node("n" + i, "2");
    }
    startScheduler();
    for (int step = 0; step < 60; step++) {
      faults(random);
      int action = random.nextInt(10);
      if (action < 6) {
        create("p" + step, 100 * (1 + random.nextInt(9)) + "m");
      } else if (action < 8) {
        api.remove(Resources.PODS, "default", "p" + random.nextInt(step + 1));
      } else if (action == 8) {
        api.cutWatches();
      } else if (random.nextInt(4) == 0) {
        startScheduler();
      }
      world.advance(Duration.ofMillis(random.nextInt(1_500)));
      assertNothingIsOverCommitted();
    }
    api.faults().clear();
    world.advance(Duration.ofMinutes(2));
    assertNothingIsOverCommitted();
    assertNoWaitingPodFits();
  }

  private void faults(Random random) {
    switch (random.nextInt(8)) {
      case 0 -> api.faults().lostReply(1, FakeFaults.request("POST", "/binding"));
      case 1 -> api.faults().unreachable(1, FakeFaults.request("POST", "/binding"));
      case 2 -> api.faults().unreachable(2, FakeFaults.request("GET", "/pods"));
      default -> {}
    }
  }

  private Map<String, Long> used() {
    Map<String, Long> used = new HashMap<>();
    for (ObjectNode pod : api.list(Resources.PODS, "default")) {
      used.merge(pod.path("spec").path("nodeName").asText(""), milliCpu(pod), Long::sum);
    }
    return used;
  }

  private static long milliCpu(JsonNode pod) {
    return Quantity.parse(pod.at("/spec/containers/0/resources/requests/cpu").asText())
        .milliValue();
  }

  private void assertNothingIsOverCommitted() {
    used()
        .forEach(
            (node, milli) -> {
              if (!node.isEmpty()) {
                assertThat(milli).as(node).isLessThanOrEqualTo(2_000);
              }
            });
  }

  private void assertNoWaitingPodFits() {
    Map<String, Long> used = used();
    for (ObjectNode pod : api.list(Resources.PODS, "default")) {
      if (pod.path("spec").path("nodeName").asText("").isEmpty()) {
        for (ObjectNode node : api.list(Resources.NODES, "")) {
          long free = 2_000 - used.getOrDefault(node.path("metadata").path("name").asText(), 0L);
          assertThat(milliCpu(pod)).as(pod.toString()).isGreaterThan(free);
        }
      }
    }
  }
}
