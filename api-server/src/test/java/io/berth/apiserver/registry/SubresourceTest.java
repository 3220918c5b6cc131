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

final class SubresourceTest {
  private final TestingRegistry registry = TestingRegistry.ready();

  @AfterEach
  void close() {
    registry.close();
  }

  private ApiResponse post(ResourceDefinition resource, String name, String sub, String body) {
    return registry.send(
        ApiRequest.post(resource.path("default", name, sub), Json.bytes(json(body))));
  }

  private ApiResponse put(ResourceDefinition resource, String name, String sub, ObjectNode body) {
    return registry.send(ApiRequest.put(resource.path("default", name, sub), Json.bytes(body)));
  }

  private void run(String name) {
    registry.create(Resources.PODS, "default", pod(name));
    ObjectNode running = registry.get(Resources.PODS, "default", name);
    running.withObject("/status").put("phase", "Running");
    running
        .withObject("/status")
        .putArray("conditions")
        .addObject()
        .put("type", "Ready")
        .put("status", "True");
    assertThat(put(Resources.PODS, name, "status", running).status()).isEqualTo(200);
  }

  private void budget(int allowed) {
    registry.create(
        Resources.POD_DISRUPTION_BUDGETS,
        "default",
        json("{'metadata':{'name':'pdb'},'spec':{'minAvailable':1,'selector':{}}}"));
    ObjectNode budget = registry.get(Resources.POD_DISRUPTION_BUDGETS, "default", "pdb");
    assertThat(budget.path("status").path("disruptionsAllowed").asInt(-1)).isZero();
    budget
        .withObject("/status")
        .put("observedGeneration", 1)
        .put("disruptionsAllowed", allowed)
        .put("desiredHealthy", 1)
        .put("currentHealthy", 1 + allowed);
    assertThat(put(Resources.POD_DISRUPTION_BUDGETS, "pdb", "status", budget).status())
        .isEqualTo(200);
  }

  private ApiResponse evict(String name) {
    return post(
        Resources.PODS,
        name,
        "eviction",
        "{'kind':'Eviction','apiVersion':'policy/v1','metadata':{'name':'" + name + "'}}");
  }

  @Test
  void anEvictionUsesTheBudgetUpAndTheNextIsToldToWait() {
    run("a");
    run("b");
    budget(1);
    assertThat(evict("a").status()).isEqualTo(201);
    ObjectNode status =
        (ObjectNode)
            registry.get(Resources.POD_DISRUPTION_BUDGETS, "default", "pdb").path("status");
    assertThat(status.path("disruptionsAllowed").asInt(-1)).isZero();
    assertThat(status.path("disruptedPods").has("a")).isTrue();
    ApiResponse refused = evict("b");
    assertThat(refused.status()).isEqualTo(429);
    assertThat(body(refused).path("reason").asText()).isEqualTo("TooManyRequests");
    assertThat(body(refused).path("message").asText())
        .isEqualTo("Cannot evict pod as it would violate the pod's disruption budget.");
    assertThat(body(refused).path("details").path("causes").path(0))
        .isEqualTo(
            json(
                "{'reason':'DisruptionBudget','message':'The disruption budget pdb needs 1 healthy"
                    + " pods and has 2 currently'}"));
    assertThat(registry.get(Resources.PODS, "default", "b").path("metadata").has("uid")).isTrue();
  }

  @Test
  void aBudgetThatItsControllerHasNotSeenAllowsNothingYet() {
    run("a");
    registry.create(
        Resources.POD_DISRUPTION_BUDGETS,
        "default",
        json("{'metadata':{'name':'pdb'},'spec':{'minAvailable':0,'selector':{}}}"));
    ApiResponse refused = evict("a");
    assertThat(refused.status()).isEqualTo(429);
    assertThat(body(refused).path("details").path("retryAfterSeconds").asInt()).isEqualTo(10);
  }

  @Test
  void aPendingPodIsEvictedWhateverItsBudget() {
    registry.create(Resources.PODS, "default", pod("a"));
    budget(0);
    assertThat(evict("a").status()).isEqualTo(201);
    assertThat(registry.send(ApiRequest.get(Resources.PODS.path("default", "a"))).status())
        .isEqualTo(404);
  }

