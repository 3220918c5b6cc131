package io.berth.scheduler.loop;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.resource.Resources;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Room for gangs, and gangs that others want the room of. */
class GangPreemptionTest {
  private TestingScheduler testing = new TestingScheduler(1);

  private static ObjectNode pod(String name, String cpu, int priority) {
    ObjectNode pod = TestingScheduler.pod(name, cpu);
    pod.withObject("/spec").put("priority", priority);
    return pod;
  }

  private static ObjectNode group(String name, int minCount, int priority) {
    ObjectNode group = TestingScheduler.group(name, minCount);
    group.withObject("/spec").put("priority", priority);
    return group;
  }

  private boolean ending(String name) {
    return testing.read(name).path("metadata").has("deletionTimestamp");
  }

  private String nominated(String name) {
    return testing.read(name).path("status").path("nominatedNodeName").asText("");
  }

  private List<String> nodesOf(String... names) {
    return Stream.of(names).map(testing::nodeOf).toList();
  }

  @Test
  void aGroupsPriorityCountsForItsPods() {
    testing.node("n1", "2");
    testing.start();
    testing.putGroup(group("g", 1, 10));
    testing.create(pod("low", "2", 5));
    testing.putMember("a", "2", "g");
    testing.settle();
    assertThat(ending("low")).isTrue();
    testing.end("low");
    testing.advance(Duration.ofSeconds(5));
    testing.create(pod("middle", "2", 5));
    assertThat(nodesOf("a", "middle")).containsExactly("n1", "");
    assertThat(ending("a")).isFalse();
  }

  @Test
  void aGroupsPriorityCountsForPodsThatWereThereBeforeIt() {
    testing.node("n1", "2");
    testing.start();
    testing.putMember("a", "2", "g");
    testing.create(pod("low", "2", 5));
    testing.putGroup(group("g", 1, 10));
    testing.advance(Duration.ofSeconds(15));
    assertThat(ending("low")).isTrue();
  }

  @Test
  void aPlacedGroupKeepsItsPriorityWhenTheSchedulerStartsAnew() {
    testing.node("n1", "2");
    testing.start();
    testing.putGroup(group("g", 1, 10));
    testing.putMember("a", "2", "g");
    testing.settle();
    testing.start();
    testing.create(pod("middle", "2", 5));
    assertThat(ending("a")).isFalse();
    testing.create(pod("high", "2", 20));
    assertThat(ending("a")).isTrue();
  }

  @Test
  void roomIsMadeForAllOfAGangAtOnce() {
    testing.node("n1", "2");
    testing.node("n2", "1");
    testing.start();
    testing.create(pod("low1", "1", 0));
    testing.create(pod("low2", "1", 0));
    testing.putGroup(group("g", 3, 10));
    for (String name : List.of("a", "b", "c")) {
      testing.putMember(name, "1", "g");
    }
    testing.advance(Duration.ofSeconds(5));
    assertThat(ending("low1") && ending("low2")).isTrue();
    assertThat(Stream.of("a", "b", "c").map(this::nominated)).doesNotContain("");
    testing.create(pod("late", "1", 5));
    assertThat(nodesOf("a", "b", "c", "late")).as("the free room is kept").containsOnly("");
    testing.end("low1");
    testing.advance(Duration.ofSeconds(5));
    assertThat(nodesOf("a", "b", "c", "late")).as("whole or not at all").containsOnly("");
    testing.end("low2");
    testing.advance(Duration.ofSeconds(15));
    assertThat(nodesOf("a", "b", "c")).doesNotContain("");
    assertThat(testing.nodeOf("late")).isEmpty();
  }

  @Test
  void nobodyIsPushedOutForAGangThatIsNotWholeEvenThen() {
    testing.node("n1", "2");
    testing.start();
    testing.create(pod("low1", "1", 0));
    testing.create(pod("equal", "1", 10));
    testing.putGroup(group("g", 2, 10));
    testing.putMember("a", "1", "g");
    testing.putMember("b", "1", "g");
    testing.advance(Duration.ofSeconds(5));
    assertThat(ending("low1") || ending("equal")).isFalse();
    assertThat(nominated("a") + nominated("b")).isEmpty();
  }

  @Test
  void roomIsMadeInOneDomainWhereTheGangKeepsToOne() {
    testing.node("a1", "1", Map.of("zone", "a"));
    testing.node("b1", "2", Map.of("zone", "b"));
    testing.start();
    testing.create(pod("low-a", "1", 0));
    testing.create(pod("low-b", "2", 0));
    testing.putGroup(TestingScheduler.keptTo(group("g", 2, 10), "zone"));
    testing.putMember("a", "1", "g");
    testing.putMember("b", "1", "g");
    testing.advance(Duration.ofSeconds(5));
    String inB = testing.nodeOf("low-a").equals("b1") ? "low-a" : "low-b";
    assertThat(ending(inB)).isTrue();
    assertThat(Stream.of("low-a", "low-b").filter(this::ending)).containsExactly(inB);
  }

