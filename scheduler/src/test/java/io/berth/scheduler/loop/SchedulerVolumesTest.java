package io.berth.scheduler.loop;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.resource.Resources;
import io.berth.client.testing.FakeFaults;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Pods with volumes; the test does what volume controllers and provisioners do. */
class SchedulerVolumesTest extends VolumesWorld {
  @Test
  void aPodWaitsForAClaimThatIsNotThere() {
    testing.create(pod("p", "data"));
    assertThat(testing.message("p"))
        .isEqualTo(
            "0/2 nodes are available: persistentvolumeclaim \"data\" not found. preemption: 0/2"
                + " nodes are available: 2 Preemption is not helpful for scheduling.");
    put(volume("v", "none", "1Gi", "b"));
    claim("data", "none", "1Gi");
    complete("data", "v");
    testing.advance(Duration.ofSeconds(2));
    assertThat(testing.nodeOf("p")).isEqualTo("n2");
  }

  @Test
  void aClaimThatIsBoundAtOnceIsWaitedFor() {
    storageClass("now", "example.com/disk", "Immediate");
    claim("data", "now", "1Gi");
    testing.create(pod("p", "data"));
    assertThat(testing.message("p"))
        .startsWith(
            "0/2 nodes are available: pod has unbound immediate PersistentVolumeClaims."
                + " preemption: 0/2 nodes are available: 2 Preemption is not helpful");
    put(volume("v", "now", "1Gi", "a"));
    complete("data", "v");
    testing.advance(Duration.ofSeconds(2));
    assertThat(testing.nodeOf("p")).isEqualTo("n1");
  }

  @Test
  void aVolumeThatNoNodeReachesIsSaid() {
    put(volume("v", "none", "1Gi", "elsewhere"));
    claim("data", "none", "1Gi");
    complete("data", "v");
    testing.create(pod("p", "data"));
    assertThat(testing.message("p"))
        .startsWith(
            "0/2 nodes are available: 2 node(s) didn't match PersistentVolume's node affinity."
                + " preemption: ");
    testing.node("n3", "4", Map.of("zone", "elsewhere"));
    testing.advance(Duration.ofSeconds(2));
    assertThat(testing.nodeOf("p")).isEqualTo("n3");
  }

  @Test
  void aWaitingClaimGetsTheSmallestVolumeThatWillDoAndThePodWaitsUntilItIsBound() {
    storageClass("local", "kubernetes.io/no-provisioner", "WaitForFirstConsumer");
    claim("data", "local", "2Gi");
    put(volume("small", "local", "1Gi", "b"));
    put(volume("large", "local", "8Gi", "b"));
    put(volume("right", "local", "3Gi", "b"));
    put(volume("other", "slow", "2Gi", "b"));
    testing.create(pod("p", "data"));
    JsonNode reference = readVolume("right").path("spec").path("claimRef");
    assertThat(reference.path("name").asText()).isEqualTo("data");
    assertThat(reference.path("namespace").asText()).isEqualTo("default");
    assertThat(reference.path("uid").asText())
        .isEqualTo(readClaim("data").path("metadata").path("uid").asText());
    assertThat(
            readVolume("right")
                .path("metadata")
                .path("annotations")
                .path("pv.kubernetes.io/bound-by-controller")
                .asText())
        .isEqualTo("yes");
    assertThat(testing.nodeOf("p")).isEmpty();
    complete("data", "right");
    assertThat(testing.nodeOf("p")).isEqualTo("n2");
  }

  @Test
  void oneVolumeIsNotGivenToTwoClaims() {
    storageClass("local", "kubernetes.io/no-provisioner", "WaitForFirstConsumer");
    claim("one", "local", "1Gi");
    claim("two", "local", "1Gi");
    put(volume("v", "local", "1Gi", "a"));
    testing.put(pod("p1", "one"));
    testing.put(pod("p2", "two"));
    testing.settle();
    String owner = readVolume("v").path("spec").path("claimRef").path("name").asText();
    String loser = owner.equals("one") ? "p2" : "p1";
    assertThat(owner).isIn("one", "two");
    assertThat(testing.message(loser))
        .startsWith(
            "0/2 nodes are available: 2 node(s) didn't find available persistent volumes to bind.");
    put(volume("w", "local", "1Gi", "b"));
    testing.advance(Duration.ofSeconds(3));
    assertThat(readVolume("w").path("spec").path("claimRef").path("name").asText())
        .isEqualTo(owner.equals("one") ? "two" : "one");
  }

