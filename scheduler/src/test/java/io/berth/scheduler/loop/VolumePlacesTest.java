package io.berth.scheduler.loop;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.resource.Resources;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Where volumes can be had: space, disks that one node cannot have twice, limits, gangs. */
class VolumePlacesTest extends VolumesWorld {
  private void capacity(String name, String storageClass, String zone, String largest) {
    ObjectNode capacity = TestingScheduler.object("storage.k8s.io/v1", "CSIStorageCapacity", name);
    capacity.withObject("/metadata").put("namespace", "default");
    capacity.put("storageClassName", storageClass).put("capacity", "100Gi");
    capacity.put("maximumVolumeSize", largest);
    capacity.withObject("/nodeTopology/matchLabels").put("zone", zone);
    testing.api().put(Resources.CSI_STORAGE_CAPACITIES, capacity);
  }

  private void driver(String name, boolean countsSpace) {
    ObjectNode driver = TestingScheduler.object("storage.k8s.io/v1", "CSIDriver", name);
    driver.putObject("spec").put("storageCapacity", countsSpace);
    testing.api().put(Resources.CSI_DRIVERS, driver);
  }

  @Test
  void aVolumeIsMadeOnlyWhereItsDriverHasToldOfSpace() {
    driver("example.com/disk", true);
    storageClass("made", "example.com/disk", "WaitForFirstConsumer");
    capacity("a", "made", "a", "1Gi");
    capacity("other", "fast", "a", "9Gi");
    claim("data", "made", "2Gi");
    testing.create(pod("p", "data"));
    assertThat(testing.message("p"))
        .startsWith("0/2 nodes are available: 2 node(s) did not have enough free storage.");
    capacity("b", "made", "b", "2Gi");
    testing.advance(Duration.ofSeconds(2));
    assertThat(readClaim("data").path("metadata").path("annotations").path(SELECTED).asText())
        .isEqualTo("n2");
  }

  @Test
  void aDriverThatDoesNotCountSpaceIsNotHeldToIt() {
    driver("example.com/disk", false);
    storageClass("made", "example.com/disk", "WaitForFirstConsumer");
    claim("data", "made", "2Gi");
    testing.create(pod("p", "data"));
    assertThat(readClaim("data").path("metadata").path("annotations").path(SELECTED).asText())
        .isNotEmpty();
  }

  private ObjectNode podWithDisk(String name, String source, Map<String, String> fields) {
    ObjectNode pod = pod(name);
    ObjectNode volume = pod.withObject("/spec").withArray("volumes").addObject().put("name", "d");
    fields.forEach(volume.putObject(source)::put);
    return pod;
  }

  private ObjectNode readOnly(ObjectNode pod, String source) {
    ((ObjectNode) pod.path("spec").path("volumes").path(0).path(source)).put("readOnly", true);
    return pod;
  }

  private ObjectNode on(ObjectNode pod, String zone) {
    pod.withObject("/spec/nodeSelector").put("zone", zone);
    return pod;
  }

  @Test
  void aDiskIsWrittenByOnePodOfANode() {
    Map<String, String> gce = Map.of("pdName", "d1");
    testing.create(
        on(readOnly(podWithDisk("r1", "gcePersistentDisk", gce), "gcePersistentDisk"), "a"));
    testing.create(
        on(readOnly(podWithDisk("r2", "gcePersistentDisk", gce), "gcePersistentDisk"), "a"));
    testing.create(on(podWithDisk("w", "gcePersistentDisk", gce), "a"));
    assertThat(List.of(testing.nodeOf("r1"), testing.nodeOf("r2"), testing.nodeOf("w")))
        .containsExactly("n1", "n1", "");
    assertThat(testing.message("w")).contains("1 node(s) had no available disk");
    testing.create(podWithDisk("elsewhere", "gcePersistentDisk", gce));
    assertThat(testing.nodeOf("elsewhere")).isEqualTo("n2");
  }

