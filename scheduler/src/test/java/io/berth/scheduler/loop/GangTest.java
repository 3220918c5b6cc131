package io.berth.scheduler.loop;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.resource.Resources;
import io.berth.client.testing.FakeFaults;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Pods of a group are placed whole or not at all. */
class GangTest {
  private TestingScheduler testing = new TestingScheduler(1);

  @Test
  void aGangThatFitsIsPlacedOnceAllOfItIsThere() {
    testing.node("n1", "2", Map.of("zone", "a"));
    testing.node("n2", "2", Map.of("zone", "b"));
    testing.start();
    testing.putGroup(TestingScheduler.group("g", 3));
    testing.putMember("a", "1", "g");
    testing.putMember("b", "1", "g");
    testing.advance(Duration.ofSeconds(5));
    assertThat(List.of(testing.nodeOf("a"), testing.nodeOf("b"))).containsOnly("");
    assertThat(testing.message("a")).isEqualTo("pod group default/g needs 3 pods at once, 2 exist");
    testing.putMember("c", "1", "g");
    testing.advance(Duration.ofSeconds(15));
    assertThat(List.of(testing.nodeOf("a"), testing.nodeOf("b"), testing.nodeOf("c")))
        .doesNotContain("");
    assertThat(testing.groupCondition("g").path("status").asText()).isEqualTo("True");
  }

  @Test
  void aGangOfWhichTooFewFitHoldsNoRoom() {
    testing.node("n1", "2", Map.of("zone", "a"));
    testing.start();
    testing.putGroup(TestingScheduler.group("g", 3));
    for (String name : List.of("a", "b", "c")) {
      testing.putMember(name, "1", "g");
    }
    testing.advance(Duration.ofSeconds(5));
    assertThat(List.of(testing.nodeOf("a"), testing.nodeOf("b"), testing.nodeOf("c")))
        .containsOnly("");
    assertThat(testing.groupCondition("g").path("status").asText()).isEqualTo("False");
    assertThat(testing.message("a"))
        .startsWith("of the 3 pods that pod group default/g needs at once 2 can be placed: ");
    testing.put(TestingScheduler.pod("single", "2"));
    testing.advance(Duration.ofSeconds(5));
    assertThat(testing.nodeOf("single")).isEqualTo("n1");
    testing.node("n2", "4", Map.of("zone", "a"));
    testing.advance(Duration.ofSeconds(15));
    assertThat(List.of(testing.nodeOf("a"), testing.nodeOf("b"), testing.nodeOf("c")))
        .containsOnly("n2");
  }

  @Test
  void aPodWaitsForAGroupThatNobodyHasMade() {
    testing.node("n1", "2", Map.of("zone", "a"));
    testing.start();
    testing.putMember("a", "1", "g");
    testing.advance(Duration.ofSeconds(5));
    assertThat(testing.message("a")).isEqualTo("pod group default/g not found");
    testing.putGroup(TestingScheduler.group("g", 1));
    testing.advance(Duration.ofSeconds(5));
    assertThat(testing.nodeOf("a")).isEqualTo("n1");
  }

  @Test
  void aGangThatMustBeTogetherGoesToADomainThatTakesAllOfIt() {
    testing.node("a1", "2", Map.of("zone", "a"));
    testing.node("b1", "1", Map.of("zone", "b"));
    testing.node("b2", "2", Map.of("zone", "b"));
    testing.start();
    ObjectNode group = TestingScheduler.group("g", 3);
    ((ObjectNode) group.path("spec"))
        .putObject("schedulingConstraints")
        .putArray("topology")
        .addObject()
        .put("key", "zone");
    testing.putGroup(group);
    for (String name : List.of("a", "b", "c")) {
      testing.putMember(name, "1", "g");
    }
    testing.advance(Duration.ofSeconds(5));
    assertThat(List.of(testing.nodeOf("a"), testing.nodeOf("b"), testing.nodeOf("c")))
        .allMatch(n -> n.startsWith("b"));
  }

  @Test
  void aGangOfWhichTooFewFitSaysWhatKeepsTheRestAwayBesideThoseThatFit() {
    testing.node("n1", "2", Map.of("zone", "a"));
    testing.start();
    testing.putGroup(TestingScheduler.group("g", 3));
    for (String name : List.of("a", "b", "c")) {
      testing.putMember(name, "1", "g");
    }
    testing.advance(Duration.ofSeconds(5));
    assertThat(testing.message("a"))
        .isEqualTo(
            "of the 3 pods that pod group default/g needs at once 2 can be placed: 0/1 nodes are"
                + " available: 1 Insufficient cpu. It would help: 1 more cpu on n1.");
  }

