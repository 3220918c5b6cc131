package io.berth.apiserver.registry;

import static io.berth.apiserver.registry.TestingRegistry.body;
import static io.berth.apiserver.registry.TestingRegistry.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.resource.Resources;
import io.berth.api.transport.ApiRequest;
import io.berth.api.transport.ApiResponse;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class KindsTest {
  private static final String TEMPLATE =
      "{'metadata':{'labels':{'a':'b'}},'spec':{'restartPolicy':'%s','containers':["
          + "{'name':'c','image':'i'}]}}";
  private static final String RUNNING = String.format(TEMPLATE, "Always");
  private static final String ONCE = String.format(TEMPLATE, "Never");

  private final TestingRegistry registry = TestingRegistry.ready();

  @AfterEach
  void close() {
    registry.close();
  }

  private ObjectNode create(ResourceDefinition resource, String object) {
    return registry.create(resource, resource.namespaced() ? "default" : "", json(object));
  }

  private void assertRefused(ResourceDefinition resource, ObjectNode object, String why) {
    ApiResponse refused = registry.send(TestingRegistry.putRequest(resource, object));
    assertThat(refused.status()).isEqualTo(422);
    assertThat(body(refused).path("message").asText()).contains(why);
  }

  @Test
  void aJobFindsItsPodsByItsUid() {
    ObjectNode job =
        create(Resources.JOBS, "{'metadata':{'name':'j'},'spec':{'template':" + ONCE + "}}");
    String uid = Meta.uid(job);
    assertThat(job.at("/spec/selector"))
        .isEqualTo(json("{'matchLabels':{'batch.kubernetes.io/controller-uid':'" + uid + "'}}"));
    ObjectNode labels = (ObjectNode) job.at("/spec/template/metadata/labels");
    assertThat(labels.path("controller-uid").asText()).isEqualTo(uid);
    assertThat(labels.path("batch.kubernetes.io/job-name").asText()).isEqualTo("j");
    assertThat(job.at("/spec/backoffLimit").asInt()).isEqualTo(6);
    assertThat(job.at("/spec/completionMode").asText()).isEqualTo("NonIndexed");
    assertThat(job.at("/spec/completions").asInt()).isEqualTo(1);
    assertThat(job.at("/metadata/generation").asInt()).isEqualTo(1);
    ObjectNode other = job.deepCopy();
    ((ObjectNode) other.at("/spec/template/spec/containers/0")).put("image", "other");
    assertRefused(Resources.JOBS, other, "field is immutable");
  }

  @Test
  void aDeletedJobLeavesItsPodsUnlessToldOtherwise() {
    create(Resources.JOBS, "{'metadata':{'name':'j'},'spec':{'template':" + ONCE + "}}");
    ObjectNode deleted =
        body(registry.send(ApiRequest.delete(Resources.JOBS.path("default", "j"))).orThrow());
    assertThat(deleted.at("/metadata/finalizers/0").asText()).isEqualTo("orphan");
  }

  @Test
  void aStatefulSetKeepsWhoItIs() {
    ObjectNode set =
        create(
            Resources.STATEFUL_SETS,
            "{'metadata':{'name':'s'},'spec':{'serviceName':'s','selector':{'matchLabels':{'a':'b'}},"
                + "'template':"
                + RUNNING
                + ",'volumeClaimTemplates':[{'metadata':{'name':'d'},'spec':{'accessModes':"
                + "['ReadWriteOnce'],'resources':{'requests':{'storage':'1Gi'}}}}]}}");
    assertThat(set.at("/spec/podManagementPolicy").asText()).isEqualTo("OrderedReady");
    assertThat(set.at("/spec/updateStrategy/rollingUpdate/partition").asInt(-1)).isZero();
    assertThat(set.at("/spec/volumeClaimTemplates/0/status/phase").asText()).isEqualTo("Pending");
    assertThat(set.path("status")).isEqualTo(json("{'replicas':0,'availableReplicas':0}"));
    ObjectNode scaled = set.deepCopy();
    scaled.withObject("/spec").put("replicas", 3);
    ObjectNode stored = registry.put(Resources.STATEFUL_SETS, scaled);
    assertThat(stored.at("/metadata/generation").asInt()).isEqualTo(2);
    stored.withObject("/spec").put("serviceName", "other");
    assertRefused(
        Resources.STATEFUL_SETS,
        stored,
        "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template',");
  }

  @Test
  void aStatusBeginsEmptyWhateverAClientSends() {
    ObjectNode set =
        create(
            Resources.DAEMON_SETS,
            "{'metadata':{'name':'d'},'spec':{'selector':{'matchLabels':{'a':'b'}},'template':"
                + RUNNING
                + "},'status':{'numberReady':7}}");
    assertThat(set.at("/status/numberReady").asInt(-1)).isZero();
    assertThat(
            set.path("metadata")
                .path("annotations")
                .path("deprecated.daemonset.template.generation")
                .asText())
        .isEqualTo("1");
  }

  @Test
  void aReplicationControllerIsScaledByItsScale() {
    ObjectNode controller =
        create(
            Resources.REPLICATION_CONTROLLERS,
            "{'metadata':{'name':'r'},'spec':{'template':" + RUNNING + "}}");
    assertThat(controller.at("/spec/selector")).isEqualTo(json("{'a':'b'}"));
    String scale = Resources.REPLICATION_CONTROLLERS.path("default", "r", "scale");
    ObjectNode shown = body(registry.send(ApiRequest.get(scale)).orThrow());
    assertThat(shown.at("/status/selector").asText()).isEqualTo("a=b");
    shown.withObject("/spec").put("replicas", 4);
    registry.send(ApiRequest.put(scale, Json.bytes(shown))).orThrow();
    assertThat(
            registry
                .get(Resources.REPLICATION_CONTROLLERS, "default", "r")
                .at("/spec/replicas")
                .asInt())
        .isEqualTo(4);
  }

  @Test
  void whereAVolumeLiesStays() {
    ObjectNode volume =
        create(
            Resources.PERSISTENT_VOLUMES,
            "{'metadata':{'name':'v'},'spec':{'capacity':{'storage':'1Gi'},'accessModes':"
                + "['ReadWriteOnce'],'hostPath':{'path':'/d'}}}");
    assertThat(volume.at("/status/phase").asText()).isEqualTo("Pending");
    assertThat(volume.at("/status/lastPhaseTransitionTime").asText()).isNotEmpty();
    assertThat(volume.at("/spec/persistentVolumeReclaimPolicy").asText()).isEqualTo("Retain");
    volume.withObject("/spec/hostPath").put("path", "/e");
    assertRefused(
        Resources.PERSISTENT_VOLUMES,
        volume,
        "spec.persistentvolumesource is immutable after creation");
  }

  @Test
  void aClassOfPrioritiesKeepsItsValue() {
    ObjectNode priority = create(Resources.PRIORITY_CLASSES, "{'metadata':{'name':'p'},'value':7}");
    priority.put("value", 8);
    assertRefused(Resources.PRIORITY_CLASSES, priority, "may not be changed in an update.");
  }

  @Test
  void everyNamespacedKindCanBeEmptied() {
    for (ResourceDefinition resource : Resources.all()) {
      if (resource.namespaced() && resource.verbs().contains("deletecollection")) {
        ApiRequest request = ApiRequest.delete(resource.path("default"));
        assertThat(registry.send(request).status())
            .as(new String(registry.send(request).body(), StandardCharsets.UTF_8))
            .isEqualTo(200);
      }
    }
  }
}
