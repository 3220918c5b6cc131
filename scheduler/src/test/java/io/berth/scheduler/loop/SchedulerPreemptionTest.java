package io.berth.scheduler.loop;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.object.Quantity;
import io.berth.api.resource.Resources;
import io.berth.api.time.SimulatedEnvironment;
import io.berth.api.transport.ApiRequest;
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

/** Preemption through the API: what is written, in which order, and what becomes of failures. */
class SchedulerPreemptionTest {
  private SimulatedEnvironment world = new SimulatedEnvironment(1);
  private FakeApi api = new FakeApi(world);
  private @Nullable Scheduler scheduler;
  private @Nullable Informers informers;

  private void start() {
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
    world.advance(Duration.ofMillis(10));
  }

  private void restart() {
    if (scheduler != null && informers != null) {
      scheduler.close();
      informers.close();
    }
    start();
  }

  private void node(String name, String cpu) {
    ObjectNode node = Json.object().put("apiVersion", "v1").put("kind", "Node");
    node.putObject("metadata").put("name", name);
    ObjectNode allocatable = node.putObject("status").putObject("allocatable");
    allocatable.put("cpu", cpu).put("memory", "8Gi").put("pods", "110");
    api.put(Resources.NODES, node);
  }

  private ObjectNode pod(String name, String cpu, int priority) {
    ObjectNode pod = Json.object().put("apiVersion", "v1").put("kind", "Pod");
    pod.putObject("metadata").put("name", name).put("namespace", "default");
    ObjectNode spec = pod.putObject("spec").put("schedulerName", "default-scheduler");
    spec.put("priority", priority);
    ObjectNode container = spec.putArray("containers").addObject().put("name", "c");
    container.putObject("resources").putObject("requests").put("cpu", cpu);
    return pod;
  }

  private void end(String name) {
    api.remove(Resources.PODS, "default", name);
    world.advance(Duration.ofMillis(20));
  }

  private void create(ObjectNode pod) {
    api.put(Resources.PODS, pod);
    world.advance(Duration.ofMillis(100));
  }

  private ObjectNode read(String name) {
    return api.find(Resources.PODS, "default", name).orElseThrow();
  }

  private boolean ending(String name) {
    return read(name).path("metadata").has("deletionTimestamp");
  }

  private String nodeOf(String name) {
    return read(name).path("spec").path("nodeName").asText("");
  }

  private String nominated(String name) {
    return read(name).path("status").path("nominatedNodeName").asText("");
  }

  private JsonNode condition(String name, String type) {
    for (JsonNode condition : read(name).path("status").path("conditions")) {
      if (condition.path("type").asText().equals(type)) {
        return condition;
      }
    }
    return Json.object();
  }

  @Test
  void victimsAreMarkedThenDeletedAndTheRoomIsNamedOnThePod() {
    node("n1", "1");
    start();
    create(pod("low", "1", 0));
    create(pod("high", "1", 10));
    assertThat(nominated("high")).isEqualTo("n1");
    assertThat(condition("high", "PodScheduled").path("message").asText())
        .isEqualTo("0/1 nodes are available: 1 Insufficient cpu.");
    JsonNode mark = condition("low", "DisruptionTarget");
    assertThat(mark.path("status").asText()).isEqualTo("True");
    assertThat(mark.path("reason").asText()).isEqualTo("PreemptionByScheduler");
    assertThat(mark.path("message").asText())
        .isEqualTo("default-scheduler: preempting to accommodate a higher priority pod");
    assertThat(ending("low")).isTrue();
    String uid = read("high").path("metadata").path("uid").asText();
    assertThat(api.list(Resources.EVENTS, "default"))
        .anySatisfy(
            event -> {
              assertThat(event.path("reason").asText()).isEqualTo("Preempted");
              assertThat(event.path("message").asText())
                  .isEqualTo("Preempted by pod " + uid + " on node n1");
              assertThat(event.path("involvedObject").path("name").asText()).isEqualTo("low");
            });
    assertThat(nodeOf("high")).isEmpty();
    end("low");
    assertThat(nodeOf("high")).isEqualTo("n1");
  }

