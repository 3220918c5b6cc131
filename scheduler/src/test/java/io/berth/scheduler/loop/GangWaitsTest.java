package io.berth.scheduler.loop;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.api.resource.Resources;
import io.berth.client.testing.FakeFaults;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Gangs do not wait for ever, and keep nothing from others when their time is over. */
class GangWaitsTest {
  private final TestingScheduler testing = new TestingScheduler(1);

  @Test
  void aGangWhosePodsDoNotComeInTimeIsSaidToBeOverdueUntilItIsPlaced() {
    testing.node("n1", "4", Map.of("zone", "a"));
    testing.start();
    testing.putGroup(TestingScheduler.group("g", 3));
    testing.putMember("a", "1", "g");
    testing.putMember("b", "1", "g");
    testing.advance(Duration.ofSeconds(290));
    assertThat(testing.groupReason("g"))
        .isEqualTo("Unschedulable: pod group default/g needs 3 pods at once, 2 exist");
    String since = testing.groupCondition("g").path("lastTransitionTime").asText();
    assertThat(testing.events("g")).isEmpty();
    testing.advance(Duration.ofSeconds(20));
    String overdue =
        "pod group default/g was not placed within 300s: pod group default/g needs 3 pods at once,"
            + " 2 exist";
    assertThat(testing.groupReason("g")).isEqualTo("TimedOut: " + overdue);
    assertThat(testing.groupCondition("g").path("lastTransitionTime").asText()).isEqualTo(since);
    assertThat(List.of(testing.message("a"), testing.message("b"))).containsOnly(overdue);
    assertThat(testing.events("g")).containsExactly("TimedOut");
    testing.start();
    testing.advance(Duration.ofSeconds(20));
    assertThat(testing.groupReason("g")).isEqualTo("TimedOut: " + overdue);
    assertThat(testing.events("g")).containsExactly("TimedOut");
    testing.putMember("c", "1", "g");
    testing.advance(Duration.ofSeconds(20));
    assertThat(List.of(testing.nodeOf("a"), testing.nodeOf("b"), testing.nodeOf("c")))
        .containsOnly("n1");
    assertThat(testing.groupCondition("g").path("status").asText()).isEqualTo("True");
  }

  @Test
  void aGangThatCannotBeBoundWholeGivesBackInTimeWhatOthersCouldUse() {
    testing.node("n1", "2", Map.of("zone", "a"));
    testing.start();
    testing.putGroup(TestingScheduler.group("g", 2));
    testing.api().faults().unreachable(1_000, FakeFaults.request("POST", "/pods/b/binding"));
    testing.putMember("a", "1", "g");
    testing.putMember("b", "1", "g");
    testing.put(TestingScheduler.pod("single", "1"));
    testing.advance(Duration.ofSeconds(200));
    assertThat(List.of(testing.nodeOf("a"), testing.nodeOf("b"), testing.nodeOf("single")))
        .as("room is kept for the rest of a gang that was begun")
        .containsExactly("n1", "", "");
    assertThat(testing.groupReason("g"))
        .startsWith("Unschedulable: pod default/b could not be bound: ");
    testing.advance(Duration.ofSeconds(200));
    assertThat(testing.groupReason("g"))
        .startsWith("TimedOut: pod group default/g was not placed within");
    assertThat(testing.read("a").path("metadata").has("deletionTimestamp")).isTrue();
    assertThat(testing.read("a").at("/status/conditions").toString()).contains("PodGroupTimedOut");
    assertThat(testing.nodeOf("single")).isEqualTo("n1");
  }

  @Test
  void aGangThatWasPlacedOnceKeepsItsPodsWhateverBecomesOfThoseThatReplaceOthers() {
    testing.node("n1", "2", Map.of("zone", "a"));
    testing.start();
    testing.putGroup(TestingScheduler.group("g", 2));
    testing.putMember("a", "1", "g");
    testing.putMember("b", "1", "g");
    testing.advance(Duration.ofSeconds(5));
    assertThat(testing.groupCondition("g").path("status").asText()).isEqualTo("True");
    testing.start();
    testing.api().remove(Resources.PODS, "default", "b");
    testing.putMember("c", "2", "g");
    testing.advance(Duration.ofMinutes(20));
    assertThat(testing.nodeOf("c")).isEmpty();
    assertThat(testing.read("a").path("metadata").has("deletionTimestamp")).isFalse();
    assertThat(testing.groupCondition("g").path("status").asText()).isEqualTo("True");
  }
}
