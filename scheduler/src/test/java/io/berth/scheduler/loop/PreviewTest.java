package io.berth.scheduler.loop;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What is said of pods that nobody has created is what would become of them. */
class PreviewTest {
  private final TestingScheduler testing = new TestingScheduler(1);

  private static ObjectNode pod(String name, String cpu, int priority) {
    ObjectNode pod = TestingScheduler.pod(name, cpu);
    pod.withObject("/spec").put("priority", priority);
    pod.withObject("/metadata").put("uid", "uid-of-" + name);
    return pod;
  }

  private static ObjectNode member(String name, String cpu) {
    ObjectNode pod = pod(name, cpu, 0);
    pod.withObject("/spec/schedulingGroup").put("podGroupName", "g");
    return pod;
  }

  @Test
  void aPodGoesToANodeOrWaits() {
    testing.node("n1", "2");
    testing.start();
    assertThat(testing.preview(pod("p", "1", 0))).isEqualTo("would go to node n1 as things are");
    assertThat(testing.preview(pod("p", "3", 0)))
        .isEqualTo(
            "would wait for a node: 0/1 nodes are available: 1 Insufficient cpu. It would help: 1"
                + " more cpu on n1.");
    ObjectNode others = pod("p", "1", 0);
    others.withObject("/spec").put("schedulerName", "another");
    assertThat(testing.preview(others)).isNull();
  }

  @Test
  void whatKeepsAPodFromBeingDecidedIsSaid() {
    testing.node("n1", "2");
    testing.start();
    ObjectNode gated = pod("p", "1", 0);
    gated.withObject("/spec").putArray("schedulingGates").addObject().put("name", "quota");
    assertThat(testing.preview(gated))
        .isEqualTo("would wait: its scheduling gates have yet to be removed: quota");
    ObjectNode asking = pod("p", "1", 0);
    asking.withObject("/spec").putArray("resourceClaims").addObject().put("name", "gpu");
    assertThat(testing.preview(asking))
        .isEqualTo("would wait: spec.resourceClaims: this scheduler cannot act on it");
  }

  @Test
  void thoseThatWouldHaveToLeaveAreNamedAndStay() {
    testing.node("n1", "2");
    testing.start();
    testing.create(pod("low", "2", 0));
    assertThat(testing.preview(pod("high", "1", 10)))
        .isEqualTo("would go to node n1 once pods of lower priority have left it: default/low");
    testing.settle();
    assertThat(testing.read("low").path("metadata").has("deletionTimestamp")).isFalse();
    testing.create(pod("later", "2", 10));
    assertThat(testing.read("low").path("metadata").has("deletionTimestamp")).isTrue();
  }

  @Test
  void aPodOfAGroupGoesWithItOrWaits() {
    testing.node("n1", "2");
    testing.start();
    assertThat(testing.preview(member("a", "1")))
        .isEqualTo("would wait: pod group default/g not found");
    testing.putGroup(TestingScheduler.group("g", 2));
    testing.settle();
    assertThat(testing.preview(member("a", "1")))
        .isEqualTo("would wait: pod group default/g needs 2 pods at once, 1 exist");
    testing.create(member("a", "1"));
    assertThat(testing.preview(member("b", "1500m")))
        .startsWith(
            "would wait: of the 2 pods that pod group default/g needs at once 1 can be placed: 0/1"
                + " nodes are available: 1 Insufficient cpu.");
    assertThat(testing.preview(member("b", "1")))
        .isEqualTo("would go to node n1 with its pod group, as things are");
    testing.advance(Duration.ofSeconds(30));
    assertThat(testing.nodeOf("a")).isEmpty();
    testing.create(pod("single", "2", 0));
    assertThat(testing.nodeOf("single")).isEqualTo("n1");
  }
}
