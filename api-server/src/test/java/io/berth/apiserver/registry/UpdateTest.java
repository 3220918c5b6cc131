package io.berth.apiserver.registry;

import static io.berth.apiserver.registry.CreateTest.assertRefused;
import static io.berth.apiserver.registry.TestingRegistry.body;
import static io.berth.apiserver.registry.TestingRegistry.json;
import static io.berth.apiserver.registry.TestingRegistry.named;
import static io.berth.apiserver.registry.TestingRegistry.pod;
import static io.berth.apiserver.registry.TestingRegistry.putRequest;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.resource.Resources;
import io.berth.api.transport.ApiRequest;
import io.berth.api.transport.ApiResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class UpdateTest {
  private static final String MERGE = "application/merge-patch+json";
  private static final String JSON_PATCH = "application/json-patch+json";
  private static final String STRATEGIC = "application/strategic-merge-patch+json";

  private final TestingRegistry registry = TestingRegistry.ready();

  @AfterEach
  void close() {
    registry.close();
  }

  private ApiResponse patch(
      ResourceDefinition resource, String name, String type, String patch, String... subresource) {
    String path = resource.path("default", name);
    String full = subresource.length == 0 ? path : path + "/" + subresource[0];
    byte[] bytes = Json.bytes(json("{'x':" + patch + "}").get("x"));
    return registry.send(ApiRequest.patch(full, type, bytes));
  }

  private ObjectNode deployment() {
    return registry.create(
        Resources.DEPLOYMENTS,
        "default",
        json(
            "{'metadata':{'name':'web'},'spec':{'replicas':2,'selector':{'matchLabels':{'a':'b'}},"
                + "'template':{'metadata':{'labels':{'a':'b'}},'spec':{'containers':["
                + "{'name':'c','image':'i'}]}}}}"));
  }

  @Test
  void aStaleRevisionConflictsAndNoneIsUnconditional() {
    ObjectNode first = registry.create(Resources.CONFIG_MAPS, "default", named("a"));
    ObjectNode changed = first.deepCopy();
    changed.putObject("data").put("k", "1");
    ObjectNode second = registry.put(Resources.CONFIG_MAPS, changed);
    assertThat(Meta.text(second, "resourceVersion"))
        .isNotEqualTo(Meta.text(first, "resourceVersion"));

    changed.withObject("/data").put("k", "2");
    assertRefused(
        registry.send(putRequest(Resources.CONFIG_MAPS, changed)),
        409,
        "Conflict",
        "Operation cannot be fulfilled on configmaps \"a\": the object has been modified; please"
            + " apply your changes to the latest version and try again");

    Meta.of(changed).remove("resourceVersion");
    assertThat(registry.put(Resources.CONFIG_MAPS, changed).path("data").path("k").asText())
        .isEqualTo("2");
  }

  @Test
  void whatTheServerSetStays() {
    ObjectNode first = registry.create(Resources.CONFIG_MAPS, "default", named("a"));
    ObjectNode changed = named("a");
    Meta.of(changed).put("namespace", "default").put("creationTimestamp", "2001-01-01T00:00:00Z");
    ObjectNode second = registry.put(Resources.CONFIG_MAPS, changed);
    assertThat(second).isEqualTo(first);
  }

  @Test
  void aWriteThatChangesNothingMakesNoRevision() {
    ObjectNode first = registry.create(Resources.CONFIG_MAPS, "default", named("a"));
    assertThat(registry.put(Resources.CONFIG_MAPS, first)).isEqualTo(first);
  }

  @Test
  void anUpdateCreatesNothing() {
    ObjectNode none = named("none");
    Meta.of(none).put("namespace", "default");
    assertRefused(
        registry.send(putRequest(Resources.CONFIG_MAPS, none)),
        404,
        "NotFound",
        "configmaps \"none\" not found");
  }

  @Test
  void nameUidAndNamespaceMustBeTheObjects() {
    registry.create(Resources.CONFIG_MAPS, "default", named("a"));
    String path = Resources.CONFIG_MAPS.path("default", "a");
    assertRefused(
        registry.send(ApiRequest.put(path, Json.bytes(named("b")))),
        400,
        "BadRequest",
        "the name of the object (b) does not match the name on the URL (a)");
    assertRefused(
        registry.send(
            ApiRequest.put(path, Json.bytes(json("{'metadata':{'name':'a','uid':'x'}}")))),
        409,
        "Conflict",
        "Precondition failed: UID in precondition: x");
    assertRefused(
        registry.send(
            ApiRequest.put(path, Json.bytes(json("{'metadata':{'name':'a','namespace':'x'}}")))),
        400,
        "BadRequest",
        "the namespace of the object (x) does not match the namespace on the request (default)");
  }

  @Test
  void aPutOfAnObjectThatIsGoneConflictsWhereItNamesItsUid() {
    ObjectNode map = registry.create(Resources.CONFIG_MAPS, "default", named("a"));
    String path = Resources.CONFIG_MAPS.path("default", "a");
    registry.send(ApiRequest.delete(path));
    assertRefused(
        registry.send(putRequest(Resources.CONFIG_MAPS, map)),
        409,
        "Conflict",
        "UID in precondition: " + Meta.uid(map) + ", UID in object meta: ");
    Meta.of(map).remove("uid");
    assertThat(registry.send(putRequest(Resources.CONFIG_MAPS, map)).status()).isEqualTo(404);
    assertThat(registry.send(ApiRequest.put(path, Json.bytes(Json.object()))).status())
        .as("a name must be given")
        .isEqualTo(400);
  }

  @Test
  void whatLiesInNamespacesIsWrittenInOneOnly() {
    String all = Resources.CONFIG_MAPS.path(null);
    registry.create(Resources.CONFIG_MAPS, "default", named("a"));
    for (String map :
        List.of("{'metadata':{'name':'b'}}", "{'metadata':{'name':'b','namespace':'default'}}")) {
      assertThat(registry.send(ApiRequest.post(all, Json.bytes(json(map)))).status())
          .isEqualTo(405);
    }
    assertThat(registry.send(ApiRequest.delete(all)).status()).isEqualTo(405);
    assertThat(body(registry.send(ApiRequest.get(all))).path("items")).hasSize(1);
  }

  @Test
  void whatLiesInNoNamespaceLosesTheOneItNames() {
    String role = "{'metadata':{'name':'r','namespace':'x'},'rules':[]}";
    ObjectNode created = registry.create(Resources.CLUSTER_ROLES, "", json(role));
    assertThat(created.path("metadata").has("namespace")).isFalse();
    Meta.of(created).put("namespace", "y");
    ObjectNode put = registry.put(Resources.CLUSTER_ROLES, created.deepCopy());
    assertThat(put.path("metadata").has("namespace")).isFalse();
    String apply =
        "{'apiVersion':'rbac.authorization.k8s.io/v1','kind':'ClusterRole'," + role.substring(1);
    ApiResponse applied =
        registry.send(
            ApiRequest.patch(
                    Resources.CLUSTER_ROLES.path(null, "r"),
                    "application/apply-patch+yaml",
                    apply.getBytes(StandardCharsets.UTF_8))
                .withQuery("fieldManager", "m"));
    assertThat(applied.status()).isEqualTo(200);
    assertThat(body(applied).path("metadata").has("namespace")).isFalse();
  }

  @Test
  void theTimeOfDeletionIsTheServers() {
    ObjectNode map = registry.create(Resources.CONFIG_MAPS, "default", named("a"));
    assertRefused(
        patch(
            Resources.CONFIG_MAPS,
            "a",
            MERGE,
            "{'metadata':{'deletionTimestamp':'2001-01-01T00:00:00Z'}}"),
        422,
        "Invalid",
        "metadata.deletionTimestamp: Invalid value: \"2001-01-01T00:00:00Z\": field is immutable");
    Meta.of(map).putArray("finalizers").add("example.com/held");
    registry.put(Resources.CONFIG_MAPS, map);
    registry.send(ApiRequest.delete(Resources.CONFIG_MAPS.path("default", "a")));
    ObjectNode deleting = registry.get(Resources.CONFIG_MAPS, "default", "a");
    String deleted = Meta.text(deleting, "deletionTimestamp");
    Meta.of(deleting).put("deletionTimestamp", deleted.replace("Z", ".000Z"));
    assertThat(registry.send(putRequest(Resources.CONFIG_MAPS, deleting)).status()).isEqualTo(200);
  }

  @Test
  void generationsCountChangesOfTheSpecAlone() {
    ObjectNode web = deployment();
    assertThat(web.path("metadata").path("generation").asInt()).isEqualTo(1);

    web.withObject("/metadata/labels").put("x", "y");
    web = registry.put(Resources.DEPLOYMENTS, web);
    assertThat(web.path("metadata").path("generation").asInt()).isEqualTo(1);

    web.withObject("/spec").put("replicas", 3);
    web = registry.put(Resources.DEPLOYMENTS, web);
    assertThat(web.path("metadata").path("generation").asInt()).isEqualTo(2);
  }

  @Test
  void specAndStatusAreChangedOnlyWhereTheyBelong() {
    ObjectNode web = deployment();
    ObjectNode both = web.deepCopy();
    both.withObject("/spec").put("replicas", 9);
    both.withObject("/status").put("replicas", 7);

    String status = Resources.DEPLOYMENTS.path("default", "web", "status");
    ObjectNode after = body(registry.send(ApiRequest.put(status, Json.bytes(both))).orThrow());
    assertThat(after.path("spec").path("replicas").asInt()).isEqualTo(2);
    assertThat(after.path("status").path("replicas").asInt()).isEqualTo(7);
    assertThat(after.path("metadata").path("generation").asInt()).isEqualTo(1);

    after.withObject("/spec").put("replicas", 9);
    after.withObject("/status").put("replicas", 1);
    after = registry.put(Resources.DEPLOYMENTS, after);
    assertThat(after.path("spec").path("replicas").asInt()).isEqualTo(9);
    assertThat(after.path("status").path("replicas").asInt()).isEqualTo(7);
  }

  @Test
  void everyFormOfPatchWorks() {
    registry.create(Resources.PODS, "default", pod("p"));
    patch(Resources.PODS, "p", MERGE, "{'metadata':{'labels':{'x':'1','app':null}}}").orThrow();
    patch(Resources.PODS, "p", JSON_PATCH, "[{'op':'add','path':'/metadata/labels/y','value':'2'}]")
        .orThrow();
    patch(Resources.PODS, "p", STRATEGIC, "{'spec':{'containers':[{'name':'c','image':'other'}]}}")
        .orThrow();

    ObjectNode pod = registry.get(Resources.PODS, "default", "p");
    assertThat(pod.path("metadata").path("labels").toString())
        .isEqualTo("{\"x\":\"1\",\"y\":\"2\"}");
    JsonNode container = pod.path("spec").path("containers").get(0);
    assertThat(container.path("image").asText()).isEqualTo("other");
    assertThat(container.path("terminationMessagePath").asText()).isNotEmpty();
  }

  @Test
  void aPatchMayDemandARevision() {
    ObjectNode first = registry.create(Resources.CONFIG_MAPS, "default", named("a"));
    String revision = Meta.text(first, "resourceVersion");
    String demand = "{'metadata':{'resourceVersion':'" + revision + "','labels':{'x':'%s'}}}";
    patch(Resources.CONFIG_MAPS, "a", MERGE, demand.formatted("1")).orThrow();
    assertThat(patch(Resources.CONFIG_MAPS, "a", MERGE, demand.formatted("2")).status())
        .isEqualTo(409);
  }

  @Test
  void aPatchCannotChangeWhatTellsAnObjectFromOthers() {
    registry.create(Resources.CONFIG_MAPS, "default", named("a"));
    assertRefused(
        patch(Resources.CONFIG_MAPS, "a", MERGE, "{'metadata':{'uid':'x'}}"),
        422,
        "Invalid",
        "ConfigMap \"a\" is invalid: metadata.uid: Invalid value: \"x\": field is immutable");
    assertRefused(
        patch(Resources.CONFIG_MAPS, "a", MERGE, "{'metadata':{'name':'b'}}"),
        400,
        "BadRequest",
        "the name of the object (b) does not match the name on the URL (a)");
    assertRefused(
        patch(Resources.CONFIG_MAPS, "a", MERGE, "{'metadata':{'namespace':'b'}}"),
        400,
        "BadRequest",
        "the namespace of the object (b) does not match the namespace on the request (default)");
  }

  @Test
  void badPatchesAreRefused() {
    registry.create(Resources.CONFIG_MAPS, "default", named("a"));
    assertThat(patch(Resources.CONFIG_MAPS, "a", "text/plain", "{}").status()).isEqualTo(415);
    assertThat(patch(Resources.CONFIG_MAPS, "a", MERGE, "[]").status()).isEqualTo(400);
    assertThat(patch(Resources.CONFIG_MAPS, "none", MERGE, "{}").status()).isEqualTo(404);
    assertThat(
            patch(
                    Resources.CONFIG_MAPS,
                    "a",
                    JSON_PATCH,
                    "[{'op':'test','path':'/metadata/name','value':'b'}]")
                .status())
        .isEqualTo(422);
    assertThat(patch(Resources.CONFIG_MAPS, "a", MERGE, "{'data':5}").status()).isEqualTo(422);
  }

  @Test
  void aPodsSpecChangesOnlyInItsImages() {
    ObjectNode pod = registry.create(Resources.PODS, "default", pod("p"));
    pod.withObject("/spec").put("hostname", "other");
    assertRefused(
        registry.send(putRequest(Resources.PODS, pod)),
        422,
        "Invalid",
        "Pod \"p\" is invalid: spec: Forbidden: pod updates may not change fields other than");
  }

  @Test
  void selectorsHandlersAndFrozenDataStay() {
    ObjectNode web = deployment();
    web.withObject("/spec/selector/matchLabels").put("more", "x");
    web.withObject("/spec/template/metadata/labels").put("more", "x");
    assertRefused(
        registry.send(putRequest(Resources.DEPLOYMENTS, web)),
        422,
        "Invalid",
        "field is immutable");

    ObjectNode map =
        registry.create(
            Resources.CONFIG_MAPS,
            "default",
            json("{'metadata':{'name':'m'},'immutable':true,'data':{'a':'1'}}"));
    map.withObject("/data").put("a", "2");
    assertRefused(
        registry.send(putRequest(Resources.CONFIG_MAPS, map)),
        422,
        "Invalid",
        "data: Forbidden: field is immutable when `immutable` is set");
  }

  @Test
  void scaleShowsAndSetsReplicas() {
    deployment();
    String path = Resources.DEPLOYMENTS.path("default", "web", "scale");
    ObjectNode scale = body(registry.send(ApiRequest.get(path)).orThrow());
    assertThat(scale.path("kind").asText()).isEqualTo("Scale");
    assertThat(scale.path("spec").path("replicas").asInt()).isEqualTo(2);
    assertThat(scale.path("status").path("selector").asText()).isEqualTo("a=b");

    scale.withObject("/spec").put("replicas", 5);
    body(registry.send(ApiRequest.put(path, Json.bytes(scale))).orThrow());
    patch(Resources.DEPLOYMENTS, "web", MERGE, "{'spec':{'replicas':6}}", "scale").orThrow();
    ObjectNode web = registry.get(Resources.DEPLOYMENTS, "default", "web");
    assertThat(web.path("spec").path("replicas").asInt()).isEqualTo(6);
    assertThat(web.path("metadata").path("generation").asInt()).isEqualTo(3);
    assertThat(registry.send(ApiRequest.put(path, Json.bytes(scale))).status()).isEqualTo(409);
    assertThat(
            patch(Resources.DEPLOYMENTS, "web", MERGE, "{'spec':{'replicas':-1}}", "scale")
                .status())
        .isEqualTo(422);
  }

  @Test
  void aPodIsBoundOnce() {
    ObjectNode pod = registry.create(Resources.PODS, "default", pod("p"));
    String path = Resources.PODS.path("default", "p", "binding");
    String binding = "{'metadata':{'name':'p'%s},'target':{'kind':'Node','name':'%s'}}";

    assertThat(
            registry
                .send(
                    ApiRequest.post(
                        path, Json.bytes(json(binding.formatted(",'uid':'other'", "n1")))))
                .status())
        .isEqualTo(409);
    ApiResponse bound =
        registry.send(
            ApiRequest.post(
                path, Json.bytes(json(binding.formatted(",'uid':'" + Meta.uid(pod) + "'", "n1")))));
    assertThat(bound.status()).isEqualTo(201);
    assertThat(body(bound).path("status").asText()).isEqualTo("Success");
    assertRefused(
        registry.send(ApiRequest.post(path, Json.bytes(json(binding.formatted("", "n2"))))),
        409,
        "Conflict",
        "Operation cannot be fulfilled on pods/binding \"p\": pod p is already assigned to node"
            + " \"n1\"");

    ObjectNode now = registry.get(Resources.PODS, "default", "p");
    assertThat(now.path("spec").path("nodeName").asText()).isEqualTo("n1");
    assertThat(now.path("status").path("conditions").get(0).path("type").asText())
        .isEqualTo("PodScheduled");
  }

  @Test
  void aDryRunAnswersAndChangesNothing() {
    ObjectNode first = registry.create(Resources.CONFIG_MAPS, "default", named("a"));
    ObjectNode changed = first.deepCopy();
    changed.putObject("data").put("k", "1");
    ApiResponse dry =
        registry.send(putRequest(Resources.CONFIG_MAPS, changed).withQuery("dryRun", "All"));
    assertThat(body(dry.orThrow()).path("data").path("k").asText()).isEqualTo("1");
    assertThat(registry.get(Resources.CONFIG_MAPS, "default", "a")).isEqualTo(first);
  }

  @Test
  void aDeletedObjectTakesNoMoreFinalizersAndGoesWithTheLast() {
    registry.create(
        Resources.CONFIG_MAPS,
        "default",
        json("{'metadata':{'name':'f','finalizers':['example.com/x']}}"));
    registry.send(ApiRequest.delete(Resources.CONFIG_MAPS.path("default", "f"))).orThrow();
    ObjectNode deleting = registry.get(Resources.CONFIG_MAPS, "default", "f");
    assertThat(Meta.deleting(deleting)).isTrue();

    assertRefused(
        patch(Resources.CONFIG_MAPS, "f", MERGE, "{'metadata':{'finalizers':['example.com/y']}}"),
        422,
        "Invalid",
        "no new finalizers can be added if the object is being deleted");
    patch(Resources.CONFIG_MAPS, "f", MERGE, "{'metadata':{'finalizers':null}}").orThrow();
    assertThat(registry.send(ApiRequest.get(Resources.CONFIG_MAPS.path("default", "f"))).status())
        .isEqualTo(404);
  }

  @Test
  void aScaleHasMetadataAndNoTable() {
    registry.create(
        Resources.REPLICATION_CONTROLLERS,
        "default",
        json(
            "{'metadata':{'name':'r'},'spec':{'replicas':2,'selector':{'a':'b'},'template':"
                + "{'metadata':{'labels':{'a':'b'}},'spec':{'containers':[{'name':'c',"
                + "'image':'i'}]}}}}"));
    ApiRequest scale =
        ApiRequest.get(Resources.REPLICATION_CONTROLLERS.path("default", "r", "scale"));
    String as = "application/json;g=meta.k8s.io;v=v1;as=";
    assertThat(registry.send(scale.withHeader("accept", as + "Table")).status()).isEqualTo(406);
    assertThat(
            body(registry.send(scale.withHeader("accept", as + "Table,application/json")).orThrow())
                .path("kind")
                .asText())
        .isEqualTo("Scale");
    ObjectNode partial =
        body(registry.send(scale.withHeader("accept", as + "PartialObjectMetadata")).orThrow());
    assertThat(partial.path("kind").asText()).isEqualTo("PartialObjectMetadata");
    assertThat(Meta.name(partial)).isEqualTo("r");
    assertThat(partial.has("spec")).isFalse();
  }
}
