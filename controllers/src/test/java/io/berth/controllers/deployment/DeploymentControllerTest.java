package io.berth.controllers.deployment;

import static io.berth.client.testing.FakeFaults.request;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.resource.Resources;
import io.berth.controllers.testing.Cluster;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class DeploymentControllerTest {
  private final Cluster cluster = new Cluster(1);

  @AfterEach
  void close() {
    cluster.close();
  }

  private void deploy(int replicas, String image, String more) {
    cluster.put(
        Resources.DEPLOYMENTS,
        "{'metadata':{'name':'web','namespace':'ns'},'spec':{'replicas':%d,"
            + "'selector':{'matchLabels':{'app':'web'}},'template':{'metadata':{'labels':"
            + "{'app':'web'}},'spec':{'containers':[{'name':'c','image':'%s'}]}}%s}}",
        replicas,
        image,
        more);
    cluster.settle();
  }

  private void change(java.util.function.Consumer<ObjectNode> spec) {
    cluster.api.change(
        Resources.DEPLOYMENTS,
        "ns",
        "web",
        o -> {
          spec.accept((ObjectNode) o.get("spec"));
          ObjectNode metadata = (ObjectNode) o.get("metadata");
          metadata.put("generation", metadata.path("generation").asInt() + 1);
        });
    cluster.settle();
  }

  private void image(String image) {
    change(
        spec ->
            ((ObjectNode) spec.path("template").path("spec").path("containers").path(0))
                .put("image", image));
  }

  private List<ObjectNode> sets() {
    return cluster.api.list(Resources.REPLICA_SETS, "ns");
  }

  private JsonNode deployment() {
    return cluster.get(Resources.DEPLOYMENTS, "web");
  }

  private String condition(String type) {
    for (JsonNode condition : deployment().path("status").path("conditions")) {
      if (condition.path("type").asText().equals(type)) {
        return condition.path("status").asText()
            + " "
            + condition.path("reason").asText()
            + " "
            + condition.path("message").asText();
      }
    }
    return "";
  }

  private void rollOn() {
    for (int i = 0; i < 20; i++) {
      cluster.makeAllReady();
    }
  }

  @Test
  void aNewDeploymentMakesOneReplicaSet() {
    deploy(3, "v1", "");
    assertThat(sets()).hasSize(1);
    ObjectNode set = sets().getFirst();
    String hash =
        set.path("spec").path("selector").path("matchLabels").path("pod-template-hash").asText();
    assertThat(Cluster.name(set)).isEqualTo("web-" + hash);
    assertThat(set.path("metadata").path("labels").path("pod-template-hash").asText())
        .isEqualTo(hash);
    JsonNode annotations = set.path("metadata").path("annotations");
    assertThat(annotations.path("deployment.kubernetes.io/revision").asText()).isEqualTo("1");
    assertThat(annotations.path("deployment.kubernetes.io/desired-replicas").asText())
        .isEqualTo("3");
    assertThat(annotations.path("deployment.kubernetes.io/max-replicas").asText()).isEqualTo("4");
    assertThat(
            deployment()
                .path("metadata")
                .path("annotations")
                .path("deployment.kubernetes.io/revision")
                .asText())
        .isEqualTo("1");
    assertThat(cluster.events("web"))
        .containsExactly(
            "ScalingReplicaSet: Scaled up replica set " + Cluster.name(set) + " from 0 to 3");
    assertThat(condition("Available"))
        .isEqualTo(
            "False MinimumReplicasUnavailable Deployment does not have minimum availability.");
    cluster.makeAllReady();
    assertThat(condition("Available"))
        .isEqualTo("True MinimumReplicasAvailable Deployment has minimum availability.");
    assertThat(condition("Progressing"))
        .isEqualTo(
            "True NewReplicaSetAvailable ReplicaSet \""
                + Cluster.name(set)
                + "\" has successfully progressed.");
    assertThat(deployment().path("status").path("availableReplicas").asInt()).isEqualTo(3);
    assertThat(deployment().path("status").path("observedGeneration").asInt()).isEqualTo(1);
  }

  @Test
  void aRolloutReplacesEveryPodAndItsHistoryIsKept() {
    deploy(4, "v1", "");
    rollOn();
    image("v2");
    rollOn();
    assertThat(sets()).hasSize(2);
    assertThat(cluster.activePods()).hasSize(4);
    assertThat(cluster.activePods())
        .allSatisfy(
            pod ->
                assertThat(pod.path("spec").path("containers").path(0).path("image").asText())
                    .isEqualTo("v2"));
    image("v1"); // what an undo does
    rollOn();
    assertThat(sets()).hasSize(2);
    ObjectNode first =
        sets().stream().filter(s -> s.toString().contains("\"v1\"")).findFirst().orElseThrow();
    JsonNode annotations = first.path("metadata").path("annotations");
    assertThat(annotations.path("deployment.kubernetes.io/revision").asText()).isEqualTo("3");
    assertThat(annotations.path("deployment.kubernetes.io/revision-history").asText())
        .isEqualTo("1");
    assertThat(deployment().path("status").path("updatedReplicas").asInt()).isEqualTo(4);
  }

  @Test
  void aFinishedDeploymentIsLeftAlone() {
    deploy(2, "v1", "");
    rollOn();
    long before = cluster.writes();
    cluster.advance(700);
    assertThat(cluster.writes()).isEqualTo(before);
  }

  @Test
  void recreateEndsTheOldPodsFirst() {
    deploy(2, "v1", ",'strategy':{'type':'Recreate'}");
    rollOn();
    // Pods on a node end slowly.
    cluster
        .activePods()
        .forEach(
            p ->
                cluster.api.change(
                    Resources.PODS,
                    "ns",
                    Cluster.name(p),
                    o -> o.withObject("/spec").put("nodeName", "n1")));
    cluster.settle();
    image("v2");
    assertThat(sets()).hasSize(1);
    assertThat(cluster.activePods()).isEmpty();
    cluster.pods().forEach(p -> cluster.api.remove(Resources.PODS, "ns", Cluster.name(p)));
    cluster.settle();
    assertThat(sets()).hasSize(2);
    assertThat(cluster.activePods()).hasSize(2);
  }

  @Test
  void aPausedRolloutWaitsAndIsStillScaled() {
    deploy(2, "v1", "");
    rollOn();
    change(spec -> spec.put("paused", true));
    assertThat(condition("Progressing")).isEqualTo("Unknown DeploymentPaused Deployment is paused");
    image("v2");
    change(spec -> spec.put("replicas", 5));
    rollOn();
    assertThat(sets()).hasSize(1);
    assertThat(cluster.activePods()).hasSize(5);
    change(spec -> spec.put("paused", false));
    rollOn();
    assertThat(sets()).hasSize(2);
    assertThat(deployment().path("status").path("updatedReplicas").asInt()).isEqualTo(5);
  }

  @Test
  void aStuckRolloutExceedsItsDeadline() {
    deploy(1, "v1", ",'progressDeadlineSeconds':60");
    cluster.advance(65);
    assertThat(condition("Progressing")).startsWith("False ProgressDeadlineExceeded ReplicaSet");
    long before = cluster.writes();
    cluster.advance(600);
    assertThat(cluster.writes()).isEqualTo(before);
    cluster.makeAllReady();
    assertThat(condition("Progressing")).startsWith("True NewReplicaSetAvailable");
  }

  @Test
  void onlySoManyOldVersionsAreKept() {
    deploy(1, "v0", ",'revisionHistoryLimit':2");
    rollOn();
    for (int i = 1; i <= 5; i++) {
      image("v" + i);
      rollOn();
    }
    assertThat(sets()).hasSize(3);
  }

  @Test
  void scalingInAMiddleOfARolloutIsProportional() {
    deploy(10, "v1", ",'strategy':{'rollingUpdate':{'maxSurge':3,'maxUnavailable':2}}");
    rollOn();
    image("v2"); // 8 old and 5 new, which do not get ready
    assertThat(sets().stream().map(s -> s.path("spec").path("replicas").asInt()))
        .containsExactlyInAnyOrder(8, 5);
    change(spec -> spec.put("replicas", 15));
    assertThat(sets().stream().map(s -> s.path("spec").path("replicas").asInt()))
        .containsExactlyInAnyOrder(11, 7);
  }

  @Test
  void aTakenNameCountsAsACollision() {
    deploy(1, "v1", "");
    String name = Cluster.name(sets().getFirst());
    cluster.api.remove(Resources.DEPLOYMENTS, "ns", "web");
    cluster.settle();
    cluster
        .api
        .list(Resources.REPLICA_SETS, "ns")
        .forEach(s -> cluster.api.remove(Resources.REPLICA_SETS, "ns", Cluster.name(s)));
    cluster.put(
        Resources.REPLICA_SETS,
        "{'metadata':{'name':'%s','namespace':'ns','labels':{'other':'one'}},"
            + "'spec':{'replicas':0,'selector':{'matchLabels':{'other':'one'}}}}",
        name);
    deploy(1, "v1", "");
    assertThat(deployment().path("status").path("collisionCount").asInt()).isEqualTo(1);
    assertThat(sets()).hasSize(2);
  }

  @Test
  void conflictsAndLostRepliesChangeNothing() {
    cluster.api.faults().lostReply(1, request("POST", "/replicasets"));
    cluster.api.faults().conflict(3, request("PATCH", "/replicasets/"));
    deploy(3, "v1", "");
    rollOn();
    image("v2");
    cluster.api.faults().conflict(3, request("PATCH", "/deployments/"));
    rollOn();
    assertThat(deployment().path("status").path("updatedReplicas").asInt()).isEqualTo(3);
    assertThat(cluster.activePods()).hasSize(3);
  }
}
