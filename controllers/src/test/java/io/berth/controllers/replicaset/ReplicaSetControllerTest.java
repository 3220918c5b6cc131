package io.berth.controllers.replicaset;

import static io.berth.client.testing.FakeFaults.request;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.resource.Resources;
import io.berth.api.transport.ApiException;
import io.berth.client.testing.FakeFaults;
import io.berth.controllers.testing.Cluster;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ReplicaSetControllerTest {
  private Cluster cluster = new Cluster(1);

  @AfterEach
  void close() {
    cluster.close();
  }

  private void replicaSet(int replicas, String more) {
    cluster.put(
        Resources.REPLICA_SETS,
        "{'metadata':{'name':'web','namespace':'ns'},'spec':{'replicas':%d,"
            + "'selector':{'matchLabels':{'app':'web'}},'template':{'metadata':{'labels':"
            + "{'app':'web'}},'spec':{'containers':[{'name':'c','image':'i'}]}}%s}}",
        replicas,
        more);
    cluster.settle();
  }

  private void scale(int replicas) {
    cluster.api.change(
        Resources.REPLICA_SETS,
        "ns",
        "web",
        o -> ((ObjectNode) o.get("spec")).put("replicas", replicas));
  }

  private JsonNode status() {
    return cluster.get(Resources.REPLICA_SETS, "web").path("status");
  }

  @Test
  void createsPodsFromTheTemplate() {
    replicaSet(3, "");
    assertThat(cluster.pods()).hasSize(3);
    ObjectNode pod = cluster.pods().getFirst();
    assertThat(Cluster.name(pod)).matches("web-[a-z0-9]{5}");
    assertThat(pod.path("metadata").path("generateName").asText()).isEqualTo("web-");
    JsonNode owner = pod.path("metadata").path("ownerReferences").path(0);
    assertThat(owner.path("kind").asText()).isEqualTo("ReplicaSet");
    assertThat(owner.path("controller").asBoolean()).isTrue();
    assertThat(owner.path("blockOwnerDeletion").asBoolean()).isTrue();
    assertThat(cluster.events("web"))
        .contains("SuccessfulCreate: Created pod: " + Cluster.name(pod));
    assertThat(status().path("replicas").asInt()).isEqualTo(3);
    assertThat(status().path("fullyLabeledReplicas").asInt()).isEqualTo(3);
    assertThat(status().has("readyReplicas")).isFalse();
  }

  @Test
  void countsReadyAndAvailablePods() {
    replicaSet(2, ",'minReadySeconds':10");
    cluster.makeAllReady();
    assertThat(status().path("readyReplicas").asInt()).isEqualTo(2);
    assertThat(status().has("availableReplicas")).isFalse();
    cluster.advance(12);
    assertThat(status().path("availableReplicas").asInt()).isEqualTo(2);
  }

  @Test
  void aReconcileWithoutAChangeWritesNothing() {
    replicaSet(3, "");
    cluster.makeAllReady();
    long before = cluster.writes();
    cluster.api.change(
        Resources.REPLICA_SETS,
        "ns",
        "web",
        o -> o.withObject("/metadata/annotations").put("a", "b"));
    cluster.advance(120);
    assertThat(cluster.writes()).isEqualTo(before);
  }

  @Test
  void adoptsWhatItSelectsAndReleasesWhatItNoLongerSelects() {
    cluster.put(
        Resources.PODS, "{'metadata':{'name':'orphan','namespace':'ns','labels':{'app':'web'}}}");
    replicaSet(2, "");
    assertThat(cluster.pods()).hasSize(2);
    assertThat(cluster.get(Resources.PODS, "orphan").path("metadata").path("ownerReferences"))
        .hasSize(1);
    cluster.api.change(
        Resources.PODS, "ns", "orphan", o -> o.withObject("/metadata/labels").put("app", "other"));
    cluster.settle();
    assertThat(cluster.pods()).hasSize(3);
    assertThat(cluster.get(Resources.PODS, "orphan").path("metadata").path("ownerReferences"))
        .isEmpty();
  }

  @Test
  void aStaleCopyNeverLeadsToAPodTooMany() {
    cluster.api.holdWatches();
    replicaSet(5, "");
    cluster.api.releaseWatches();
    cluster.settle();
    assertThat(cluster.pods()).hasSize(5);
    // The ReplicaSet's changes come through, the pods' do not.
    for (int round = 0; round < 3; round++) {
      cluster.api.change(
          Resources.REPLICA_SETS,
          "ns",
          "web",
          o -> o.withObject("/metadata/annotations").put("x", "" + o.hashCode()));
    }
    cluster.advance(20);
    assertThat(cluster.pods()).hasSize(5);
  }

  @Test
  void aLostReplyMakesNoSecondPod() {
    cluster.api.faults().lostReply(2, request("POST", "/ns/pods"));
    replicaSet(4, "");
    cluster.advance(5);
    assertThat(cluster.pods()).hasSize(4);
    assertThat(status().path("replicas").asInt()).isEqualTo(4);
  }

  @Test
  void aRefusedCreationIsToldOnceABatchAndRetriedWithBackOff() {
    ApiException refusal = new ApiException(403, "Forbidden", "exceeded quota");
    cluster
        .api
        .faults()
        .next(1_000, request("POST", "/ns/pods"), new FakeFaults.Fault.Refused(refusal));
    replicaSet(100, "");
    assertThat(cluster.events("web")).contains("FailedCreate: Error creating: exceeded quota");
    assertThat(status().path("conditions").path(0).path("type").asText())
        .isEqualTo("ReplicaFailure");
    assertThat(status().path("conditions").path(0).path("reason").asText())
        .isEqualTo("FailedCreate");
    long attempts = cluster.api.writes().stream().filter(request("POST", "/ns/pods")).count();
    assertThat(attempts).isLessThan(12);
    cluster.api.faults().clear();
    cluster.advance(30);
    assertThat(cluster.pods()).hasSize(100);
    assertThat(status().has("conditions")).isFalse();
  }

  @Test
  void scalesDownInKubernetesOrder() {
    replicaSet(3, "");
    String kept = Cluster.name(cluster.pods().get(1));
    cluster.makeReady(kept);
    cluster.settle();
    scale(1);
    cluster.settle();
    assertThat(cluster.pods()).extracting(Cluster::name).containsExactly(kept);
    assertThat(cluster.events("web").stream().filter(e -> e.startsWith("SuccessfulDelete")))
        .hasSize(2);
  }

  @Test
  void endedPodsAreReplacedAndLeftAlone() {
    replicaSet(1, "");
    String name = Cluster.name(cluster.pods().getFirst());
    cluster.api.change(
        Resources.PODS, "ns", name, o -> o.withObject("/status").put("phase", "Failed"));
    cluster.settle();
    assertThat(cluster.pods()).hasSize(2);
    assertThat(status().path("replicas").asInt()).isEqualTo(1);
  }

  @Test
  void replicasConvergeUnderAnyFaults() {
    for (int seed = 0; seed < 20; seed++) {
      cluster.close();
      cluster = new Cluster(seed);
      Random random = new Random(seed);
      replicaSet(random.nextInt(10), "");
      for (int i = 0; i < 25; i++) {
        switch (random.nextInt(8)) {
          case 0 -> scale(random.nextInt(12));
          case 1 -> cluster.api.faults().lostReply(1, request("POST", "/pods"));
          case 2 -> cluster.api.faults().unreachable(2, r -> !r.method().equals("GET"));
          case 3 -> cluster.api.holdWatches();
          case 4 -> cluster.api.releaseWatches();
          case 5 -> cluster.api.cutWatches();
          case 6 -> cluster.api.forgetHistory();
          default -> removeOne(random);
        }
        cluster.advance(random.nextInt(3));
      }
      int wanted = random.nextInt(12);
      scale(wanted);
      cluster.api.faults().clear();
      cluster.api.releaseWatches();
      cluster.advance(120);
      assertThat(cluster.activePods()).as("seed %d", seed).hasSize(wanted);
      assertThat(status().path("replicas").asInt()).as("seed %d", seed).isEqualTo(wanted);
    }
  }

  private void removeOne(Random random) {
    List<ObjectNode> pods = cluster.pods();
    if (!pods.isEmpty()) {
      String name = Cluster.name(pods.get(random.nextInt(pods.size())));
      cluster.api.remove(Resources.PODS, "ns", name);
    }
  }
}