  @Test
  void aVolumeIsMadeForTheNodeThatWasDecided() {
    storageClass("made", "example.com/disk", "WaitForFirstConsumer");
    testing
        .api()
        .change(
            Resources.STORAGE_CLASSES,
            "",
            "made",
            object -> {
              ObjectNode expression =
                  object
                      .putArray("allowedTopologies")
                      .addObject()
                      .putArray("matchLabelExpressions")
                      .addObject();
              expression.put("key", "zone").putArray("values").add("b");
            });
    claim("data", "made", "1Gi");
    testing.create(pod("p", "data"));
    assertThat(readClaim("data").path("metadata").path("annotations").path(SELECTED).asText())
        .isEqualTo("n2");
    assertThat(testing.nodeOf("p")).isEmpty();
    put(volume("v", "made", "1Gi", "b"));
    complete("data", "v");
    assertThat(testing.nodeOf("p")).isEqualTo("n2");
  }

  @Test
  void aProvisionerThatGivesUpSendsThePodBack() {
    storageClass("made", "example.com/disk", "WaitForFirstConsumer");
    claim("data", "made", "1Gi");
    testing.create(pod("p", "data"));
    String first = readClaim("data").path("metadata").path("annotations").path(SELECTED).asText();
    assertThat(first).isNotEmpty();
    testing
        .api()
        .change(
            Resources.PERSISTENT_VOLUME_CLAIMS,
            "default",
            "data",
            object -> object.withObject("/metadata/annotations").remove(SELECTED));
    testing.settle();
    assertThat(testing.message("p")).contains("provisioning failed for PVC \"data\"");
    testing.advance(Duration.ofSeconds(5));
    assertThat(readClaim("data").path("metadata").path("annotations").path(SELECTED).asText())
        .isNotEmpty();
  }

  @Test
  void volumesThatAreNotBoundInTimeSendThePodBack() {
    storageClass("made", "example.com/disk", "WaitForFirstConsumer");
    claim("data", "made", "1Gi");
    testing.create(pod("p", "data"));
    testing.advance(Duration.ofSeconds(599));
    assertThat(testing.message("p")).isEmpty();
    testing.advance(Duration.ofSeconds(1));
    testing.settle();
    assertThat(testing.message("p")).contains("not bound within 600 seconds");
  }

  @Test
  void aVolumeThatCannotBeGivenIsFreeAgain() {
    storageClass("local", "kubernetes.io/no-provisioner", "WaitForFirstConsumer");
    claim("data", "local", "1Gi");
    put(volume("v", "local", "1Gi", "a"));
    testing.api().faults().unreachable(1, FakeFaults.request("PUT", "/persistentvolumes/v"));
    testing.create(pod("p", "data"));
    assertThat(readVolume("v").path("spec").has("claimRef")).isFalse();
    testing.advance(Duration.ofSeconds(5));
    assertThat(readVolume("v").path("spec").path("claimRef").path("name").asText())
        .isEqualTo("data");
  }

  @Test
  void podsWhoseVolumesAreOnTheirWayDoNotKeepOthersWaiting() {
    storageClass("made", "example.com/disk", "WaitForFirstConsumer");
    ObjectNode node = TestingScheduler.object("v1", "Node", "large");
    node.putObject("status").putObject("allocatable").put("cpu", "900").put("pods", "900");
    testing.api().put(Resources.NODES, node);
    for (int i = 0; i < SchedulerConfig.DEFAULT.maxBindingsInFlight() + 5; i++) {
      claim("data" + i, "made", "1Gi");
      testing.put(pod("p" + i, "data" + i));
    }
    testing.settle();
    testing.create(pod("plain"));
    assertThat(testing.nodeOf("plain")).isNotEmpty();
  }

