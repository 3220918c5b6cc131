package io.berth.scheduler.loop;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.resource.Resources;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;

/** A scheduler with two nodes and what stores its pods' data. */
abstract class VolumesWorld {
  static final String SELECTED = "volume.kubernetes.io/selected-node";

  final TestingScheduler testing = new TestingScheduler(1);

  @BeforeEach
  void start() {
    testing.start();
    testing.node("n1", "4", Map.of("zone", "a", "topology.kubernetes.io/zone", "a"));
    testing.node("n2", "4", Map.of("zone", "b", "topology.kubernetes.io/zone", "b"));
    testing.advance(Duration.ofMillis(20));
  }

  static ObjectNode pod(String name, String... claims) {
    ObjectNode pod = TestingScheduler.pod(name, "1");
    for (String claim : claims) {
      ObjectNode volume = pod.withObject("/spec").withArray("volumes").addObject();
      volume.put("name", claim).putObject("persistentVolumeClaim").put("claimName", claim);
    }
    return pod;
  }

  void storageClass(String name, String provisioner, String mode) {
    ObjectNode made = TestingScheduler.object("storage.k8s.io/v1", "StorageClass", name);
    made.put("provisioner", provisioner).put("volumeBindingMode", mode);
    testing.api().put(Resources.STORAGE_CLASSES, made);
  }

  ObjectNode claim(String name, String storageClass, String size) {
    ObjectNode claim = TestingScheduler.object("v1", "PersistentVolumeClaim", name);
    claim.withObject("/metadata").put("namespace", "default");
    ObjectNode spec = claim.putObject("spec").put("storageClassName", storageClass);
    spec.putArray("accessModes").add("ReadWriteOnce");
    spec.putObject("resources").putObject("requests").put("storage", size);
    testing.api().put(Resources.PERSISTENT_VOLUME_CLAIMS, claim);
    return claim;
  }

  ObjectNode volume(String name, String storageClass, String size, String zone) {
    ObjectNode volume = TestingScheduler.object("v1", "PersistentVolume", name);
    ObjectNode spec = volume.putObject("spec").put("storageClassName", storageClass);
    spec.putObject("capacity").put("storage", size);
    spec.putArray("accessModes").add("ReadWriteOnce");
    ObjectNode expression =
        spec.putObject("nodeAffinity")
            .putObject("required")
            .putArray("nodeSelectorTerms")
            .addObject()
            .putArray("matchExpressions")
            .addObject();
    expression.put("key", "zone").put("operator", "In").putArray("values").add(zone);
    volume.putObject("status").put("phase", "Available");
    return volume;
  }

  void put(ObjectNode volume) {
    testing.api().put(Resources.PERSISTENT_VOLUMES, volume);
  }

  /** What the volume controller does once a claim and a volume belong together. */
  void complete(String claim, String volume) {
    testing
        .api()
        .change(
            Resources.PERSISTENT_VOLUME_CLAIMS,
            "default",
            claim,
            object -> {
              object.withObject("/spec").put("volumeName", volume);
              object
                  .withObject("/metadata/annotations")
                  .put("pv.kubernetes.io/bind-completed", "yes");
              object.withObject("/status").put("phase", "Bound");
            });
    testing.settle();
  }

  JsonNode readClaim(String name) {
    return testing.api().find(Resources.PERSISTENT_VOLUME_CLAIMS, "default", name).orElseThrow();
  }

  JsonNode readVolume(String name) {
    return testing.api().find(Resources.PERSISTENT_VOLUMES, "", name).orElseThrow();
  }
}