  private void whole(String mode) {
    testing.node("n1", "1");
    testing.node("n2", "2");
    testing.start();
    ObjectNode group = group("g", 2, 0);
    group.withObject("/spec").put("disruptionMode", mode);
    testing.putGroup(group);
    testing.putMember("a", "1", "g");
    testing.putMember("b", "1", "g");
    testing.settle();
    testing.create(pod("other", "1", 5));
    testing.create(pod("high", "1", 10));
  }

  @Test
  void aGroupThatLeavesWholeIsOneVictim() {
    whole("PodGroup");
    assertThat(ending("a") && ending("b")).isTrue();
    assertThat(ending("other")).isFalse();
    assertThat(testing.groupCondition("g", "DisruptionTarget").path("reason").asText())
        .isEqualTo("PreemptionByScheduler");
  }

  @Test
  void otherGroupsLoseOnlyThePodsThatAreInTheWay() {
    whole("Pod");
    assertThat(Stream.of("a", "b").filter(this::ending)).hasSize(1);
    assertThat(testing.groupCondition("g", "DisruptionTarget").path("reason").asText()).isEmpty();
  }

  @Test
  void ofAGroupThatLeavesWholeNobodyLeavesForOneThatIsNoMoreImportantThanAllOfIt() {
    testing.node("n1", "1");
    testing.node("n2", "1");
    testing.start();
    ObjectNode group = TestingScheduler.group("g", 2);
    group.withObject("/spec").put("disruptionMode", "PodGroup");
    testing.putGroup(group);
    for (int i = 0; i < 2; i++) {
      ObjectNode member = pod("m" + i, "1", 20 * i);
      member.withObject("/spec/schedulingGroup").put("podGroupName", "g");
      testing.create(member);
    }
    testing.create(pod("high", "1", 10));
    assertThat(ending("m0") || ending("m1")).isFalse();
    testing.create(pod("higher", "1", 30));
    assertThat(ending("m0") && ending("m1")).isTrue();
  }

  /** Gangs that push each other out, and single pods between them. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
  void gangsThatLeaveWholeAreWholeOrNotThereAtAll(long seed) {
    testing = new TestingScheduler(seed);
    Random random = new Random(seed);
    for (int i = 0; i < 3; i++) {
      testing.node("n" + i, "4");
    }
    testing.start();
    Map<String, Integer> least = new HashMap<>();
    int pods = 0;
    for (int g = 0; g < 8; g++) {
      String name = "g" + g;
      int size = 1 + random.nextInt(5);
      least.put(name, 1 + random.nextInt(size));
      ObjectNode group = group(name, least.get(name), random.nextInt(3));
      group.withObject("/spec").put("disruptionMode", "PodGroup");
      testing.putGroup(group);
      for (int i = 0; i < size; i++) {
        testing.putMember("p" + pods++, 250 * (1 + random.nextInt(8)) + "m", name);
        testing.advance(Duration.ofMillis(random.nextInt(800)));
      }
      testing.put(pod("single" + g, 250 * (1 + random.nextInt(8)) + "m", random.nextInt(3)));
      testing.advance(Duration.ofMillis(random.nextInt(2_000)));
      if (random.nextInt(2) == 0) {
        endThoseThatLeave(random);
      }
      if (random.nextInt(4) == 0) {
        testing.start();
      }
    }
    for (int i = 0; i < 20; i++) {
      endThoseThatLeave(random);
      testing.advance(Duration.ofSeconds(15));
    }
    Map<String, Integer> bound = new HashMap<>();
    for (ObjectNode pod : testing.api().list(Resources.PODS, "default")) {
      String group = pod.at("/spec/schedulingGroup/podGroupName").asText("");
      if (!group.isEmpty() && !TestingScheduler.nodeOf(pod).isEmpty()) {
        bound.merge(group, 1, Integer::sum);
      }
    }
    bound.forEach((group, n) -> assertThat(n).as(group).isGreaterThanOrEqualTo(least.get(group)));
    assertThat(bound).isNotEmpty();
    testing.assertNothingIsOverCommitted(node -> 4_000);
  }

  private void endThoseThatLeave(Random random) {
    for (ObjectNode pod : testing.api().list(Resources.PODS, "default")) {
      if (pod.path("metadata").has("deletionTimestamp") && random.nextInt(5) > 0) {
        testing.end(pod.path("metadata").path("name").asText());
      }
    }
  }
}