  @Test
  void aClaimForOnePodIsUsedByOne() {
    put(volume("v", "none", "1Gi", "a"));
    claim("data", "none", "1Gi");
    testing
        .api()
        .change(
            Resources.PERSISTENT_VOLUME_CLAIMS,
            "default",
            "data",
            object -> object.withObject("/spec").putArray("accessModes").add("ReadWriteOncePod"));
    complete("data", "v");
    testing.create(pod("first", "data"));
    testing.create(pod("second", "data"));
    assertThat(testing.nodeOf("first")).isEqualTo("n1");
    assertThat(testing.nodeOf("second")).isEmpty();
    assertThat(testing.message("second"))
        .contains(
            "node has pod using PersistentVolumeClaim with the same name and ReadWriteOncePod"
                + " access mode");
    testing.api().remove(Resources.PODS, "default", "first");
    testing.advance(Duration.ofSeconds(3));
    assertThat(testing.nodeOf("second")).isEqualTo("n1");
  }

  @Test
  void aNodeTakesNoMoreVolumesThanItsDriverCanAttach() {
    for (String node : List.of("n1", "n2")) {
      ObjectNode limits = TestingScheduler.object("storage.k8s.io/v1", "CSINode", node);
      ObjectNode driver = limits.putObject("spec").putArray("drivers").addObject();
      driver.put("name", "example.com/disk").put("nodeID", node);
      driver.putObject("allocatable").put("count", 1);
      testing.api().put(Resources.CSI_NODES, limits);
    }
    for (String name : List.of("a", "b", "c")) {
      ObjectNode volume = volume("v-" + name, "none", "1Gi", "a");
      volume.withObject("/spec").remove("nodeAffinity");
      volume
          .withObject("/spec")
          .putObject("csi")
          .put("driver", "example.com/disk")
          .put("volumeHandle", name);
      put(volume);
      claim(name, "none", "1Gi");
      complete(name, "v-" + name);
      testing.create(pod("pod-" + name, name));
    }
    testing.create(pod("pod-again", "a"));
    assertThat(List.of(testing.nodeOf("pod-a"), testing.nodeOf("pod-b")))
        .containsExactlyInAnyOrder("n1", "n2");
    assertThat(testing.nodeOf("pod-c")).isEmpty();
    assertThat(testing.message("pod-c"))
        .startsWith("0/2 nodes are available: 2 node(s) exceed max volume count.");
    assertThat(testing.nodeOf("pod-again"))
        .isEqualTo(testing.nodeOf("pod-a")); // the same volume counts once
  }

  @Test
  void aVolumeOfAnotherZoneIsOutOfReach() {
    ObjectNode volume = volume("v", "none", "1Gi", "a");
    volume.withObject("/spec").remove("nodeAffinity");
    volume.withObject("/metadata/labels").put("topology.kubernetes.io/zone", "c__b");
    put(volume);
    claim("data", "none", "1Gi");
    complete("data", "v");
    testing.create(pod("p", "data"));
    assertThat(testing.nodeOf("p")).isEqualTo("n2");
  }

  @Test
  void anEphemeralVolumesClaimMustBeThePodsOwn() {
    storageClass("made", "example.com/disk", "WaitForFirstConsumer");
    ObjectNode pod = pod("p");
    ((ObjectNode) pod.path("spec"))
        .putArray("volumes")
        .addObject()
        .put("name", "scratch")
        .putObject("ephemeral")
        .putObject("volumeClaimTemplate");
    testing.create(pod);
    assertThat(testing.message("p"))
        .startsWith(
            "0/2 nodes are available: waiting for ephemeral volume controller to create the"
                + " persistentvolumeclaim \"p-scratch\".");
    claim("p-scratch", "made", "1Gi");
    testing.advance(Duration.ofSeconds(5));
    assertThat(testing.message("p"))
        .startsWith(
            "0/2 nodes are available: PVC default/p-scratch was not created for pod default/p"
                + " (pod is not owner).");
    String uid = testing.read("p").path("metadata").path("uid").asText();
    testing
        .api()
        .change(
            Resources.PERSISTENT_VOLUME_CLAIMS,
            "default",
            "p-scratch",
            object -> {
              ObjectNode owner =
                  object.withObject("/metadata").putArray("ownerReferences").addObject();
              owner.put("kind", "Pod").put("name", "p").put("uid", uid).put("controller", true);
            });
    testing.advance(Duration.ofSeconds(10));
    assertThat(readClaim("p-scratch").path("metadata").path("annotations").path(SELECTED).asText())
        .isNotEmpty();
  }
}
