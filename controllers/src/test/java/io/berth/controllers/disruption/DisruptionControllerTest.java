package io.berth.controllers.disruption;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.resource.Resources;
import io.berth.controllers.testing.Cluster;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DisruptionControllerTest {
  private final Cluster cluster = new Cluster(1);

  @AfterEach
  void close() {
    cluster.close();
  }

  private void deployment(int replicas) {
    cluster.put(
        Resources.DEPLOYMENTS,
        "{'metadata':{'name':'web','namespace':'ns','generation':1},'spec':{'replicas':%d,"
            + "'selector':{'matchLabels':{'app':'web'}},'template':{'metadata':{'labels':{'app':'web'}},"
            + "'spec':{'containers':[{'name':'c','image':'i'}]}}}}",
        replicas);
    cluster.settle();
    cluster.makeAllReady();
    cluster.settle();
  }

  private void pod(String name) {
    cluster.put(
        Resources.PODS,
        "{'metadata':{'name':'%s','namespace':'ns','labels':{'app':'web'}},'spec':{'containers':[]}}",
        name);
  }

  private void budget(String spec) {
    cluster.put(
        Resources.POD_DISRUPTION_BUDGETS,
        "{'metadata':{'name':'b','namespace':'ns','generation':1},'spec':{%s,"
            + "'selector':{'matchLabels':{'app':'web'}}}}",
        spec);
    cluster.settle();
  }

  private JsonNode status() {
    return cluster.get(Resources.POD_DISRUPTION_BUDGETS, "b").path("status");
  }

  private String counts() {
    JsonNode s = status();
    return s.path("currentHealthy").asInt()
        + " of "
        + s.path("expectedPods").asInt()
        + ", wants "
        + s.path("desiredHealthy").asInt()
        + ", allows "
        + s.path("disruptionsAllowed").asInt();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'minAvailable':2 | 4 of 4, wants 2, allows 2",
        "'minAvailable':'50%' | 4 of 4, wants 2, allows 2",
        "'minAvailable':'51%' | 4 of 4, wants 3, allows 1",
        "'minAvailable':9 | 4 of 4, wants 9, allows 0",
        "'maxUnavailable':1 | 4 of 4, wants 3, allows 1",
        "'maxUnavailable':'30%' | 4 of 4, wants 2, allows 2",
        "'maxUnavailable':9 | 4 of 4, wants 0, allows 4",
      })
  void whatABudgetWantsIsCounted(String spec, String counts) {
    deployment(4);
    budget(spec);
    assertThat(counts()).isEqualTo(counts);
    assertThat(status().path("observedGeneration").asInt()).isEqualTo(1);
  }

  @Test
  void podsThatAreNotReadyOrAreGoingAreNotHealthy() {
    deployment(3);
    budget("'maxUnavailable':1");
    assertThat(counts()).isEqualTo("3 of 3, wants 2, allows 1");
    ObjectNode first = cluster.activePods().getFirst();
    cluster.api.change(
        Resources.PODS,
        "ns",
        Cluster.name(first),
        pod -> pod.withObject("/metadata").put("deletionTimestamp", "2026-01-01T00:00:00Z"));
    cluster.settle();
    assertThat(status().path("disruptionsAllowed").asInt()).isZero();
    assertThat(condition()).isEqualTo("False InsufficientPods");
  }

  private String condition() {
    JsonNode condition = status().path("conditions").path(0);
    return condition.path("status").asText() + " " + condition.path("reason").asText();
  }

  @Test
  void aScaledWorkloadIsCountedAnew() {
    deployment(2);
    budget("'minAvailable':'50%'");
    assertThat(counts()).isEqualTo("2 of 2, wants 1, allows 1");
    cluster.api.change(
        Resources.DEPLOYMENTS,
        "ns",
        "web",
        object -> object.withObject("/spec").put("replicas", 6));
    cluster.settle();
    assertThat(status().path("desiredHealthy").asInt()).isEqualTo(3);
    cluster.makeAllReady();
    cluster.settle();
    assertThat(counts()).isEqualTo("6 of 6, wants 3, allows 3");
  }

  /** The API server writes down whom it evicts; until the pod goes it is counted as gone. */
  @Test
  void anEvictedPodIsNotHealthyUntilItsTimeIsOver() {
    deployment(3);
    budget("'minAvailable':1");
    String pod = Cluster.name(cluster.activePods().getFirst());
    String now = cluster.environment.clock().now().toString();
    cluster.api.change(
        Resources.POD_DISRUPTION_BUDGETS,
        "ns",
        "b",
        budget -> budget.withObject("/status/disruptedPods").put(pod, now));
    cluster.settle();
    assertThat(counts()).isEqualTo("2 of 3, wants 1, allows 1");
    assertThat(status().path("disruptedPods").has(pod)).isTrue();
    cluster.advance(121);
    assertThat(counts()).isEqualTo("3 of 3, wants 1, allows 2");
    assertThat(status().has("disruptedPods")).isFalse();
  }

  @Test
  void ofPodsThatNothingScalesANumberCanBeWantedAndNoPart() {
    pod("alone");
    cluster.makeReady("alone");
    budget("'minAvailable':1");
    assertThat(counts()).isEqualTo("1 of 1, wants 1, allows 0");
    cluster.put(Resources.DAEMON_SETS, "{'metadata':{'name':'d','namespace':'ns'}}");
    String uid = cluster.get(Resources.DAEMON_SETS, "d").path("metadata").path("uid").asText();
    cluster.put(
        Resources.PODS,
        "{'metadata':{'name':'owned','namespace':'ns','labels':{'app':'web'},'ownerReferences':["
            + "{'apiVersion':'apps/v1','kind':'DaemonSet','name':'d','uid':'%s','controller':true}]},"
            + "'spec':{'containers':[]}}",
        uid);
    cluster.api.change(
        Resources.POD_DISRUPTION_BUDGETS,
        "ns",
        "b",
        budget -> budget.withObject("/spec").put("minAvailable", "50%"));
    cluster.settle();
    assertThat(condition()).isEqualTo("False SyncFailed");
    assertThat(status().path("disruptionsAllowed").asInt()).isZero();
    assertThat(cluster.events("b"))
        .contains(
            "CalculateExpectedPodCountFailed: Failed to calculate the number of expected pods:"
                + " daemonsets.apps does not implement the scale subresource");
  }

  @Test
  void aBudgetAtRestIsNotWrittenAgain() {
    deployment(3);
    budget("'minAvailable':1");
    long writes = cluster.writes();
    cluster.advance(600);
    assertThat(cluster.writes()).isEqualTo(writes);
  }
}