  @Test
  void podsThatComeLaterGoWhereTheirGroupIs() {
    testing.node("a1", "1", Map.of("zone", "a"));
    testing.node("b1", "2", Map.of("zone", "b"));
    testing.start();
    testing.putGroup(TestingScheduler.keptTo(TestingScheduler.group("g", 2), "zone"));
    testing.putMember("a", "1", "g");
    testing.putMember("b", "1", "g");
    testing.advance(Duration.ofSeconds(5));
    assertThat(List.of(testing.nodeOf("a"), testing.nodeOf("b"))).containsOnly("b1");
    testing.putMember("late", "1", "g");
    testing.advance(Duration.ofSeconds(5));
    assertThat(testing.message("late"))
        .endsWith(
            "within zone=b 0/2 nodes are available: 1 Insufficient cpu, 1 node(s) were out of the"
                + " pod group's domain. It would help: 1 more cpu on b1.");
    testing.node("b2", "1", Map.of("zone", "b"));
    testing.advance(Duration.ofSeconds(15));
    assertThat(testing.nodeOf("late")).isEqualTo("b2");
  }

  @Test
  void podsOfAGroupThatIsNoGangKeepTogetherToo() {
    testing.node("a1", "1", Map.of("zone", "a"));
    testing.node("b1", "2", Map.of("zone", "b"));
    testing.start();
    ObjectNode group = TestingScheduler.keptTo(TestingScheduler.group("g", 1), "zone");
    ((ObjectNode) group.path("spec")).putObject("schedulingPolicy").putObject("basic");
    testing.putGroup(group);
    for (String name : List.of("a", "b", "c")) {
      testing.putMember(name, "1", "g");
      testing.advance(Duration.ofSeconds(5));
    }
    assertThat(testing.nodeOf("a")).isEqualTo("a1");
    assertThat(List.of(testing.nodeOf("b"), testing.nodeOf("c"))).containsOnly("");
    assertThat(testing.message("b"))
        .startsWith("within zone=a 0/2 nodes are available: 1 Insufficient");
  }

  @Test
  void whatAGroupAsksForAndNobodyCanDoIsNamedOnItAndOnItsPods() {
    testing.node("n1", "2", Map.of("zone", "a"));
    testing.start();
    ObjectNode group = TestingScheduler.group("g", 1);
    ((ObjectNode) group.path("spec"))
        .putArray("resourceClaims")
        .addObject()
        .put("name", "gpu")
        .put("resourceClaimName", "shared");
    testing.putGroup(group);
    testing.putMember("a", "1", "g");
    testing.advance(Duration.ofSeconds(5));
    assertThat(testing.nodeOf("a")).isEmpty();
    assertThat(testing.read("a").at("/status/conditions/0/reason").asText())
        .isEqualTo("NotSupported");
    assertThat(testing.message("a"))
        .isEqualTo("pod group default/g: spec.resourceClaims: this scheduler cannot act on it");
    assertThat(testing.groupReason("g"))
        .isEqualTo("NotSupported: spec.resourceClaims: this scheduler cannot act on it");
    assertThat(testing.events("g")).containsExactly("NotSupported");
  }

  /** Two gangs that would each fit alone must not hold each other up with half of their pods. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
  void everyGangIsWholeOrNotThereAtAll(long seed) {
    testing = new TestingScheduler(seed);
    Random random = new Random(seed);
    for (int i = 0; i < 3; i++) {
      testing.node("n" + i, "4", Map.of("zone", "z" + i % 2));
    }
    testing.start();
    Map<String, Integer> least = new HashMap<>();
    int pods = 0;
    for (int g = 0; g < 6; g++) {
      String group = "g" + g;
      int size = 1 + random.nextInt(6);
      least.put(group, 1 + random.nextInt(size));
      int when = random.nextInt(size + 1);
      for (int i = 0; i < size; i++) {
        if (i == when) {
          testing.putGroup(TestingScheduler.group(group, least.getOrDefault(group, 1)));
        }
        testing.putMember("p" + pods++, 250 * (1 + random.nextInt(8)) + "m", group);
        faults(random);
        testing.advance(Duration.ofMillis(random.nextInt(800)));
      }
      if (when == size) {
        testing.putGroup(TestingScheduler.group(group, least.getOrDefault(group, 1)));
      }
      if (random.nextInt(3) == 0) {
        testing.api().cutWatches();
      }
      if (random.nextInt(3) == 0) {
        testing.start();
      }
      if (random.nextInt(4) == 0) {
        testing.node("more" + g, "2", Map.of("zone", "z1"));
      }
    }
    testing.api().faults().clear();
    testing.advance(Duration.ofMinutes(2));
    assertWhole(least);
    testing.assertNothingIsOverCommitted(node -> node.startsWith("more") ? 2_000 : 4_000);
  }

  private void faults(Random random) {
    switch (random.nextInt(8)) {
      case 0 -> testing.api().faults().lostReply(1, FakeFaults.request("POST", "/binding"));
      case 1 -> testing.api().faults().unreachable(1, FakeFaults.request("POST", "/binding"));
      default -> {}
    }
  }

  private void assertWhole(Map<String, Integer> least) {
    Map<String, Integer> bound = new HashMap<>();
    for (ObjectNode pod : testing.api().list(Resources.PODS, "default")) {
      if (!TestingScheduler.nodeOf(pod).isEmpty()) {
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
}