  @Test
  void disksAreToldApartByWhatNamesThem() {
    for (String[] disk :
        new String[][] {
          {"awsElasticBlockStore", "volumeID", "aws://a/vol-1", "vol-1"},
          {"iscsi", "iqn", "iqn.1", "iqn.1"}
        }) {
      String source = disk[0];
      testing.create(on(podWithDisk("one-" + source, source, Map.of(disk[1], disk[2])), "a"));
      testing.create(on(podWithDisk("two-" + source, source, Map.of(disk[1], disk[3])), "a"));
      testing.create(on(podWithDisk("far-" + source, source, Map.of(disk[1], "another")), "a"));
      assertThat(testing.nodeOf("one-" + source)).isEqualTo("n1");
      assertThat(testing.nodeOf("two-" + source)).isEmpty();
      assertThat(testing.nodeOf("far-" + source)).isEqualTo("n1");
    }
    testing.create(
        on(
            readOnly(
                podWithDisk("aws1", "awsElasticBlockStore", Map.of("volumeID", "v2")),
                "awsElasticBlockStore"),
            "b"));
    testing.create(
        on(
            readOnly(
                podWithDisk("aws2", "awsElasticBlockStore", Map.of("volumeID", "v2")),
                "awsElasticBlockStore"),
            "b"));
    assertThat(testing.nodeOf("aws2")).isEmpty(); // read only or not
  }

  @Test
  void anImageIsTheSameWhereAMonitorIs() {
    String[][] monitors = {{"m1", "m2"}, {"m2", "m3"}, {"m3"}};
    for (int i = 0; i < monitors.length; i++) {
      ObjectNode pod = on(podWithDisk("p" + i, "rbd", Map.of("image", "i", "pool", "x")), "a");
      ObjectNode rbd = (ObjectNode) pod.path("spec").path("volumes").path(0).path("rbd");
      List.of(monitors[i]).forEach(rbd.putArray("monitors")::add);
      testing.create(pod);
    }
    assertThat(List.of(testing.nodeOf("p0"), testing.nodeOf("p1"), testing.nodeOf("p2")))
        .containsExactly("n1", "", "n1");
  }

  private void limit(String node, String driver, String migrated) {
    ObjectNode limits = TestingScheduler.object("storage.k8s.io/v1", "CSINode", node);
    limits
        .withObject("/metadata/annotations")
        .put("storage.alpha.kubernetes.io/migrated-plugins", migrated);
    ObjectNode entry = limits.putObject("spec").putArray("drivers").addObject();
    entry.put("name", driver).put("nodeID", node).putObject("allocatable").put("count", 1);
    testing.api().put(Resources.CSI_NODES, limits);
  }

  @Test
  void disksCountForTheDriverThatAttachesThemNow() {
    limit("n1", "ebs.csi.aws.com", "kubernetes.io/aws-ebs,kubernetes.io/gce-pd");
    limit("n2", "ebs.csi.aws.com", "kubernetes.io/gce-pd");
    ObjectNode volume = volume("v", "none", "1Gi", "a");
    volume.withObject("/spec").remove("nodeAffinity");
    volume.withObject("/spec/awsElasticBlockStore").put("volumeID", "aws://a/vol-1");
    put(volume);
    claim("data", "none", "1Gi");
    complete("data", "v");
    testing.create(on(pod("first", "data"), "a"));
    testing.create(
        on(podWithDisk("same", "awsElasticBlockStore", Map.of("volumeID", "vol-2")), "a"));
    assertThat(List.of(testing.nodeOf("first"), testing.nodeOf("same"))).containsExactly("n1", "");
    assertThat(testing.message("same")).contains("1 node(s) exceed max volume count");
    storageClass("old", "kubernetes.io/aws-ebs", "WaitForFirstConsumer");
    claim("more", "old", "1Gi");
    testing.create(on(pod("third", "more"), "a"));
    assertThat(testing.message("third")).contains("1 node(s) exceed max volume count");
    for (String disk : List.of("vol-3", "vol-4")) {
      testing.create(on(podWithDisk(disk, "awsElasticBlockStore", Map.of("volumeID", disk)), "b"));
      assertThat(testing.nodeOf(disk)).isEqualTo("n2"); // nobody counts them there
    }
  }

  private ObjectNode important(ObjectNode pod) {
    pod.withObject("/spec").put("priority", 10);
    return pod;
  }

