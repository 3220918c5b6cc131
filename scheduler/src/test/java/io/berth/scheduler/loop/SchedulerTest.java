package io.berth.scheduler.loop;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.resource.Resources;
import io.berth.client.testing.FakeFaults;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SchedulerTest {
  private TestingScheduler testing = new TestingScheduler(1);

  private void create(String name, String cpu) {
    testing.put(TestingScheduler.pod(name, cpu));
  }

  @Test
  void aPodIsBoundAndAnEventSaysWhere() {
    testing.node("n1", "4");
    testing.start();
    create("a", "1");
    testing.advance(Duration.ofMillis(100));
    assertThat(testing.nodeOf("a")).isEqualTo("n1");
    assertThat(testing.api().list(Resources.EVENTS, "default"))
        .anySatisfy(
            event -> {
              assertThat(event.path("reason").asText()).isEqualTo("Scheduled");
              assertThat(event.path("message").asText())
                  .isEqualTo("Successfully assigned default/a to n1");
            });
  }

  @Test
  void aPodThatFitsNowhereSaysWhyAndIsBoundOnceANodeComes() {
    testing.node("n1", "1");
    testing.start();
    create("big", "2");
    testing.advance(Duration.ofMillis(100));
    assertThat(testing.nodeOf("big")).isEmpty();
    assertThat(testing.scheduled("big").path("reason").asText()).isEqualTo("Unschedulable");
    assertThat(testing.message("big"))
        .isEqualTo(
            "0/1 nodes are available: 1 Insufficient cpu. preemption: 0/1 nodes are available:"
                + " 1 Preemption is not helpful for scheduling. It would help: 1 more cpu on n1.");
    testing.node("n2", "4");
    testing.advance(Duration.ofSeconds(2));
    assertThat(testing.nodeOf("big")).isEqualTo("n2");
  }

  @Test
  void aPodThatFitsNowhereIsNotTriedAgainWhileNothingHelps() {
    testing.node("n1", "1");
    testing.start();
    create("big", "2");
    testing.advance(Duration.ofMillis(100));
    int writes = testing.api().writes().size();
    testing.advance(Duration.ofHours(1));
    assertThat(testing.api().writes()).hasSize(writes);
  }

  @Test
  void whatOthersSayInAWaitingPodsStatusIsNoReasonToTryItAgain() {
    testing.node("n1", "1");
    testing.start();
    testing.create(TestingScheduler.pod("big", "2"));
    int writes = testing.api().writes().size();
    ObjectNode pod = testing.read("big").deepCopy();
    pod.withObject("/status").put("message", "hello").put("nominatedNodeName", "n1");
    testing.create(pod);
    testing.advance(Duration.ofMinutes(1));
    assertThat(testing.api().writes()).hasSize(writes);
  }

  @Test
  void aDeletedPodMakesRoomForOneThatWaits() {
    testing.node("n1", "1");
    testing.start();
    create("first", "1");
    testing.advance(Duration.ofMillis(100));
    create("second", "1");
    testing.advance(Duration.ofSeconds(5));
    assertThat(testing.nodeOf("second")).isEmpty();
    testing.api().remove(Resources.PODS, "default", "first");
    testing.advance(Duration.ofSeconds(5));
    assertThat(testing.nodeOf("second")).isEqualTo("n1");
  }

  @Test
  void podsOfOtherSchedulersAndGatedPodsAreLeftAlone() {
    testing.node("n1", "4");
    testing.start();
    ObjectNode other = TestingScheduler.pod("other", "1");
    ((ObjectNode) other.path("spec")).put("schedulerName", "mine");
    testing.put(other);
    ObjectNode gated = TestingScheduler.pod("gated", "1");
    ((ObjectNode) gated.path("spec")).putArray("schedulingGates").addObject().put("name", "g");
    testing.put(gated);
    testing.advance(Duration.ofSeconds(1));
    assertThat(testing.nodeOf("other")).isEmpty();
    assertThat(testing.nodeOf("gated")).isEmpty();
  }

  @Test
  void aDemandThatCannotBeMetYetIsNamedOnThePod() {
    testing.node("n1", "4");
    testing.start();
    ObjectNode pod = TestingScheduler.pod("claiming", "1");
    ((ObjectNode) pod.path("spec")).putArray("resourceClaims").addObject().put("name", "c");
    testing.put(pod);
    testing.advance(Duration.ofSeconds(1));
    assertThat(testing.nodeOf("claiming")).isEmpty();
    assertThat(testing.scheduled("claiming").path("reason").asText()).isEqualTo("NotSupported");
    assertThat(testing.message("claiming")).contains("spec.resourceClaims");
    assertThat(testing.api().list(Resources.EVENTS, "default"))
        .singleElement()
        .satisfies(event -> assertThat(event.path("count").asInt()).isEqualTo(1));
  }

  @Test
  void aLostReplyOfABindingCountsThePodOnce() {
    testing.node("n1", "2");
    testing.start();
    testing.api().faults().lostReply(1, FakeFaults.request("POST", "/binding"));
    create("a", "1");
    create("b", "1");
    create("c", "1");
    testing.advance(Duration.ofSeconds(30));
    assertThat(List.of(testing.nodeOf("a"), testing.nodeOf("b"), testing.nodeOf("c")))
        .containsExactly("n1", "n1", "");
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20})
  void noNodeIsOverCommittedAndNoPodThatFitsIsForgotten(long seed) {
    testing = new TestingScheduler(seed);
    Random random = new Random(seed);
    int nodes = 1 + random.nextInt(4);
    for (int i = 0; i < nodes; i++) {
      testing.node("n" + i, "2");
    }
    testing.start();
    for (int step = 0; step < 60; step++) {
      faults(random);
      int action = random.nextInt(10);
      if (action < 6) {
        create("p" + step, 100 * (1 + random.nextInt(9)) + "m");
      } else if (action < 8) {
        testing.api().remove(Resources.PODS, "default", "p" + random.nextInt(step + 1));
      } else if (action == 8) {
        testing.api().cutWatches();
      } else if (random.nextInt(4) == 0) {
        testing.start();
      }
      testing.advance(Duration.ofMillis(random.nextInt(1_500)));
      testing.assertNothingIsOverCommitted(node -> 2_000);
    }
    testing.api().faults().clear();
    testing.advance(Duration.ofMinutes(2));
    testing.assertNothingIsOverCommitted(node -> 2_000);
    assertNoWaitingPodFits();
  }

  private void faults(Random random) {
    switch (random.nextInt(8)) {
      case 0 -> testing.api().faults().lostReply(1, FakeFaults.request("POST", "/binding"));
      case 1 -> testing.api().faults().unreachable(1, FakeFaults.request("POST", "/binding"));
      case 2 -> testing.api().faults().unreachable(2, FakeFaults.request("GET", "/pods"));
      default -> {}
    }
  }

  private void assertNoWaitingPodFits() {
    Map<String, Long> used = testing.used();
    for (ObjectNode pod : testing.api().list(Resources.PODS, "default")) {
      if (TestingScheduler.nodeOf(pod).isEmpty()) {
        for (ObjectNode node : testing.api().list(Resources.NODES, "")) {
          long free = 2_000 - used.getOrDefault(node.path("metadata").path("name").asText(), 0L);
          assertThat(TestingScheduler.milliCpu(pod)).as(pod.toString()).isGreaterThan(free);
        }
      }
    }
  }
}
