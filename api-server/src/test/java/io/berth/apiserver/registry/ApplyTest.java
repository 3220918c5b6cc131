package io.berth.apiserver.registry;

import static io.berth.apiserver.registry.CreateTest.assertRefused;
import static io.berth.apiserver.registry.TestingRegistry.body;
import static io.berth.apiserver.registry.TestingRegistry.json;
import static io.berth.apiserver.registry.TestingRegistry.named;
import static io.berth.apiserver.registry.TestingRegistry.pod;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.resource.Resources;
import io.berth.api.transport.ApiRequest;
import io.berth.api.transport.ApiResponse;
import io.berth.apiserver.server.Identity;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class ApplyTest {
  private static final String WEB =
      """
      apiVersion: apps/v1
      kind: Deployment
      metadata: {name: web}
      spec:
        replicas: 2
        selector: {matchLabels: {a: b}}
        template:
          metadata: {labels: {a: b}}
          spec: {containers: [{name: c, image: i, ports: [{containerPort: 80}]}]}
      """;

  private final TestingRegistry registry = TestingRegistry.ready();

  @AfterEach
  void close() {
    registry.close();
  }

  private static ApiRequest request(String path, String manager, String yaml) {
    ApiRequest patch =
        ApiRequest.patch(
            path, "application/apply-patch+yaml", yaml.getBytes(StandardCharsets.UTF_8));
    return manager.isEmpty() ? patch : patch.withQuery("fieldManager", manager);
  }

  private ApiResponse apply(
      ResourceDefinition resource, String name, String manager, String yaml, String... more) {
    ApiRequest request = request(resource.path("default", name), manager, yaml);
    for (int i = 0; i < more.length; i += 2) {
      request = request.withQuery(more[i], more[i + 1]);
    }
    return registry.send(request);
  }

  private static String map(String data) {
    return "{apiVersion: v1, kind: ConfigMap, metadata: {name: m}, data: " + data + "}";
  }

  private ApiResponse applyMap(String manager, String data, String... more) {
    return apply(Resources.CONFIG_MAPS, "m", manager, map(data), more);
  }

  private ObjectNode map() {
    return registry.get(Resources.CONFIG_MAPS, "default", "m");
  }

  private static List<String> owners(JsonNode object) {
    List<String> owners = new ArrayList<>();
    for (JsonNode entry : object.path("metadata").path("managedFields")) {
      owners.add(
          entry.path("manager").asText()
              + " "
              + entry.path("operation").asText()
              + " "
              + entry.path("apiVersion").asText()
              + (entry.has("subresource") ? "/" + entry.path("subresource").asText() : ""));
    }
    return owners;
  }

  private static String fields(JsonNode object, String manager) {
    for (JsonNode entry : object.path("metadata").path("managedFields")) {
      if (entry.path("manager").asText().equals(manager)) {
        return entry.path("fieldsV1").toString().replace('"', '\'');
      }
    }
    return "";
  }

  @Test
  void emptyMapsAndListsClaimNothing() {
    String yaml =
        """
        {apiVersion: v1, kind: ConfigMap, metadata: {name: m, annotations: {}, finalizers: []},
         binaryData: {}, data: {k: %s}}
        """;
    apply(Resources.CONFIG_MAPS, "m", "a", yaml.formatted("v"));
    assertThat(fields(map(), "a")).isEqualTo("{'f:data':{'f:k':{}}}");
    ApiResponse conflict = apply(Resources.CONFIG_MAPS, "m", "b", yaml.formatted("w"));
    assertThat(body(conflict).path("message").asText())
        .isEqualTo("Apply failed with 1 conflict: conflict with \"a\": .data.k");
  }

  @Test
  void whatIsNotThereIsCreatedAndWhatIsThereChanged() {
    ApiResponse created = applyMap("a", "{k: v}");
    assertThat(created.status()).isEqualTo(201);
    assertThat(owners(body(created))).containsExactly("a Apply v1");
    assertThat(fields(body(created), "a")).isEqualTo("{'f:data':{'f:k':{}}}");
    assertThat(Meta.uid(body(created))).isNotEmpty();

    ApiResponse changed = applyMap("a", "{l: w}");
    assertThat(changed.status()).isEqualTo(200);
    assertThat(map().path("data").toString()).isEqualTo("{\"l\":\"w\"}");
  }

  @Test
  void applyingTheSameAgainMakesNoRevision() {
    ObjectNode first = body(apply(Resources.DEPLOYMENTS, "web", "a", WEB).orThrow());
    ObjectNode again = body(apply(Resources.DEPLOYMENTS, "web", "a", WEB).orThrow());
    assertThat(again).isEqualTo(first);
  }

  @Test
  void conflictsNameTheFieldAndItsOwner() {
    applyMap("a", "{k: v}").orThrow();
    ApiResponse refused = applyMap("b", "{k: w}");
    assertRefused(
        refused, 409, "Conflict", "Apply failed with 1 conflict: conflict with \"a\": .data.k");
    JsonNode cause = Json.parse(refused.body()).at("/details/causes/0");
    assertThat(cause.path("reason").asText()).isEqualTo("FieldManagerConflict");
    assertThat(cause.path("field").asText()).isEqualTo(".data.k");

    applyMap("b", "{k: w}", "force", "true").orThrow();
    assertThat(owners(map())).containsExactly("b Apply v1");
  }

  @Test
  void whoAppliesMustSaySo() {
    assertRefused(
        applyMap("", "{k: v}"),
        422,
        "Invalid",
        "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for"
            + " apply patch");
    assertRefused(
        registry.send(
            ApiRequest.patch(
                    Resources.CONFIG_MAPS.path("default", "m"),
                    "application/merge-patch+json",
                    new byte[] {'{', '}'})
                .withQuery("force", "true")),
        422,
        "Invalid",
        "force: Forbidden: may not be specified for non-apply patch");
    assertRefused(
        applyMap("x".repeat(129), "{k: v}"),
        422,
        "Invalid",
        "fieldManager: Too long: may not be more than 128 bytes");
  }

  @Test
  void theConfigurationMustBeOfTheResourceAndWellFormed() {
    assertRefused(
        apply(Resources.CONFIG_MAPS, "m", "a", WEB),
        400,
        "BadRequest",
        "invalid object type: apps/v1, Kind=Deployment");
    assertRefused(
        apply(
            Resources.CONFIG_MAPS,
            "m",
            "a",
            "{apiVersion: v1, kind: ConfigMap, metadata: {name: x}}"),
        400,
        "BadRequest",
        "the name of the object (x) does not match the name on the URL (m)");
    assertRefused(
        apply(Resources.CONFIG_MAPS, "m", "a", "{apiVersion: v1, kind: ConfigMap}"),
        400,
        "BadRequest",
        "the name of the object (m based on URL) was undeterminable: name must be provided");
    assertRefused(
        applyMap("a", "{k: v}, foo: 1"),
        400,
        "BadRequest",
        "failed to create typed patch object (/m; /v1, Kind=ConfigMap): .foo: field not declared in"
            + " schema");
    assertRefused(
        apply(Resources.CONFIG_MAPS, "m", "a", "{"), 400, "BadRequest", "error decoding YAML");
    assertRefused(
        apply(Resources.CONFIG_MAPS, "m", "a", "[]"), 400, "BadRequest", "error decoding YAML");
    assertRefused(
        apply(
            Resources.CONFIG_MAPS,
            "m",
            "a",
            "{apiVersion: v1, kind: ConfigMap, metadata: {name: m, managedFields: []}}"),
        400,
        "BadRequest",
        "metadata.managedFields must be nil");
    assertRefused(
        apply(
            Resources.CONFIG_MAPS,
            "m",
            "a",
            "{apiVersion: v1, kind: ConfigMap, metadata: {name: m, uid: u}}"),
        409,
        "Conflict",
        "uid mismatch: the provided object specified uid u, and no existing object was found");
    assertThat(registry.list(Resources.CONFIG_MAPS, "default").path("items")).isEmpty();
  }

  @Test
  void aRevisionIsAPrecondition() {
    applyMap("a", "{k: v}").orThrow();
    String stale =
        "{apiVersion: v1, kind: ConfigMap, metadata: {name: m, resourceVersion: '1'}, data: {k:"
            + " w}}";
    assertRefused(
        apply(Resources.CONFIG_MAPS, "m", "a", stale),
        409,
        "Conflict",
        "the object has been modified");
    String revision = Meta.text(map(), "resourceVersion");
    apply(Resources.CONFIG_MAPS, "m", "a", stale.replace("'1'", "'" + revision + "'")).orThrow();
    assertThat(map().at("/data/k").asText()).isEqualTo("w");
  }

  @Test
  void whoMayNotCreateCreatesNothingByApplyOrPut() {
    Identity patcher = Identity.of("patcher", Identity.AUTHENTICATED);
    ApiRequest apply = request(Resources.CONFIG_MAPS.path("default", "m"), "a", map("{k: v}"));
    assertThatThrownBy(() -> registry.stream(apply, patcher))
        .hasMessage(
            "configmaps \"m\" is forbidden: User \"patcher\" cannot create resource"
                + " \"configmaps\" in API group \"\" in the namespace \"default\"");
    applyMap("a", "{k: v}").orThrow();
    assertThat(registry.stream(apply, patcher).response().status()).isEqualTo(200);

    ApiRequest lease =
        ApiRequest.put(Resources.LEASES.path("default", "l"), Json.bytes(named("l")));
    assertThatThrownBy(() -> registry.stream(lease, patcher))
        .hasMessageContaining("leases.coordination.k8s.io \"l\" is forbidden");
    assertThat(registry.send(lease).status()).isEqualTo(201);
  }

  @Test
  void aDryRunAppliesNothing() {
    ApiResponse dry = applyMap("a", "{k: v}", "dryRun", "All");
    assertThat(dry.status()).isEqualTo(201);
    assertThat(fields(body(dry), "a")).isEqualTo("{'f:data':{'f:k':{}}}");
    assertThat(registry.list(Resources.CONFIG_MAPS, "default").path("items")).isEmpty();

    applyMap("a", "{k: v}").orThrow();
    assertThat(body(applyMap("a", "{k: w}", "dryRun", "All").orThrow()).at("/data/k").asText())
        .isEqualTo("w");
    assertThat(map().at("/data/k").asText()).isEqualTo("v");
  }

  @Test
  void everyWayOfWritingIsTrackedUnderItsClientsName() {
    ApiRequest create =
        ApiRequest.post(Resources.DEPLOYMENTS.path("default"), Json.bytes(deployment()))
            .withHeader("user-agent", "kubectl/v1.35.2 (linux/amd64) kubernetes/abc");
    ObjectNode web = body(registry.send(create).orThrow());
    assertThat(owners(web)).containsExactly("kubectl Update apps/v1");
    assertThat(fields(web, "kubectl"))
        .contains("'f:template'", "'f:image':{}", "'f:progressDeadlineSeconds':{}")
        .doesNotContain("f:uid", "f:creationTimestamp", "'f:metadata':{'f:name'", "f:generation");

    String path = Resources.DEPLOYMENTS.path("default", "web");
    body(
        registry
            .send(
                ApiRequest.patch(
                        path,
                        "application/merge-patch+json",
                        Json.bytes(json("{'spec':{'paused':true}}")))
                    .withQuery("fieldManager", "merger"))
            .orThrow());
    registry
        .send(
            ApiRequest.patch(
                path + "/scale",
                "application/merge-patch+json",
                Json.bytes(json("{'spec':{'replicas':5}}"))))
        .orThrow();
    ObjectNode status = registry.get(Resources.DEPLOYMENTS, "default", "web");
    status.withObject("/status").put("replicas", 5);
    status.withObject("/spec").put("replicas", 7);
    web =
        body(
            registry
                .send(
                    ApiRequest.put(path + "/status", Json.bytes(status))
                        .withHeader("user-agent", "kube-controller-manager/v1"))
                .orThrow());
    assertThat(owners(web))
        .containsExactlyInAnyOrder(
            "kubectl Update apps/v1",
            "merger Update apps/v1",
            "unknown Update apps/v1/scale",
            "kube-controller-manager Update apps/v1/status");
    assertThat(fields(web, "kubectl")).doesNotContain("f:replicas");
    assertThat(fields(web, "merger")).isEqualTo("{'f:spec':{'f:paused':{}}}");
    assertThat(fields(web, "unknown")).isEqualTo("{'f:spec':{'f:replicas':{}}}");
    assertThat(fields(web, "kube-controller-manager")).isEqualTo("{'f:status':{'f:replicas':{}}}");
  }

  private static ObjectNode deployment() {
    return json(
        "{'kind':'Deployment','apiVersion':'apps/v1','metadata':{'name':'web'},'spec':{'replicas':2,"
            + "'selector':{'matchLabels':{'a':'b'}},'template':{'metadata':{'labels':{'a':'b'}},"
            + "'spec':{'containers':[{'name':'c','image':'i'}]}}}}");
  }

  @Test
  void aStatusIsAppliedThroughItsPathAlone() {
    apply(Resources.DEPLOYMENTS, "web", "a", WEB + "status: {replicas: 9}").orThrow();
    ObjectNode web = registry.get(Resources.DEPLOYMENTS, "default", "web");
    assertThat(web.path("status").has("replicas")).isFalse();
    assertThat(fields(web, "a")).doesNotContain("f:status");

    String path = Resources.DEPLOYMENTS.path("default", "web", "status");
    String status =
        WEB.replace("replicas: 2", "replicas: 8")
            + "status: {replicas: 3, conditions: [{type: Available, status: 'True'}]}";
    web = body(registry.send(request(path, "b", status)).orThrow());
    assertThat(web.at("/spec/replicas").asInt()).isEqualTo(2);
    assertThat(web.at("/status/replicas").asInt()).isEqualTo(3);
    assertThat(owners(web)).containsExactly("a Apply apps/v1", "b Apply apps/v1/status");
    assertThat(fields(web, "b"))
        .isEqualTo(
            "{'f:status':{'f:conditions':{'k:{\\'type\\':\\'Available\\'}':{'.':{},'f:status':{},"
                + "'f:type':{}}},'f:replicas':{}}}");
    assertThat(
            registry
                .send(
                    request(
                        Resources.DEPLOYMENTS.path("default", "none", "status"),
                        "b",
                        status.replace("name: web", "name: none")))
                .status())
        .isEqualTo(404);
  }

  @Test
  void aScaleIsAppliedAndConflictsWithWhoSetsReplicas() {
    apply(Resources.DEPLOYMENTS, "web", "a", WEB).orThrow();
    String path = Resources.DEPLOYMENTS.path("default", "web", "scale");
    String scale =
        "{apiVersion: autoscaling/v1, kind: Scale, metadata: {name: web, namespace: default}, spec:"
            + " {replicas: 4}}";
    assertRefused(
        registry.send(request(path, "scaler", scale)),
        409,
        "Conflict",
        "Apply failed with 1 conflict: conflict with \"a\": .spec.replicas");
    ObjectNode result =
        body(registry.send(request(path, "scaler", scale).withQuery("force", "true")).orThrow());
    assertThat(result.path("kind").asText()).isEqualTo("Scale");
    ObjectNode web = registry.get(Resources.DEPLOYMENTS, "default", "web");
    assertThat(web.at("/spec/replicas").asInt()).isEqualTo(4);
    assertThat(owners(web)).containsExactly("a Apply apps/v1", "scaler Apply apps/v1/scale");

    apply(Resources.DEPLOYMENTS, "web", "a", WEB.replace("  replicas: 2\n", "")).orThrow();
    assertThat(registry.get(Resources.DEPLOYMENTS, "default", "web").at("/spec/replicas").asInt())
        .isEqualTo(4);
  }

  @Test
  void ownersAreKeptByClientsThatDoNotKnowThemAndClearedByThoseWhoDo() {
    ObjectNode created =
        registry.create(
            Resources.CONFIG_MAPS, "default", json("{'metadata':{'name':'m'},'data':{'k':'u'}}"));
    created.putObject("data").put("k", "v");
    Meta.of(created).remove("managedFields");
    ObjectNode changed = registry.put(Resources.CONFIG_MAPS, created);
    assertThat(owners(changed)).containsExactly("unknown Update v1");

    Meta.of(changed).putArray("managedFields").addObject();
    assertThat(registry.put(Resources.CONFIG_MAPS, changed).path("metadata").has("managedFields"))
        .isFalse();
  }

  @Test
  void aBindingChangesNoOwner() {
    ObjectNode pod = registry.create(Resources.PODS, "default", pod("p"));
    registry
        .send(
            ApiRequest.post(
                Resources.PODS.path("default", "p", "binding"),
                Json.bytes(json("{'metadata':{'name':'p'},'target':{'kind':'Node','name':'n'}}"))))
        .orThrow();
    ObjectNode bound = registry.get(Resources.PODS, "default", "p");
    assertThat(FieldOwners.of(bound)).isEqualTo(FieldOwners.of(pod));
  }

  @Test
  void whatTheServerFillsInIsOwnedByNobodyAndSurvivesAnApply() {
    String service =
        "{apiVersion: v1, kind: Service, metadata: {name: s}, spec: {selector: {a: b}, ports:"
            + " [{port: 80}]}}";
    ObjectNode first = body(apply(Resources.SERVICES, "s", "a", service).orThrow());
    assertThat(first.at("/spec/clusterIP").asText()).isNotEmpty();
    assertThat(fields(first, "a")).doesNotContain("clusterIP");
    ObjectNode second =
        body(apply(Resources.SERVICES, "s", "a", service.replace("a: b", "a: c")).orThrow());
    assertThat(second.at("/spec/clusterIP")).isEqualTo(first.at("/spec/clusterIP"));
    assertThat(second.at("/spec/selector/a").asText()).isEqualTo("c");
  }

  @Test
  void anObjectTooLargeWithItsOwnersIsStoredWithoutThemUnlessItIsApplied() {
    StringBuilder data = new StringBuilder();
    for (int i = 0; i < 30_000; i++) {
      data.append(i == 0 ? "{" : ",").append("'a-rather-long-key-").append(i).append("':''");
    }
    ObjectNode map = json("{'kind':'ConfigMap','apiVersion':'v1','metadata':{'name':'m'}}");
    map.set("data", json(data.append('}').toString()));
    ApiResponse applied =
        registry.send(request(Resources.CONFIG_MAPS.path("default", "m"), "a", map.toString()));
    assertThat(applied.status()).isEqualTo(413);
    ObjectNode created = registry.create(Resources.CONFIG_MAPS, "default", map);
    assertThat(created.path("metadata").has("managedFields")).isFalse();
    assertThat(created.path("data")).hasSize(30_000);
    Meta.of(created).putObject("labels").put("a", "b");
    assertThat(registry.put(Resources.CONFIG_MAPS, created).at("/metadata/labels/a").asText())
        .isEqualTo("b");
  }
}