  @Test
  void aDryRunEvictionTakesNothing() {
    run("a");
    budget(1);
    ApiResponse answer =
        post(
            Resources.PODS,
            "a",
            "eviction",
            "{'kind':'Eviction','apiVersion':'policy/v1','metadata':{'name':'a'},"
                + "'deleteOptions':{'dryRun':['All']}}");
    assertThat(answer.status()).isEqualTo(201);
    assertThat(
            registry
                .get(Resources.POD_DISRUPTION_BUDGETS, "default", "pdb")
                .path("status")
                .path("disruptionsAllowed")
                .asInt())
        .isEqualTo(1);
    assertThat(registry.get(Resources.PODS, "default", "a").path("metadata").has("uid")).isTrue();
  }

  @Test
  void aResizeChangesProcessorsAndMemoryAlone() {
    ObjectNode wanted = pod("a");
    ((ObjectNode) wanted.path("spec").path("containers").get(0))
        .putObject("resources")
        .putObject("requests")
        .put("cpu", "100m");
    ObjectNode stored = registry.create(Resources.PODS, "default", wanted);
    ObjectNode larger = stored.deepCopy();
    ObjectNode container = (ObjectNode) larger.path("spec").path("containers").get(0);
    container.withObject("/resources/requests").put("cpu", "200m");
    ApiResponse resized = put(Resources.PODS, "a", "resize", larger);
    assertThat(resized.status()).isEqualTo(200);
    ObjectNode now = body(resized);
    assertThat(now.at("/spec/containers/0/resources/requests/cpu").asText()).isEqualTo("200m");
    assertThat(now.at("/metadata/generation").asInt()).isEqualTo(2);
    ((ObjectNode) now.path("spec").path("containers").get(0)).put("image", "other");
    ApiResponse refused = put(Resources.PODS, "a", "resize", now);
    assertThat(refused.status()).isEqualTo(422);
    assertThat(body(refused).path("message").asText())
        .contains("spec: Forbidden: only cpu and memory resources are mutable");
  }

  @Test
  void ephemeralContainersAreAddedAndNeverChanged() {
    registry.create(Resources.PODS, "default", pod("a"));
    ObjectNode pod = registry.get(Resources.PODS, "default", "a");
    pod.withObject("/spec")
        .putArray("ephemeralContainers")
        .addObject()
        .put("name", "debug")
        .put("image", "busybox");
    ApiResponse added = put(Resources.PODS, "a", "ephemeralcontainers", pod);
    assertThat(added.status()).isEqualTo(200);
    assertThat(body(added).at("/spec/ephemeralContainers/0/terminationMessagePath").asText())
        .isEqualTo("/dev/termination-log");
    ObjectNode without = body(added);
    without.withObject("/spec").remove("ephemeralContainers");
    ApiResponse refused = put(Resources.PODS, "a", "ephemeralcontainers", without);
    assertThat(refused.status()).isEqualTo(422);
    assertThat(body(refused).path("message").asText()).contains("may not be removed");
  }

  @Test
  void aBindingNamesTheUrlsPod() {
    registry.create(Resources.PODS, "default", pod("a"));
    ApiResponse refused =
        registry.send(
            ApiRequest.post(
                Resources.PODS.path("default", "a", "binding"),
                Json.bytes(json("{'metadata':{'name':'b'},'target':{'name':'n1'}}"))));
    assertThat(refused.status()).isEqualTo(400);
    assertThat(body(refused).path("message").asText())
        .isEqualTo("name in URL does not match name in Binding object");
  }

  @Test
  void anEvictionMayBeOfItsOlderVersion() {
    registry.create(Resources.PODS, "default", pod("a"));
    ApiResponse evicted =
        registry.send(
            ApiRequest.post(
                Resources.PODS.path("default", "a", "eviction"),
                Json.bytes(
                    json(
                        "{'kind':'Eviction','apiVersion':'policy/v1beta1','metadata':{'name':'a'}}"))));
    assertThat(evicted.status()).isEqualTo(201);
    assertThat(registry.send(ApiRequest.get(Resources.PODS.path("default", "a"))).status())
        .isEqualTo(404);
  }