  @Test
  void aPodThatWaitsForItsVictimsDoesNotPreemptAgain() {
    node("n1", "1");
    node("n2", "1");
    start();
    create(pod("low1", "1", 0));
    create(pod("low2", "1", 0));
    create(pod("high", "1", 10));
    String where = nominated("high");
    assertThat(where).isNotEmpty();
    String other = nodeOf("low1").equals(where) ? "low2" : "low1";
    ObjectNode changed = read("high").deepCopy();
    ((ObjectNode) changed.path("metadata")).putObject("labels").put("try", "again");
    api.put(Resources.PODS, changed);
    world.advance(Duration.ofSeconds(20));
    assertThat(nominated("high")).isEqualTo(where);
    assertThat(ending(other)).isFalse();
    assertThat(condition("high", "PodScheduled").path("message").asText())
        .endsWith(" preemption: not eligible due to a terminating pod on the nominated node.");
  }

  @Test
  void roomThatIsBeingMadeIsNotTakenByPodsOfLowerPriority() {
    node("n1", "1");
    start();
    create(pod("low", "1", 0));
    create(pod("high", "1", 10));
    create(pod("middle", "1", 5));
    end("low");
    world.advance(Duration.ofSeconds(20));
    assertThat(nodeOf("high")).isEqualTo("n1");
    assertThat(nodeOf("middle")).isEmpty();
  }

  @Test
  void aPodOfStillHigherPriorityTakesTheRoomAndTheFirstOneIsToldSo() {
    node("n1", "1");
    start();
    create(pod("low", "1", 0));
    create(pod("middle", "1", 5));
    assertThat(nominated("middle")).isEqualTo("n1");
    create(pod("high", "1", 10));
    assertThat(nominated("high")).isEqualTo("n1");
    assertThat(nominated("middle")).isEmpty();
    end("low");
    world.advance(Duration.ofSeconds(20));
    assertThat(nodeOf("high")).isEqualTo("n1");
    assertThat(nodeOf("middle")).isEmpty();
    assertThat(condition("middle", "PodScheduled").path("message").asText())
        .isEqualTo(
            "0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available:"
                + " 1 Insufficient cpu. It would help: 1 more cpu on n1.");
  }

  @Test
  void aPodThatMayNotPreemptSaysSo() {
    node("n1", "1");
    start();
    create(pod("low", "1", 0));
    ObjectNode high = pod("high", "1", 10);
    ((ObjectNode) high.path("spec")).put("preemptionPolicy", "Never");
    create(high);
    assertThat(condition("high", "PodScheduled").path("message").asText())
        .isEqualTo(
            "0/1 nodes are available: 1 Insufficient cpu."
                + " preemption: not eligible due to preemptionPolicy=Never."
                + " It would help: 1 more cpu on n1.");
    assertThat(ending("low")).isFalse();
  }

  @Test
  void victimsAreTakenWhereTheBudgetsAllowIt() {
    node("n1", "1");
    node("n2", "1");
    ObjectNode budget = Json.object().put("apiVersion", "policy/v1");
    budget.put("kind", "PodDisruptionBudget");
    budget.putObject("metadata").put("name", "b").put("namespace", "default");
    budget.putObject("spec").putObject("selector").putObject("matchLabels").put("app", "kept");
    budget.putObject("status").put("disruptionsAllowed", 0);
    api.put(Resources.POD_DISRUPTION_BUDGETS, budget);
    start();
    ObjectNode kept = pod("kept", "1", 0);
    ((ObjectNode) kept.path("metadata")).putObject("labels").put("app", "kept");
    create(kept);
    create(pod("other", "1", 5)); // dearer, but no budget is broken
    create(pod("high", "1", 10));
    assertThat(ending("kept")).isFalse();
    assertThat(ending("other")).isTrue();
    assertThat(nominated("high")).isEqualTo(nodeOf("other"));
  }

  @Test
  void aRestartInTheMiddleKeepsTheRoom() {
    node("n1", "1");
    start();
    create(pod("low", "1", 0));
    create(pod("high", "1", 10));
    assertThat(nominated("high")).isEqualTo("n1");
    restart();
    create(pod("middle", "1", 5));
    end("low");
    world.advance(Duration.ofSeconds(20));
    assertThat(nodeOf("high")).isEqualTo("n1");
    assertThat(nodeOf("middle")).isEmpty();
  }

