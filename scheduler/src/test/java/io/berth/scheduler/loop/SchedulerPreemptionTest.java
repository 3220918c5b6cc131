package io.berth.scheduler.loop;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.resource.Resources;
import io.berth.api.transport.ApiRequest;
import io.berth.client.testing.FakeFaults;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Preemption through the API: what is written, in which order, and what becomes of failures. */
class SchedulerPreemptionTest {
  private TestingScheduler testing = new TestingScheduler(1);

  private static ObjectNode pod(String name, String cpu, int priority) {
    ObjectNode pod = TestingScheduler.pod(name, cpu);
    pod.withObject("/spec").put("priority", priority);
    return pod;
  }

  private boolean ending(String name) {
    return testing.read(name).path("metadata").has("deletionTimestamp");
  }

  private String nominated(String name) {
    return testing.read(name).path("status").path("nominatedNodeName").asText("");
  }

  @Test
  void victimsAreMarkedThenDeletedAndTheRoomIsNamedOnThePod() {
    testing.node("n1", "1");
    testing.start();
    testing.create(pod("low", "1", 0));
    testing.create(pod("high", "1", 10));
    assertThat(nominated("high")).isEqualTo("n1");
    assertThat(testing.message("high")).isEqualTo("0/1 nodes are available: 1 Insufficient cpu.");
    JsonNode mark = testing.condition("low", "DisruptionTarget");
    assertThat(mark.path("status").asText()).isEqualTo("True");
    assertThat(mark.path("reason").asText()).isEqualTo("PreemptionByScheduler");
    assertThat(mark.path("message").asText())
        .isEqualTo("default-scheduler: preempting to accommodate a higher priority pod");
    assertThat(ending("low")).isTrue();
    String uid = testing.read("high").path("metadata").path("uid").asText();
    assertThat(testing.api().list(Resources.EVENTS, "default"))
        .anySatisfy(
            event -> {
              assertThat(event.path("reason").asText()).isEqualTo("Preempted");
              assertThat(event.path("message").asText())
                  .isEqualTo("Preempted by pod " + uid + " on node n1");
              assertThat(event.path("involvedObject").path("name").asText()).isEqualTo("low");
            });
    assertThat(testing.nodeOf("high")).isEmpty();
    testing.end("low");
    assertThat(testing.nodeOf("high")).isEqualTo("n1");
  }

  @Test
  void aPodThatWaitsForItsVictimsDoesNotPreemptAgain() {
    testing.node("n1", "1");
    testing.node("n2", "1");
    testing.start();
    testing.create(pod("low1", "1", 0));
    testing.create(pod("low2", "1", 0));
    testing.create(pod("high", "1", 10));
    String where = nominated("high");
    assertThat(where).isNotEmpty();
    String other = testing.nodeOf("low1").equals(where) ? "low2" : "low1";
    ObjectNode changed = testing.read("high").deepCopy();
    ((ObjectNode) changed.path("metadata")).putObject("labels").put("try", "again");
    testing.put(changed);
    testing.advance(Duration.ofSeconds(20));
    assertThat(nominated("high")).isEqualTo(where);
    assertThat(ending(other)).isFalse();
    assertThat(testing.message("high"))
        .endsWith(" preemption: not eligible due to a terminating pod on the nominated node.");
  }

  @Test
  void roomThatIsBeingMadeIsNotTakenByPodsOfLowerPriority() {
    testing.node("n1", "1");
    testing.start();
    testing.create(pod("low", "1", 0));
    testing.create(pod("high", "1", 10));
    testing.create(pod("middle", "1", 5));
    testing.end("low");
    testing.advance(Duration.ofSeconds(20));
    assertThat(testing.nodeOf("high")).isEqualTo("n1");
    assertThat(testing.nodeOf("middle")).isEmpty();
  }

  @Test
  void aPodOfStillHigherPriorityTakesTheRoomAndTheFirstOneIsToldSo() {
    testing.node("n1", "1");
    testing.start();
    testing.create(pod("low", "1", 0));
    testing.create(pod("middle", "1", 5));
    assertThat(nominated("middle")).isEqualTo("n1");
    testing.create(pod("high", "1", 10));
    assertThat(nominated("high")).isEqualTo("n1");
    assertThat(nominated("middle")).isEmpty();
    testing.end("low");
    testing.advance(Duration.ofSeconds(20));
    assertThat(testing.nodeOf("high")).isEqualTo("n1");
    assertThat(testing.nodeOf("middle")).isEmpty();
    assertThat(testing.message("middle"))
        .isEqualTo(
            "0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available:"
                + " 1 Insufficient cpu. It would help: 1 more cpu on n1.");
  }

  @Test
  void aPodThatMayNotPreemptSaysSo() {
    testing.node("n1", "1");
    testing.start();
    testing.create(pod("low", "1", 0));
    ObjectNode high = pod("high", "1", 10);
    ((ObjectNode) high.path("spec")).put("preemptionPolicy", "Never");
    testing.create(high);
    assertThat(testing.message("high"))
        .isEqualTo(
            "0/1 nodes are available: 1 Insufficient cpu."
                + " preemption: not eligible due to preemptionPolicy=Never."
                + " It would help: 1 more cpu on n1.");
    assertThat(ending("low")).isFalse();
  }

