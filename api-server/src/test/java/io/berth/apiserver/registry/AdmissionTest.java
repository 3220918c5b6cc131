package io.berth.apiserver.registry;

import static io.berth.apiserver.registry.TestingRegistry.body;
import static io.berth.apiserver.registry.TestingRegistry.json;
import static io.berth.apiserver.registry.TestingRegistry.pod;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.resource.Resources;
import io.berth.api.transport.ApiRequest;
import io.berth.api.transport.ApiResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class AdmissionTest {
  private final TestingRegistry registry = TestingRegistry.ready();

  @AfterEach
  void close() {
    registry.close();
  }

  private ObjectNode create(ResourceDefinition resource, String object) {
    return registry.create(resource, resource.namespaced() ? "default" : "", json(object));
  }

  private void assertForbidden(ResourceDefinition resource, ObjectNode object, String message) {
    String namespace = resource.namespaced() ? "default" : "";
    ApiResponse refused =
        registry.send(ApiRequest.post(resource.path(namespace), Json.bytes(object)));
    assertThat(refused.status()).isEqualTo(403);
    assertThat(body(refused).path("message").asText()).isEqualTo(message);
  }

  private static ObjectNode asking(String name, String resources) {
    ObjectNode pod = pod(name);
    ((ObjectNode) pod.path("spec").path("containers").get(0)).set("resources", json(resources));
    return pod;
  }

  @Test
  void aPriorityClassOfTheSystemStays() {
    create(
        Resources.PRIORITY_CLASSES,
        "{'metadata':{'name':'system-node-critical'},'value':2000001000}");
    ApiResponse refused =
        registry.send(
            ApiRequest.delete(Resources.PRIORITY_CLASSES.path("") + "/system-node-critical"));
    assertThat(refused.status()).isEqualTo(403);
    assertThat(body(refused).path("message").asText())
        .isEqualTo(
            "priorityclasses.scheduling.k8s.io \"system-node-critical\" is forbidden: this is a"
                + " system priority class and cannot be deleted");
  }

  @Test
  void aPodGetsTheClassOfPrioritiesThatIsTheDefault() {
    create(
        Resources.PRIORITY_CLASSES,
        "{'metadata':{'name':'low'},'value':-5,'globalDefault':true,'preemptionPolicy':'Never'}");
    create(Resources.PRIORITY_CLASSES, "{'metadata':{'name':'high'},'value':1000}");
    ObjectNode plain = registry.create(Resources.PODS, "default", pod("a"));
    assertThat(plain.at("/spec/priorityClassName").asText()).isEqualTo("low");
    assertThat(plain.at("/spec/priority").asInt()).isEqualTo(-5);
    assertThat(plain.at("/spec/preemptionPolicy").asText()).isEqualTo("Never");
    ObjectNode urgent = pod("b");
    urgent.withObject("/spec").put("priorityClassName", "high");
    assertThat(registry.create(Resources.PODS, "default", urgent).at("/spec/priority").asInt())
        .isEqualTo(1000);
    assertForbidden(
        Resources.PRIORITY_CLASSES,
        json("{'metadata':{'name':'other'},'value':1,'globalDefault':true}"),
        "priorityclasses.scheduling.k8s.io \"other\" is forbidden: PriorityClass low is already"
            + " marked as default. Only one default can exist");
    urgent = pod("c");
    urgent.withObject("/spec").put("priorityClassName", "none");
    assertForbidden(
        Resources.PODS,
        urgent,
        "pods \"c\" is forbidden: no PriorityClass with name none was found");
  }

  @Test
  void aPodGroupGetsThePriorityOfItsClassAndNoneWithoutOne() {
    String gang = "'schedulingPolicy':{'gang':{'minCount':1}}";
    create(Resources.PRIORITY_CLASSES, "{'metadata':{'name':'high'},'value':1000}");
    String high = "{'metadata':{'name':'a'},'spec':{'priorityClassName':'high'," + gang + "}}";
    assertThat(create(Resources.POD_GROUPS, high).at("/spec/priority").asInt()).isEqualTo(1000);
    String plain = "{'metadata':{'name':'b'},'spec':{" + gang + "}}";
    assertThat(create(Resources.POD_GROUPS, plain).path("spec").has("priority")).isFalse();
    assertForbidden(
        Resources.POD_GROUPS,
        json("{'metadata':{'name':'c'},'spec':{'priority':7," + gang + "}}"),
        "podgroups.scheduling.k8s.io \"c\" is forbidden: the integer value of priority (7) must not"
            + " be provided in pod group spec; priority admission controller computed 0 from the"
            + " given PriorityClass name");
    assertForbidden(
        Resources.POD_GROUPS,
        json("{'metadata':{'name':'d'},'spec':{'priorityClassName':'none'," + gang + "}}"),
        "podgroups.scheduling.k8s.io \"d\" is forbidden: no PriorityClass with name none was"
            + " found");
  }

  @Test
  void containersGetTheLimitsOfTheirNamespace() {
    create(
        Resources.LIMIT_RANGES,
        "{'metadata':{'name':'l'},'spec':{'limits':[{'type':'Container','max':{'memory':'1Gi'},"
            + "'default':{'cpu':'500m'},'defaultRequest':{'cpu':'100m'}}]}}");
    ObjectNode pod = registry.create(Resources.PODS, "default", pod("a"));
    assertThat(pod.at("/spec/containers/0/resources"))
        .isEqualTo(
            json(
                "{'requests':{'cpu':'100m','memory':'1Gi'},'limits':{'cpu':'500m','memory':'1Gi'}}"));
    assertThat(pod.path("metadata").path("annotations").path("kubernetes.io/limit-ranger").asText())
        .isEqualTo(
            "LimitRanger plugin set: cpu, memory request for container c; cpu, memory limit for"
                + " container c");
    assertThat(pod.at("/status/qosClass").asText()).isEqualTo("Burstable");
    assertForbidden(
        Resources.PODS,
        asking("b", "{'limits':{'memory':'2Gi'}}"),
        "pods \"b\" is forbidden: maximum memory usage per Container is 1Gi, but limit is 2Gi");
  }

  @Test
  void aPodAsAWholeAndTheRatioAreBounded() {
    create(
        Resources.LIMIT_RANGES,
        "{'metadata':{'name':'l'},'spec':{'limits':[{'type':'Pod','min':{'cpu':'200m'},"
            + "'maxLimitRequestRatio':{'cpu':'2'}}]}}");
    assertForbidden(
        Resources.PODS,
        asking("a", "{'requests':{'cpu':'100m'},'limits':{'cpu':'300m'}}"),
        "pods \"a\" is forbidden: [minimum cpu usage per Pod is 200m, but request is 100m, cpu max"
            + " limit to request ratio per Pod is 2, but provided ratio is 3.000000]");
    assertForbidden(
        Resources.PODS,
        pod("b"),
        "pods \"b\" is forbidden: [minimum cpu usage per Pod is 200m.  No request is specified, cpu"
            + " max limit to request ratio per Pod is 2, but no request is specified or request is"
            + " 0]");
  }

  @Test
  void aClaimGetsTheNewestDefaultClassAndGrowsOnlyWhereThatLetsIt() {
    create(
        Resources.STORAGE_CLASSES,
        "{'metadata':{'name':'s','annotations':{'storageclass.kubernetes.io/is-default-class':"
            + "'true'}},'provisioner':'x.io/p'}");
    ObjectNode claim =
        create(
            Resources.PERSISTENT_VOLUME_CLAIMS,
            "{'metadata':{'name':'c'},'spec':{'accessModes':['ReadWriteOnce'],'resources':"
                + "{'requests':{'storage':'1Gi'}}}}");
    assertThat(claim.at("/spec/storageClassName").asText()).isEqualTo("s");
    claim.withObject("/status").put("phase", "Bound");
    String path = Resources.PERSISTENT_VOLUME_CLAIMS.path("default", "c");
    claim = body(registry.send(ApiRequest.put(path + "/status", Json.bytes(claim))).orThrow());
    claim.withObject("/spec/resources/requests").put("storage", "2Gi");
    ApiResponse refused = registry.send(ApiRequest.put(path, Json.bytes(claim)));
    assertThat(body(refused).path("message").asText())
        .isEqualTo(
            "persistentvolumeclaims \"c\" is forbidden: only dynamically provisioned pvc can be"
                + " resized and the storageclass that provisions the pvc must support resize");
    ObjectNode growing = registry.get(Resources.STORAGE_CLASSES, "", "s");
    growing.put("allowVolumeExpansion", true);
    registry.put(Resources.STORAGE_CLASSES, growing);
    registry.send(ApiRequest.put(path, Json.bytes(claim))).orThrow();
  }

  @Test
  void anIngressGetsTheDefaultClass() {
    create(
        Resources.INGRESS_CLASSES,
        "{'metadata':{'name':'i','annotations':{'ingressclass.kubernetes.io/is-default-class':"
            + "'true'}},'spec':{'controller':'x.io/c'}}");
    ObjectNode ingress =
        create(
            Resources.INGRESSES,
            "{'metadata':{'name':'a'},'spec':{'defaultBackend':{'service':{'name':'s','port':"
                + "{'number':80}}}}}");
    assertThat(ingress.at("/spec/ingressClassName").asText()).isEqualTo("i");
  }

  private void label(String label, String level) {
    ObjectNode namespace = registry.get(Resources.NAMESPACES, "", "default");
    Meta.of(namespace).withObject("/labels").put("pod-security.kubernetes.io/" + label, level);
    registry.put(Resources.NAMESPACES, namespace);
  }

  @Test
  void aNamespacesLevelIsEnforcedOnPodsAndWorkloadsAreWarnedOf() {
    registry.create(Resources.PODS, "default", pod("old"));
    label("enforce", "baseline");
    label("warn", "restricted");
    ObjectNode pod = pod("a");
    pod.withObject("/spec").put("hostNetwork", true);
    assertForbidden(
        Resources.PODS,
        pod,
        "pods \"a\" is forbidden: violates PodSecurity \"baseline:latest\": host namespaces"
            + " (hostNetwork=true)");
    ApiResponse warned =
        registry
            .send(ApiRequest.post(Resources.PODS.path("default"), Json.bytes(pod("b"))))
            .orThrow();
    assertThat(warned.headers().get("warning"))
        .startsWith("299 - \"would violate PodSecurity \\\"restricted:latest\\\": allowPriv");
    ApiResponse deployment =
        registry.send(
            ApiRequest.post(
                Resources.DEPLOYMENTS.path("default"),
                Json.bytes(
                    json(
                        "{'metadata':{'name':'d'},'spec':{'selector':{'matchLabels':{'a':'b'}},"
                            + "'template':{'metadata':{'labels':{'a':'b'}},'spec':{'hostPID':true,"
                            + "'containers':[{'name':'c','image':'i'}]}}}}"))));
    assertThat(deployment.status()).isEqualTo(201);
    assertThat(deployment.headers().get("warning"))
        .contains("host namespaces (hostPID=true), allow");
    ObjectNode namespace = registry.get(Resources.NAMESPACES, "", "default");
    Meta.of(namespace)
        .withObject("/labels")
        .put("pod-security.kubernetes.io/enforce", "restricted");
    ApiResponse stricter =
        registry.send(TestingRegistry.putRequest(Resources.NAMESPACES, namespace)).orThrow();
    assertThat(stricter.headers().get("warning"))
        .contains("existing pods in namespace \\\"default\\\" violate the new PodSecurity")
        .contains("b (and 1 other pod): allowPrivilegeEscalation != false, unrestricted cap");
    Meta.of(namespace).remove("resourceVersion");
    Meta.of(namespace).withObject("/labels").put("pod-security.kubernetes.io/enforce", "x");
    ApiResponse refused =
        registry.send(TestingRegistry.putRequest(Resources.NAMESPACES, namespace));
    assertThat(body(refused).path("message").asText())
        .contains("must be one of privileged, baseline, restricted");
  }

  @Test
  void newClaimsAndVolumesAreProtected() {
    String spec =
        "'spec':{'accessModes':['ReadWriteOnce'],'resources':{'requests':{'storage':'1Gi'}}}}";
    ObjectNode claim =
        registry.create(
            Resources.PERSISTENT_VOLUME_CLAIMS,
            "default",
            json("{'metadata':{'name':'a','finalizers':['example.com/mine']}," + spec));
    assertThat(claim.at("/metadata/finalizers"))
        .hasToString("[\"example.com/mine\",\"kubernetes.io/pvc-protection\"]");
    Meta.of(claim).remove("finalizers");
    assertThat(registry.put(Resources.PERSISTENT_VOLUME_CLAIMS, claim).at("/metadata/finalizers"))
        .as("only new ones")
        .isEmpty();
    ObjectNode volume =
        registry.create(
            Resources.PERSISTENT_VOLUMES,
            "",
            json(
                "{'metadata':{'name':'v'},'spec':{'capacity':{'storage':'1Gi'},"
                    + "'accessModes':['ReadWriteOnce'],'hostPath':{'path':'/x'}}}"));
    assertThat(volume.at("/metadata/finalizers")).hasToString("[\"kubernetes.io/pv-protection\"]");
  }
}