  @Test
  void aVictimThatCannotBeDeletedIsTriedAgain() {
    node("n1", "1");
    start();
    create(pod("low", "1", 0));
    api.faults().unreachable(2, FakeFaults.request("DELETE", "/pods/low"));
    create(pod("high", "1", 10));
    assertThat(ending("low")).isFalse();
    world.advance(Duration.ofSeconds(20));
    assertThat(ending("low")).isTrue();
    end("low");
    assertThat(nodeOf("high")).isEqualTo("n1");
  }

  @Test
  void aPodOfTheSameNameThatCameInBetweenIsNotDeleted() {
    node("n1", "1");
    start();
    create(pod("low", "1", 0));
    create(pod("high", "1", 10));
    List<ApiRequest> deletions =
        api.writes().stream().filter(r -> r.method().equals("DELETE")).toList();
    assertThat(deletions).hasSize(1);
    assertThat(new String(deletions.getFirst().body(), java.nio.charset.StandardCharsets.UTF_8))
        .contains("\"preconditions\":{\"uid\":");
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
  void throughFaultsAndRestartsTheHighestPrioritiesRunAndNothingIsOverCommitted(long seed) {
    world = new SimulatedEnvironment(seed);
    api = new FakeApi(world);
    Random random = new Random(seed);
    int nodes = 1 + random.nextInt(3);
    for (int i = 0; i < nodes; i++) {
      node("n" + i, "2");
    }
    start();
    for (int step = 0; step < 50; step++) {
      faults(random);
      String cpu = random.nextBoolean() ? "500m" : "1";
      ObjectNode pod = pod("p" + step, cpu, random.nextInt(4));
      api.put(Resources.PODS, pod);
      if (random.nextInt(5) == 0) {
        endTerminating();
      }
      if (random.nextInt(12) == 0) {
        restart();
      }
      world.advance(Duration.ofMillis(random.nextInt(1_500)));
      assertNothingIsOverCommitted();
    }
    api.faults().clear();
    for (int i = 0; i < 30; i++) {
      endTerminating();
      world.advance(Duration.ofSeconds(30));
    }
    assertNothingIsOverCommitted();
    assertNobodyWaitsForRoomThatLowerPodsHave();
  }

  private void faults(Random random) {
    switch (random.nextInt(10)) {
      case 0 -> api.faults().lostReply(1, FakeFaults.request("POST", "/binding"));
      case 1 -> api.faults().unreachable(1, FakeFaults.request("DELETE", "/pods"));
      case 2 -> api.faults().lostReply(1, FakeFaults.request("DELETE", "/pods"));
      case 3 -> api.faults().unreachable(1, FakeFaults.request("PATCH", "/status"));
      case 4 -> api.cutWatches();
      default -> {}
    }
  }

  private void endTerminating() {
    for (ObjectNode pod : api.list(Resources.PODS, "default")) {
      if (pod.path("metadata").has("deletionTimestamp")) {
        api.remove(Resources.PODS, "default", pod.path("metadata").path("name").asText());
      }
    }
  }

  private static long milliCpu(JsonNode pod) {
    return Quantity.parse(pod.at("/spec/containers/0/resources/requests/cpu").asText())
        .milliValue();
  }

  private void assertNothingIsOverCommitted() {
    Map<String, Long> used = new HashMap<>();
    for (ObjectNode pod : api.list(Resources.PODS, "default")) {
      used.merge(pod.path("spec").path("nodeName").asText(""), milliCpu(pod), Long::sum);
    }
    used.remove("");
    used.forEach((node, milli) -> assertThat(milli).as(node).isLessThanOrEqualTo(2_000));
  }

  /** On no node the pods of lower priority take what a waiting pod would need. */
  private void assertNobodyWaitsForRoomThatLowerPodsHave() {
    List<ObjectNode> pods = api.list(Resources.PODS, "default");
    for (ObjectNode waiting : pods) {
      if (waiting.path("spec").path("nodeName").asText("").isEmpty()) {
        for (ObjectNode node : api.list(Resources.NODES, "")) {
          String name = node.path("metadata").path("name").asText();
          long kept =
              pods.stream()
                  .filter(p -> p.path("spec").path("nodeName").asText("").equals(name))
                  .filter(p -> priority(p) >= priority(waiting))
                  .mapToLong(SchedulerPreemptionTest::milliCpu)
                  .sum();
          assertThat(kept + milliCpu(waiting)).as("%s on %s", waiting, name).isGreaterThan(2_000);
        }
      }
    }
  }

  private static int priority(JsonNode pod) {
    return pod.path("spec").path("priority").asInt();
  }
}