  @Test
  void victimsAreTakenWhereTheBudgetsAllowIt() {
    testing.node("n1", "1");
    testing.node("n2", "1");
    ObjectNode budget = Json.object().put("apiVersion", "policy/v1");
    budget.put("kind", "PodDisruptionBudget");
    budget.putObject("metadata").put("name", "b").put("namespace", "default");
    budget.putObject("spec").putObject("selector").putObject("matchLabels").put("app", "kept");
    budget.putObject("status").put("disruptionsAllowed", 0);
    testing.api().put(Resources.POD_DISRUPTION_BUDGETS, budget);
    testing.start();
    ObjectNode kept = pod("kept", "1", 0);
    ((ObjectNode) kept.path("metadata")).putObject("labels").put("app", "kept");
    testing.create(kept);
    testing.create(pod("other", "1", 5)); // dearer, but no budget is broken
    testing.create(pod("high", "1", 10));
    assertThat(ending("kept")).isFalse();
    assertThat(ending("other")).isTrue();
    assertThat(nominated("high")).isEqualTo(testing.nodeOf("other"));
  }

  @Test
  void aRestartInTheMiddleKeepsTheRoom() {
    testing.node("n1", "1");
    testing.start();
    testing.create(pod("low", "1", 0));
    testing.create(pod("high", "1", 10));
    assertThat(nominated("high")).isEqualTo("n1");
    testing.start();
    testing.create(pod("middle", "1", 5));
    testing.end("low");
    testing.advance(Duration.ofSeconds(20));
    assertThat(testing.nodeOf("high")).isEqualTo("n1");
    assertThat(testing.nodeOf("middle")).isEmpty();
  }

  @Test
  void aVictimThatCannotBeDeletedIsTriedAgain() {
    testing.node("n1", "1");
    testing.start();
    testing.create(pod("low", "1", 0));
    testing.api().faults().unreachable(2, FakeFaults.request("DELETE", "/pods/low"));
    testing.create(pod("high", "1", 10));
    assertThat(ending("low")).isFalse();
    testing.advance(Duration.ofSeconds(20));
    assertThat(ending("low")).isTrue();
    testing.end("low");
    assertThat(testing.nodeOf("high")).isEqualTo("n1");
  }

  @Test
  void aPodOfTheSameNameThatCameInBetweenIsNotDeleted() {
    testing.node("n1", "1");
    testing.start();
    testing.create(pod("low", "1", 0));
    testing.create(pod("high", "1", 10));
    List<ApiRequest> deletions =
        testing.api().writes().stream().filter(r -> r.method().equals("DELETE")).toList();
    assertThat(deletions).hasSize(1);
    assertThat(new String(deletions.getFirst().body(), java.nio.charset.StandardCharsets.UTF_8))
        .contains("\"preconditions\":{\"uid\":");
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
  void throughFaultsAndRestartsTheHighestPrioritiesRunAndNothingIsOverCommitted(long seed) {
    testing = new TestingScheduler(seed);
    Random random = new Random(seed);
    int nodes = 1 + random.nextInt(3);
    for (int i = 0; i < nodes; i++) {
      testing.node("n" + i, "2");
    }
    testing.start();
    for (int step = 0; step < 50; step++) {
      faults(random);
      String cpu = random.nextBoolean() ? "500m" : "1";
      ObjectNode pod = pod("p" + step, cpu, random.nextInt(4));
      testing.put(pod);
      if (random.nextInt(5) == 0) {
        endTerminating();
      }
      if (random.nextInt(12) == 0) {
        testing.start();
      }
      testing.advance(Duration.ofMillis(random.nextInt(1_500)));
      testing.assertNothingIsOverCommitted(node -> 2_000);
    }
    testing.api().faults().clear();
    for (int i = 0; i < 30; i++) {
      endTerminating();
      testing.advance(Duration.ofSeconds(30));
    }
    testing.assertNothingIsOverCommitted(node -> 2_000);
    assertNobodyWaitsForRoomThatLowerPodsHave();
  }

  private void faults(Random random) {
    switch (random.nextInt(10)) {
      case 0 -> testing.api().faults().lostReply(1, FakeFaults.request("POST", "/binding"));
      case 1 -> testing.api().faults().unreachable(1, FakeFaults.request("DELETE", "/pods"));
      case 2 -> testing.api().faults().lostReply(1, FakeFaults.request("DELETE", "/pods"));
      case 3 -> testing.api().faults().unreachable(1, FakeFaults.request("PATCH", "/status"));
      case 4 -> testing.api().cutWatches();
      default -> {}
    }
  }

  private void endTerminating() {
    for (ObjectNode pod : testing.api().list(Resources.PODS, "default")) {
      if (pod.path("metadata").has("deletionTimestamp")) {
        testing.api().remove(Resources.PODS, "default", pod.path("metadata").path("name").asText());
      }
    }
  }

  /** On no node the pods of lower priority take what a waiting pod would need. */
  private void assertNobodyWaitsForRoomThatLowerPodsHave() {
    List<ObjectNode> pods = testing.api().list(Resources.PODS, "default");
    for (ObjectNode waiting : pods) {
      if (TestingScheduler.nodeOf(waiting).isEmpty()) {
        for (ObjectNode node : testing.api().list(Resources.NODES, "")) {
          String name = node.path("metadata").path("name").asText();
          long kept =
              pods.stream()
                  .filter(p -> TestingScheduler.nodeOf(p).equals(name))
                  .filter(p -> priority(p) >= priority(waiting))
                  .mapToLong(TestingScheduler::milliCpu)
                  .sum();
          assertThat(kept + TestingScheduler.milliCpu(waiting))
              .as("%s on %s", waiting, name)
              .isGreaterThan(2_000);
        }
      }
    }
  }

  private static int priority(JsonNode pod) {
    return pod.path("spec").path("priority").asInt();
  }
}