  @Test
  void aBindingCanBePostedToItsOwnCollection() {
    registry.create(Resources.PODS, "default", pod("a"));
    ApiResponse bound =
        registry.send(
            ApiRequest.post(
                "/api/v1/namespaces/default/bindings",
                Json.bytes(json("{'metadata':{'name':'a'},'target':{'name':'n1'}}"))));
    assertThat(bound.status()).isEqualTo(201);
    assertThat(body(bound).path("code").asInt()).isEqualTo(201);
    assertThat(registry.get(Resources.PODS, "default", "a").at("/spec/nodeName").asText())
        .isEqualTo("n1");
  }

  @Test
  void aBindingEndsTheNomination() {
    registry.create(Resources.PODS, "default", pod("a"));
    ObjectNode nominated = registry.get(Resources.PODS, "default", "a");
    nominated.withObject("/status").put("nominatedNodeName", "n1");
    String path = Resources.PODS.path("default", "a");
    registry.send(ApiRequest.put(path + "/status", Json.bytes(nominated)));
    assertThat(
            registry.get(Resources.PODS, "default", "a").at("/status/nominatedNodeName").asText())
        .isEqualTo("n1");
    registry.send(ApiRequest.post(path + "/binding", Json.bytes(json("{'target':{'name':'n1'}}"))));
    ObjectNode bound = registry.get(Resources.PODS, "default", "a");
    assertThat(bound.at("/spec/nodeName").asText()).isEqualTo("n1");
    assertThat(bound.path("status").has("nominatedNodeName")).isFalse();
  }

  @Test
  void onlyAnApprovalDecidesOnARequestForACertificate() {
    registry.create(
        Resources.CERTIFICATE_SIGNING_REQUESTS,
        "",
        json(
            "{'metadata':{'name':'c'},'spec':{'request':'"
                + CertificateRequests.BASE64
                + "','signerName':'example.com/s','usages':['client auth']}}"));
    String path = Resources.CERTIFICATE_SIGNING_REQUESTS.path("", "c");
    ObjectNode request = registry.get(Resources.CERTIFICATE_SIGNING_REQUESTS, "", "c");
    assertThat(request.at("/spec/username").asText()).isEqualTo("admin");
    request
        .withObject("/status")
        .putArray("conditions")
        .addObject()
        .put("type", "Approved")
        .put("status", "True")
        .put("reason", "Test");
    ObjectNode byStatus =
        body(registry.send(ApiRequest.put(path + "/status", Json.bytes(request))).orThrow());
    assertThat(byStatus.path("status").path("conditions").isEmpty()).isTrue();
    Meta.copy("resourceVersion", byStatus.path("metadata"), Meta.of(request));
    ObjectNode approved =
        body(registry.send(ApiRequest.put(path + "/approval", Json.bytes(request))).orThrow());
    assertThat(approved.at("/status/conditions/0/type").asText()).isEqualTo("Approved");
    assertThat(approved.at("/status/conditions/0/lastUpdateTime").asText()).isNotEmpty();
    approved.withObject("/status").remove("conditions");
    ApiResponse refused = registry.send(ApiRequest.put(path + "/approval", Json.bytes(approved)));
    assertThat(refused.status()).isEqualTo(422);
  }

  @Test
  void theHealthOfTheStoreIsAComponentStatus() {
    ObjectNode list = body(registry.send(ApiRequest.get("/api/v1/componentstatuses")).orThrow());
    assertThat(list.path("kind").asText()).isEqualTo("ComponentStatusList");
    assertThat(list.at("/items/0/conditions/0/type").asText()).isEqualTo("Healthy");
    assertThat(registry.send(ApiRequest.get("/api/v1/componentstatuses/etcd-0")).orThrow().status())
        .isEqualTo(200);
    assertThat(registry.send(ApiRequest.get("/api/v1/componentstatuses/x")).status())
        .isEqualTo(404);
  }
}
