package io.berth.controllers.node;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.resource.Resources;
import io.berth.controllers.ControllersConfig;
import io.berth.controllers.object.Reading;
import io.berth.controllers.testing.Cluster;
import io.berth.controllers.testing.Objects;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class NodeControllersTest {
  private Cluster cluster = new Cluster(1);

  @AfterEach
  void close() {
    cluster.close();
  }

  private void node(String name) {
    cluster.put(
        Resources.NODES,
        "{'metadata':{'name':'%s'},'spec':{},'status':{'conditions':[{'type':'Ready','status':"
            + "'True','lastHeartbeatTime':'2026-01-01T00:00:00Z'}]}}",
        name);
    renew(name);
    cluster.settle();
  }

  private void renew(String node) {
    cluster.put(
        Resources.LEASES,
        "{'metadata':{'name':'%s','namespace':'kube-node-lease'},'spec':{'renewTime':'%s'}}",
        node,
        cluster.environment.clock().now());
  }

  private void pod(String name, String node, String tolerations) {
    cluster.put(
        Resources.PODS,
        "{'metadata':{'name':'%s','namespace':'ns'},'spec':{'nodeName':'%s','tolerations':[%s]},"
            + "'status':{'phase':'Running','conditions':[{'type':'Ready','status':'True'}]}}",
        name,
        node,
        tolerations);
    cluster.settle();
  }

  private JsonNode ready(String node) {
    return Reading.condition(
        cluster.get(Resources.NODES, node).path("status").path("conditions"), "Ready");
  }

  private List<String> taints(String node) {
    return cluster
        .get(Resources.NODES, node)
        .path("spec")
        .path("taints")
        .valueStream()
        .map(t -> t.path("key").asText() + ":" + t.path("effect").asText())
        .sorted()
        .toList();
  }

  @Test
  void aSilentNodeIsLostAfterTheGracePeriod() {
    node("n1");
    pod("p", "n1", "{'operator':'Exists'}");
    cluster.advance(35);
    assertThat(ready("n1").path("status").asText()).isEqualTo("True");
    cluster.advance(10);
    assertThat(ready("n1").path("status").asText()).isEqualTo("Unknown");
    assertThat(ready("n1").path("reason").asText()).isEqualTo("NodeStatusUnknown");
    assertThat(ready("n1").path("message").asText())
        .isEqualTo("Kubelet stopped posting node status.");
    assertThat(taints("n1"))
        .containsExactly(
            "node.kubernetes.io/unreachable:NoExecute",
            "node.kubernetes.io/unreachable:NoSchedule");
    assertThat(
            Reading.condition(
                    cluster.get(Resources.PODS, "p").path("status").path("conditions"), "Ready")
                .path("status")
                .asText())
        .isEqualTo("False");
    assertThat(cluster.events("n1")).contains("NodeNotReady: Node n1 status is now: NodeNotReady");
    long before = cluster.writes();
    cluster.advance(300);
    assertThat(cluster.writes()).isEqualTo(before);
  }

  @Test
  void aNodeThatRenewsItsLeaseStays() {
    node("n1");
    long before = cluster.writes();
    for (int i = 0; i < 20; i++) {
      renew("n1");
      cluster.advance(10);
    }
    assertThat(cluster.writes()).isEqualTo(before);
    assertThat(taints("n1")).isEmpty();
  }

  @Test
  void aCopyThatIsBehindCostsNoNode() {
    node("n1");
    cluster.api.holdWatches();
    for (int i = 0; i < 10; i++) {
      renew("n1");
      cluster.advance(10);
    }
    assertThat(ready("n1").path("status").asText()).isEqualTo("True");
  }

  @Test
  void aNodeThatReturnsIsRidOfItsTaints() {
    node("n1");
    cluster.advance(60);
    renew("n1");
    cluster.api.change(
        Resources.NODES,
        "",
        "n1",
        o ->
            o.withObject("/status")
                .set(
                    "conditions",
                    Objects.tree("{'c':[{'type':'Ready','status':'True','lastHeartbeatTime':'x'}]}")
                        .get("c")));
    cluster.settle();
    assertThat(taints("n1")).isEmpty();
  }

  @Test
  void conditionsAndCordonsBecomeTaints() {
    node("n1");
    cluster.api.change(
        Resources.NODES,
        "",
        "n1",
        o -> {
          o.withObject("/spec").put("unschedulable", true);
          o.withObject("/spec")
              .putArray("taints")
              .add(Objects.tree("{'key':'mine','effect':'NoSchedule'}"));
          ((ObjectNode) o.path("status").path("conditions").path(0)).put("status", "False");
          o.withObject("/status")
              .withArray("conditions")
              .add(Objects.tree("{'type':'DiskPressure','status':'True'}"));
        });
    cluster.settle();
    assertThat(taints("n1"))
        .containsExactly(
            "mine:NoSchedule",
            "node.kubernetes.io/disk-pressure:NoSchedule",
            "node.kubernetes.io/not-ready:NoExecute",
            "node.kubernetes.io/not-ready:NoSchedule",
            "node.kubernetes.io/unschedulable:NoSchedule");
  }

  @Test
  void podsLeaveATaintedNodeAsTheyTolerateIt() {
    node("n1");
    pod("now", "n1", "");
    pod("later", "n1", "{'key':'k','operator':'Exists','tolerationSeconds':30}");
    pod("never", "n1", "{'key':'k','operator':'Exists'}");
    cluster.api.change(
        Resources.NODES,
        "",
        "n1",
        o ->
            o.withObject("/spec")
                .putArray("taints")
                .add(Objects.tree("{'key':'k','effect':'NoExecute'}")));
    renew("n1");
    cluster.settle();
    assertThat(cluster.activePods()).extracting(Cluster::name).containsExactly("later", "never");
    assertThat(cluster.events("now"))
        .contains("TaintManagerEviction: Marking for deletion Pod ns/now");
    renew("n1");
    cluster.advance(27);
    assertThat(cluster.activePods()).hasSize(2);
    cluster.advance(5);
    assertThat(cluster.activePods()).extracting(Cluster::name).containsExactly("never");
  }

  @Test
  void aTaintThatIsTakenAwayInTimeEvictsNobody() {
    node("n1");
    pod("later", "n1", "{'key':'k','operator':'Exists','tolerationSeconds':30}");
    cluster.api.change(
        Resources.NODES,
        "",
        "n1",
        o -> o.set("spec", Objects.tree("{'taints':[{'key':'k','effect':'NoExecute'}]}")));
    cluster.advance(20);
    cluster.api.change(Resources.NODES, "", "n1", o -> o.set("spec", Objects.tree("{}")));
    renew("n1");
    cluster.advance(30);
    assertThat(cluster.activePods()).hasSize(1);
  }

  @Test
  void podsOfANodeThatIsGoneAreRemoved() {
    node("n1");
    pod("p", "n1", "");
    pod("q", "other", "");
    cluster.api.remove(Resources.NODES, "", "n1");
    cluster.advance(30);
    assertThat(cluster.pods()).hasSize(2);
    cluster.advance(60);
    assertThat(cluster.pods()).isEmpty();
  }

  @Test
  void podsThatEndedLongAgoAreRemoved() {
    cluster.close();
    Duration grace = Duration.ofSeconds(40);
    cluster = new Cluster(1, new ControllersConfig(1, 1, 1, 1, grace, grace, 2, "", List.of()));
    for (int i = 0; i < 5; i++) {
      cluster.put(
          Resources.PODS,
          "{'metadata':{'name':'p%d','namespace':'ns','creationTimestamp':"
              + "'2026-01-01T00:00:0%dZ'},'status':{'phase':'Succeeded'}}",
          i,
          i);
    }
    cluster.advance(30);
    assertThat(cluster.pods()).extracting(Cluster::name).containsExactly("p3", "p4");
  }

  @Test
  void everyLoopIsSeenToLive() {
    assertThat(cluster.controllers.health())
        .containsKeys("replicaset", "namespace", "token-cleaner");
    assertThat(cluster.controllers.health().values()).containsOnly(true);
    assertThat(cluster.controllers.running()).isTrue();
    assertThat(cluster.metrics.get("workqueue.adds").tag("name", "replicaset").counter().count())
        .isZero();
    assertThat(
            cluster.metrics.get("controller.loop.alive").tag("name", "replicaset").gauge().value())
        .isOne();
  }

  @Test
  void aServerThatIsAwayForAWhileIsBorne() {
    node("n1");
    cluster.api.faults().unreachable(40, r -> true);
    cluster.api.cutWatches();
    cluster.advance(120);
    cluster.api.faults().clear();
    renew("n1");
    cluster.advance(30);
    assertThat(cluster.controllers.health().values()).containsOnly(true);
  }
}
