package io.berth.apiserver.registry;

import static io.berth.apiserver.registry.TestingRegistry.body;
import static io.berth.apiserver.registry.TestingRegistry.json;
import static io.berth.apiserver.registry.TestingRegistry.named;
import static io.berth.apiserver.registry.TestingRegistry.pod;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.resource.Resources;
import io.berth.api.transport.ApiRequest;
import io.berth.api.transport.ApiResponse;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class CreateTest {
  private final TestingRegistry registry = TestingRegistry.ready();

  @AfterEach
  void close() {
    registry.close();
  }

  private ApiResponse post(String path, String body) {
    return registry.send(
        ApiRequest.post(path, body.replace('\'', '"').getBytes(StandardCharsets.UTF_8)));
  }

  @Test
  void theServerSetsIdentityAndTimes() {
    ObjectNode created = registry.create(Resources.CONFIG_MAPS, "default", named("a"));

    assertThat(Meta.uid(created)).matches("[0-9a-f-]{36}");
    assertThat(Meta.text(created, "creationTimestamp")).matches("\\d{4}-.*Z");
    assertThat(Meta.text(created, "resourceVersion")).matches("[1-9]\\d*");
    assertThat(Meta.namespace(created)).isEqualTo("default");
    assertThat(registry.get(Resources.CONFIG_MAPS, "default", "a")).isEqualTo(created);
  }

  @Test
  void aTakenNameConflicts() {
    registry.create(Resources.CONFIG_MAPS, "default", named("a"));
    ApiResponse again = post("/api/v1/namespaces/default/configmaps", "{'metadata':{'name':'a'}}");

    assertThat(again.status()).isEqualTo(409);
    assertThat(body(again).path("reason").asText()).isEqualTo("AlreadyExists");
    assertThat(body(again).path("message").asText()).isEqualTo("configmaps \"a\" already exists");
  }

  @Test
  void aGeneratedNameBeginsAsWanted() {
    ObjectNode created =
        registry.create(
            Resources.CONFIG_MAPS, "default", json("{'metadata':{'generateName':'web-'}}"));
    assertThat(Meta.name(created)).matches("web-[a-z0-9]{5}");
  }

  @Test
  void aPodIsBornPendingWithItsClassOfService() {
    ObjectNode created = registry.create(Resources.PODS, "default", pod("p"));

    assertThat(created.path("status").path("phase").asText()).isEqualTo("Pending");
    assertThat(created.path("status").path("qosClass").asText()).isEqualTo("BestEffort");
    assertThat(created.path("spec").path("serviceAccountName").asText()).isEqualTo("default");
    assertThat(created.path("spec").path("restartPolicy").asText()).isEqualTo("Always");
    assertThat(created.path("spec").path("tolerations")).hasSize(2);
    assertThat(created.path("spec").path("priority").asInt(-1)).isZero();
    assertThat(created.path("metadata").path("generation").asInt()).isEqualTo(1);
  }

  @Test
  void whatAPodsLabelKeysDemandIsWrittenIntoItsSelectors() {
    ObjectNode pod = pod("p");
    pod.withObject("/metadata/labels").put("v", "1").put("w", "2");
    String term =
        "{'topologyKey':'z','labelSelector':{'matchLabels':{'a':'b'}},"
            + "'matchLabelKeys':['v','absent'],'mismatchLabelKeys':['w']}";
    String merged =
        "[{'key':'v','operator':'In','values':['1']},{'key':'w','operator':'NotIn','values':['2']}]";
    pod.withObject("/spec/affinity/podAntiAffinity")
        .putArray("preferredDuringSchedulingIgnoredDuringExecution")
        .addObject()
        .put("weight", 1)
        .set("podAffinityTerm", json(term));
    pod.withObject("/spec")
        .putArray("topologySpreadConstraints")
        .add(
            json(
                "{'topologyKey':'z','maxSkew':1,'whenUnsatisfiable':'ScheduleAnyway',"
                    + "'labelSelector':{},'matchLabelKeys':['v']}"));

    ObjectNode created = registry.create(Resources.PODS, "default", pod);

    assertThat(
            created.at(
                "/spec/affinity/podAntiAffinity/preferredDuringSchedulingIgnoredDuringExecution/0"
                    + "/podAffinityTerm/labelSelector/matchExpressions"))
        .isEqualTo(json("{'all':" + merged + "}").path("all"));
    assertThat(
            created
                .at("/spec/topologySpreadConstraints/0/labelSelector/matchExpressions")
                .toString())
        .isEqualTo("[{\"key\":\"v\",\"operator\":\"In\",\"values\":[\"1\"]}]");
  }

  @Test
  void whatIsRefusedIsRefusedInFamiliarWordsAndNotStored() {
    String pods = "/api/v1/namespaces/default/pods";
    assertRefused(
        post(pods, "{'metadata':{'name':'A_b'},'spec':{'containers':[{'name':'c','image':'i'}]}}"),
        422,
        "Invalid",
        "Pod \"A_b\" is invalid: metadata.name: Invalid value: \"A_b\"");
    assertRefused(post(pods, "{'metadata':"), 400, "BadRequest", "must be of type Pod");
    assertRefused(post(pods, ""), 400, "BadRequest", "must be of type Pod");
    assertRefused(post(pods, "[]"), 400, "BadRequest", "must be of type Pod");
    assertRefused(
        post(pods, "{'kind':'ConfigMap','apiVersion':'v1'}"),
        400,
        "BadRequest",
        "ConfigMap in version \"v1\" cannot be handled as a Pod");
    assertRefused(
        post(pods, "{'kind':'Pod','apiVersion':'v2'}"),
        400,
        "BadRequest",
        "the API version in the data (v2) does not match the expected API version (v1)");
    assertRefused(
        post(pods, "{'metadata':{'name':'a','namespace':'other'}}"),
        400,
        "BadRequest",
        "the namespace of the provided object does not match the namespace sent on the request");
    assertRefused(
        post(pods, "{'metadata':{'name':'a'},'spec':{'containers':'x'}}"),
        400,
        "BadRequest",
        "Pod in version \"v1\" cannot be handled as a Pod");
    assertRefused(
        post("/api/v1/namespaces/none/pods", "{'metadata':{'name':'a'}}"),
        404,
        "NotFound",
        "namespaces \"none\" not found");
    assertRefused(
        post("/api/v1/namespaces/default/configmaps", "{'data':{'a':'b'}}"),
        422,
        "Invalid",
        "name or generateName is required");
    assertRefused(
        post(
            "/api/v1/namespaces/default/configmaps",
            "{'metadata':{'name':'a','resourceVersion':'7'}}"),
        400,
        "BadRequest",
        "resourceVersion should not be set on objects to be created");
    assertThat(registry.list(Resources.PODS, "").path("items")).isEmpty();
    assertThat(registry.list(Resources.CONFIG_MAPS, "").path("items")).isEmpty();
  }

  static void assertRefused(ApiResponse response, int status, String reason, String message) {
    assertThat(body(response).path("message").asText()).contains(message);
    assertThat(response.status()).isEqualTo(status);
    assertThat(body(response).path("reason").asText()).isEqualTo(reason);
    assertThat(body(response).path("code").asInt()).isEqualTo(status);
  }

  @Test
  void aPodNeedsItsServiceAccount() {
    registry.create(Resources.NAMESPACES, "", named("empty"));
    assertRefused(
        post("/api/v1/namespaces/empty/pods", pod("p").toString()),
        403,
        "Forbidden",
        "pods \"p\" is forbidden: error looking up service account empty/default: serviceaccount"
            + " \"default\" not found");
  }

  @Test
  void unknownFieldsAreToldRefusedOrIgnoredAsAsked() {
    String path = "/api/v1/namespaces/default/configmaps";
    byte[] body = Json.bytes(json("{'metadata':{'name':'a'},'foo':1}"));
    ApiRequest dry = ApiRequest.post(path, body).withQuery("dryRun", "All");

    ApiResponse warned = registry.send(dry);
    assertThat(warned.status()).isEqualTo(201);
    assertThat(warned.header("warning")).isEqualTo("299 - \"unknown field \\\"foo\\\"\"");
    assertRefused(
        registry.send(dry.withQuery("fieldValidation", "Strict")),
        400,
        "BadRequest",
        "strict decoding error: unknown field \"foo\"");
    assertThat(registry.send(dry.withQuery("fieldValidation", "Ignore")).header("warning"))
        .isNull();
    assertThat(registry.send(dry.withQuery("fieldValidation", "x")).status()).isEqualTo(422);
    assertThat(registry.send(dry.withQuery("dryRun", "some")).status()).isEqualTo(422);
    assertThat(registry.list(Resources.CONFIG_MAPS, "default").path("items")).isEmpty();
  }

  @Test
  void otherFormsOfBodiesAreNotRead() {
    ApiRequest request =
        ApiRequest.post("/api/v1/namespaces/default/configmaps", new byte[] {1})
            .withHeader("content-type", "application/cbor");
    assertThat(registry.send(request).status()).isEqualTo(415);
  }

  @Test
  void anObjectLargerThanTheStoreTakesIsRefused() {
    ObjectNode large = named("large");
    large.putObject("binaryData").put("x", "A".repeat(1_600_000));
    ApiResponse response = post("/api/v1/namespaces/default/configmaps", large.toString());
    assertThat(response.status()).isIn(413, 422);
  }
}