  @Test
  void aClaimForOnePodIsTakenFromALessImportantOne() {
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
    testing.create(pod("bystander"));
    testing.create(pod("low", "data"));
    assertThat(testing.nodeOf("low")).isEqualTo("n1");
    testing.create(important(pod("high", "data")));
    assertThat(testing.read("high").path("status").path("nominatedNodeName").asText())
        .isEqualTo("n1");
    assertThat(testing.api().find(Resources.PODS, "default", "low").map(this::leaving).orElse(true))
        .isTrue();
    assertThat(leaving(testing.read("bystander"))).isFalse();
    testing.api().remove(Resources.PODS, "default", "low");
    testing.advance(Duration.ofSeconds(3));
    assertThat(testing.nodeOf("high")).isEqualTo("n1");
  }

  private boolean leaving(JsonNode pod) {
    return pod.path("metadata").has("deletionTimestamp");
  }

  @Test
  void aNodesPlacesForVolumesAreTakenFromALessImportantPod() {
    for (String name : List.of("a", "b")) {
      ObjectNode volume = volume("v-" + name, "none", "1Gi", "a");
      volume.withObject("/spec/csi").put("driver", "example.com/disk").put("volumeHandle", name);
      put(volume);
      claim(name, "none", "1Gi");
      complete(name, "v-" + name);
    }
    limit("n1", "example.com/disk", "");
    testing.create(pod("bystander"));
    testing.create(pod("low", "a"));
    testing.create(important(pod("high", "b")));
    assertThat(testing.read("high").path("status").path("nominatedNodeName").asText())
        .isEqualTo("n1");
    assertThat(testing.api().find(Resources.PODS, "default", "low").map(this::leaving).orElse(true))
        .isTrue();
    testing.api().remove(Resources.PODS, "default", "low");
    testing.advance(Duration.ofSeconds(3));
    assertThat(testing.nodeOf("high")).isEqualTo("n1");
    assertThat(leaving(testing.read("bystander"))).isFalse();
  }

  @Test
  void aClaimThatIsFreeAgainHelpsOnOtherNodesToo() {
    ObjectNode volume = volume("v", "none", "1Gi", "a");
    volume.withObject("/spec").remove("nodeAffinity");
    put(volume);
    claim("data", "none", "1Gi");
    testing
        .api()
        .change(
            Resources.PERSISTENT_VOLUME_CLAIMS,
            "default",
            "data",
            object -> object.withObject("/spec").putArray("accessModes").add("ReadWriteOncePod"));
    complete("data", "v");
    testing.create(on(pod("first", "data"), "a"));
    testing.create(on(pod("second", "data"), "b"));
    assertThat(List.of(testing.nodeOf("first"), testing.nodeOf("second")))
        .containsExactly("n1", "");
    testing.api().remove(Resources.PODS, "default", "first");
    testing.advance(Duration.ofSeconds(3));
    assertThat(testing.nodeOf("second")).isEqualTo("n2");
  }

  @Test
  void aGangIsNotBegunWhereAVolumeIsLacking() {
    ObjectNode group = TestingScheduler.object("scheduling.k8s.io/v1alpha2", "PodGroup", "g");
    group.withObject("/metadata").put("namespace", "default");
    group.withObject("/spec/schedulingPolicy/gang").put("minCount", 2);
    testing.api().put(Resources.POD_GROUPS, group);
    storageClass("local", "kubernetes.io/no-provisioner", "WaitForFirstConsumer");
    put(volume("v", "local", "1Gi", "a"));
    for (String name : List.of("one", "two")) {
      claim(name, "local", "1Gi");
      ObjectNode pod = pod("p-" + name, name);
      pod.withObject("/spec/schedulingGroup").put("podGroupName", "g");
      testing.put(pod);
    }
    testing.settle();
    assertThat(readVolume("v").path("spec").has("claimRef")).isFalse();
    assertThat(testing.message("p-one")).startsWith("of the 2 pods that pod group default/g needs");
    put(volume("w", "local", "1Gi", "b"));
    testing.advance(Duration.ofSeconds(3));
    assertThat(readVolume("v").path("spec").has("claimRef")).isTrue();
    assertThat(readVolume("w").path("spec").has("claimRef")).isTrue();
  }
}
