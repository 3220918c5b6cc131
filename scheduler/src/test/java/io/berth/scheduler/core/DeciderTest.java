package io.berth.scheduler.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DeciderTest {
  private final ResourceIndex resources = new ResourceIndex();
  private final Decider decider = new Decider(resources);

  private static NodeState node(String name, long milliCpu, long memory) {
    return new NodeState(
        name,
        Map.of("kubernetes.io/hostname", name),
        List.of(),
        false,
        new long[] {milliCpu, memory, 0, 10},
        Amounts.none(),
        List.of());
  }

  private static NodeState tainted(NodeState node, Taint... taints) {
    return new NodeState(
        node.name(),
        node.labels(),
        List.of(taints),
        node.unschedulable(),
        node.allocatable(),
        node.requested(),
        node.hostPorts());
  }

  private static PodRecord pod(long milliCpu, long memory) {
    return pod(milliCpu, memory, Map.of(), List.of());
  }

  private static PodRecord pod(
      long milliCpu, long memory, Map<String, String> selector, List<Toleration> tolerations) {
    return new PodRecord(
        "default",
        "p",
        "uid",
        0,
        new long[] {milliCpu, memory, 0, 1},
        "",
        selector,
        null,
        List.of(),
        tolerations,
        List.of());
  }

  private String message(Snapshot snapshot, PodRecord pod) {
    return ((Decision.Unschedulable) decider.decide(snapshot, pod)).message();
  }

  @Test
  void aPodGoesToTheFullestNodeThatHasRoom() {
    NodeState empty = node("a", 4_000, 1_000);
    NodeState half = node("b", 4_000, 1_000).plus(pod(2_000, 500));
    NodeState full = node("c", 4_000, 1_000).plus(pod(4_000, 500));
    assertThat(decider.decide(new Snapshot(List.of(empty, half, full)), pod(1_000, 100)))
        .isEqualTo(new Decision.Placed("b"));
  }

  @Test
  void tiesGoToTheFirstByName() {
    Snapshot snapshot = new Snapshot(List.of(node("a", 4_000, 1_000), node("b", 4_000, 1_000)));
    assertThat(decider.decide(snapshot, pod(1, 1))).isEqualTo(new Decision.Placed("a"));
  }

  @Test
  void theReasonsAreCountedAsKubernetesWordsThem() {
    Snapshot snapshot =
        new Snapshot(
            List.of(
                node("a", 100, 1_000),
                node("b", 100, 10),
                tainted(node("c", 4_000, 1_000), new Taint("dedicated", "db", "NoSchedule"))));
    assertThat(message(snapshot, pod(500, 100)))
        .isEqualTo(
            "0/3 nodes are available: 1 Insufficient memory,"
                + " 1 node(s) had untolerated taint {dedicated: db}, 2 Insufficient cpu.");
  }

  @Test
  void aClusterWithoutNodesSaysSo() {
    assertThat(message(new Snapshot(List.of()), pod(1, 1)))
        .isEqualTo("no nodes available to schedule pods");
  }

  @Test
  void aToleratedTaintDoesNotForbid() {
    Snapshot snapshot =
        new Snapshot(List.of(tainted(node("a", 100, 100), new Taint("k", "v", "NoExecute"))));
    var byKey = List.of(new Toleration("k", "Exists", "", ""));
    var byValue = List.of(new Toleration("k", "Equal", "v", "NoExecute"));
    var otherValue = List.of(new Toleration("k", "Equal", "w", ""));
    assertThat(decider.decide(snapshot, pod(1, 1, Map.of(), byKey)))
        .isInstanceOf(Decision.Placed.class);
    assertThat(decider.decide(snapshot, pod(1, 1, Map.of(), byValue)))
        .isInstanceOf(Decision.Placed.class);
    assertThat(decider.decide(snapshot, pod(1, 1, Map.of(), otherValue)))
        .isInstanceOf(Decision.Unschedulable.class);
  }

  @Test
  void aNodeWithAnUntoleratedPreferenceIsAvoidedWhileThereIsAnother() {
    NodeState disliked = tainted(node("a", 100, 100), new Taint("k", "", "PreferNoSchedule"));
    assertThat(decider.decide(new Snapshot(List.of(disliked, node("b", 9_000, 9_000))), pod(1, 1)))
        .isEqualTo(new Decision.Placed("b"));
    assertThat(decider.decide(new Snapshot(List.of(disliked)), pod(1, 1)))
        .isEqualTo(new Decision.Placed("a"));
  }

  @Test
  void theNodeSelectorMustMatchEveryLabel() {
    Snapshot snapshot = new Snapshot(List.of(node("a", 100, 100), node("b", 100, 100)));
    Map<String, String> onB = Map.of("kubernetes.io/hostname", "b");
    assertThat(decider.decide(snapshot, pod(1, 1, onB, List.of())))
        .isEqualTo(new Decision.Placed("b"));
    assertThat(message(snapshot, pod(1, 1, Map.of("disk", "ssd"), List.of())))
        .isEqualTo("0/2 nodes are available: 2 node(s) didn't match Pod's node affinity/selector.");
  }

  @Test
  void extendedResourcesAreNamedInTheReason() {
    int gpu = resources.slot("example.com/gpu");
    PodRecord base = pod(1, 1);
    PodRecord wantsGpu =
        new PodRecord(
            "default",
            "p",
            "uid",
            0,
            Amounts.with(base.requests(), gpu, 1),
            "",
            Map.of(),
            null,
            List.of(),
            List.of(),
            List.of());
    assertThat(message(new Snapshot(List.of(node("a", 100, 100))), wantsGpu))
        .isEqualTo("0/1 nodes are available: 1 Insufficient example.com/gpu.");
  }

  @Test
  void requirementsCompareAsTheirOperatorsSay() {
    assertThat(requirement(Requirement.Operator.IN, "a", "b").matches("a")).isTrue();
    assertThat(requirement(Requirement.Operator.IN, "a").matches(null)).isFalse();
    assertThat(requirement(Requirement.Operator.NOT_IN, "a").matches(null)).isTrue();
    assertThat(requirement(Requirement.Operator.NOT_IN, "a").matches("a")).isFalse();
    assertThat(requirement(Requirement.Operator.EXISTS).matches("")).isTrue();
    assertThat(requirement(Requirement.Operator.DOES_NOT_EXIST).matches("x")).isFalse();
    assertThat(requirement(Requirement.Operator.GT, "5").matches("10")).isTrue();
    assertThat(requirement(Requirement.Operator.GT, "5").matches("ten")).isFalse();
    assertThat(requirement(Requirement.Operator.LT, "5").matches("4")).isTrue();
    assertThat(requirement(Requirement.Operator.LT, "5").matches("5")).isFalse();
  }

  private static Requirement requirement(Requirement.Operator operator, String... values) {
    return new Requirement("k", operator, List.of(values));
  }

  @Test
  void aTermWithoutRequirementsMatchesNothing() {
    assertThat(new NodeTerm(List.of(), List.of()).matches(node("a", 1, 1))).isFalse();
  }
}
