package io.berth.apiserver.registry;

import static io.berth.apiserver.registry.TestingRegistry.body;
import static io.berth.apiserver.registry.TestingRegistry.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.resource.Resources;
import io.berth.api.transport.ApiRequest;
import io.berth.api.transport.ApiResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Owners of fields that wrote in another version of the resource than the next writer does. */
class OwnersAcrossVersionsTest {
  private static final String TOYS = "/apis/test.example.com/%s/namespaces/default/toys";
  private static final String SCHEMA =
      "'schema':{'openAPIV3Schema':{'type':'object','properties':{'size':{'type':'integer'},"
          + "'length':{'type':'integer'},'color':{'type':'string'}}}}";

  private final TestingRegistry registry = TestingRegistry.ready();

  @AfterEach
  void close() {
    registry.close();
  }

  private static void eventually(BooleanSupplier condition) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("the time").isLessThan(end);
      new CountDownLatch(1).await(5, TimeUnit.MILLISECONDS);
    }
  }

  private void define(TestingWebhook webhook) throws Exception {
    registry.create(
        Resources.CUSTOM_RESOURCE_DEFINITIONS,
        "",
        json(
            "{'metadata':{'name':'toys.test.example.com'},'spec':{'group':'test.example.com',"
                + "'scope':'Namespaced','names':{'plural':'toys','kind':'Toy'},'versions':["
                + "{'name':'v1','served':true,'storage':true,"
                + SCHEMA
                + "},{'name':'v2','served':true,'storage':false,"
                + SCHEMA
                + "}],'conversion':{'strategy':'Webhook','webhook':{"
                + "'conversionReviewVersions':['v1'],'clientConfig':"
                + webhook.byUrl()
                + "}}}}"));
    eventually(() -> registry.serves(TOYS.formatted("v2")));
  }

  /** {@code size} in v1 is {@code length} in v2. */
  private static ObjectNode convert(ObjectNode request) {
    ObjectNode response = Json.object();
    response.putObject("result").put("status", "Success");
    ArrayNode converted = response.putArray("convertedObjects");
    String wanted = request.path("desiredAPIVersion").asText();
    boolean up = wanted.endsWith("/v2");
    for (JsonNode object : request.path("objects")) {
      ObjectNode copy = object.deepCopy();
      copy.put("apiVersion", wanted);
      JsonNode value = copy.remove(up ? "size" : "length");
      if (value != null) {
        copy.set(up ? "length" : "size", value);
      }
      converted.add(copy);
    }
    return response;
  }

  private ApiResponse patch(String type, String path, String manager, String body) {
    return registry.send(
        ApiRequest.patch(path, type, body.replace('\'', '"').getBytes(StandardCharsets.UTF_8))
            .withQuery("fieldManager", manager));
  }

  private ApiResponse apply(String version, String manager, String fields) {
    return patch(
        "application/apply-patch+yaml",
        TOYS.formatted(version) + "/t",
        manager,
        "{'apiVersion':'test.example.com/"
            + version
            + "','kind':'Toy','metadata':{'name':'t'},"
            + fields
            + "}");
  }

  private ApiResponse merge(String version, String manager, String fields) {
    return patch(
        "application/merge-patch+json",
        TOYS.formatted(version) + "/t",
        manager,
        "{" + fields + "}");
  }

  /** Who owns which fields beside the metadata. */
  private static List<String> owners(JsonNode object) {
    List<String> owners = new ArrayList<>();
    for (JsonNode entry : object.at("/metadata/managedFields")) {
      List<String> fields = new ArrayList<>();
      entry.path("fieldsV1").fieldNames().forEachRemaining(fields::add);
      String version = entry.path("apiVersion").asText();
      owners.add(
          entry.path("manager").asText()
              + " "
              + version.substring(version.indexOf('/') + 1)
              + " "
              + String.join(",", fields));
    }
    return owners;
  }

  @Test
  void whoChangesAFieldInOneVersionTakesItFromWhoOwnsItInAnother() throws Exception {
    try (TestingWebhook webhook = new TestingWebhook(OwnersAcrossVersionsTest::convert)) {
      define(webhook);
      apply("v1", "a", "'size':3,'color':'red'").orThrow();
      JsonNode changed = body(merge("v2", "b", "'length':4").orThrow());
      assertThat(owners(changed)).containsExactly("a v1 f:color", "b v2 f:length");
      JsonNode same = body(merge("v2", "c", "'metadata':{'labels':{'l':'m'}}").orThrow());
      assertThat(owners(same)).containsExactly("a v1 f:color", "b v2 f:length", "c v2 f:metadata");
    }
  }

  @Test
  void anApplyConflictsWithWhoOwnsTheFieldInAnotherVersion() throws Exception {
    try (TestingWebhook webhook = new TestingWebhook(OwnersAcrossVersionsTest::convert)) {
      define(webhook);
      apply("v1", "a", "'size':3").orThrow();
      apply("v2", "b", "'length':3").orThrow();
      ApiResponse refused = apply("v2", "b", "'length':5");
      assertThat(refused.status()).isEqualTo(409);
      assertThat(body(refused).at("/details/causes").toString())
          .isEqualTo(
              "[{\"reason\":\"FieldManagerConflict\",\"message\":\"conflict with \\\"a\\\"\","
                  + "\"field\":\".size\"}]");
    }
  }

  @Test
  void whatWasAppliedInOneVersionAndIsNamedNoMoreInTheNextIsRemoved() throws Exception {
    try (TestingWebhook webhook = new TestingWebhook(OwnersAcrossVersionsTest::convert)) {
      define(webhook);
      apply("v1", "a", "'size':3,'color':'red'").orThrow();
      JsonNode pruned = body(apply("v2", "a", "'color':'red'").orThrow());
      assertThat(pruned.has("length")).isFalse();
      assertThat(pruned.path("color").asText()).isEqualTo("red");
      assertThat(owners(pruned)).containsExactly("a v2 f:color");
      apply("v1", "a", "'size':3,'color':'red'").orThrow();
      apply("v1", "b", "'size':3").orThrow();
      JsonNode kept = body(apply("v2", "a", "'color':'red'").orThrow());
      assertThat(kept.path("length").asInt()).isEqualTo(3);
      assertThat(owners(kept)).containsExactly("a v2 f:color", "b v1 f:size");
    }
  }

  @Test
  void whatIsOwnedInAVersionThatIsNoMoreIsOwnedByNobody() throws Exception {
    try (TestingWebhook webhook = new TestingWebhook(OwnersAcrossVersionsTest::convert)) {
      define(webhook);
      apply("v1", "a", "'size':3").orThrow();
      merge("v2", "b", "'color':'red'").orThrow();
      ObjectNode definition =
          registry.get(Resources.CUSTOM_RESOURCE_DEFINITIONS, "", "toys.test.example.com");
      ((ArrayNode) definition.at("/spec/versions")).remove(1);
      registry.put(Resources.CUSTOM_RESOURCE_DEFINITIONS, definition);
      eventually(() -> !registry.serves(TOYS.formatted("v2")));
      JsonNode changed = body(merge("v1", "c", "'length':1").orThrow());
      assertThat(owners(changed)).containsExactly("a v1 f:size", "c v1 f:length");
      ResourceDefinition maps = Resources.CONFIG_MAPS;
      ObjectNode map = json("{'metadata':{'name':'m'},'data':{'k':'v'}}");
      map.withObject("/metadata")
          .putArray("managedFields")
          .addAll(
              (ArrayNode)
                  json("{'a':[{'manager':'old','operation':'Update','apiVersion':'v0',"
                          + "'fieldsType':'FieldsV1','fieldsV1':{'f:data':{'f:k':{}}}}]}")
                      .get("a"));
      assertThat(owners(registry.create(maps, "default", map)))
          .hasSize(1)
          .noneMatch(owner -> owner.startsWith("old"));
    }
  }

  @Test
  void builtInVersionsOfOneResourceSeeEachOthersOwners() {
    String path = "/apis/autoscaling/%s/namespaces/default/horizontalpodautoscalers/h";
    String head =
        "{'apiVersion':'autoscaling/%s','kind':'HorizontalPodAutoscaler','metadata':{'name':'h'},"
            + "'spec':{'maxReplicas':3,'scaleTargetRef':{'kind':'Deployment','name':'d',"
            + "'apiVersion':'apps/v1'},";
    String apply = "application/apply-patch+yaml";
    patch(apply, path.formatted("v1"), "a", head.formatted("v1") + "'minReplicas':1}}").orThrow();
    ApiResponse refused =
        patch(apply, path.formatted("v2"), "b", head.formatted("v2") + "'minReplicas':2}}");
    assertThat(body(refused).at("/details/causes/0/field").asText()).isEqualTo(".spec.minReplicas");
    JsonNode changed =
        body(
            patch(
                    "application/merge-patch+json",
                    path.formatted("v2"),
                    "b",
                    "{'spec':{'minReplicas':2}}")
                .orThrow());
    assertThat(changed.at("/metadata/managedFields/0/fieldsV1/f:spec").has("f:minReplicas"))
        .isFalse();
    assertThat(changed.at("/metadata/managedFields/0/fieldsV1/f:spec").has("f:maxReplicas"))
        .isTrue();
  }
}
