package io.berth.apiserver.registry;

import static io.berth.apiserver.registry.TestingRegistry.body;
import static io.berth.apiserver.registry.TestingRegistry.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.resource.GroupResource;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.resource.Resources;
import io.berth.api.transport.ApiRequest;
import io.berth.api.transport.ApiResponse;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Webhooks over HTTPS that look at writes, change them and convert custom objects. */
class WebhooksTest {
  private static final ResourceDefinition MUTATING = configuration("mutating");
  private static final ResourceDefinition VALIDATING = configuration("validating");

  private final TestingRegistry registry = TestingRegistry.ready();

  private static ResourceDefinition configuration(String what) {
    return Resources.find(
            new GroupResource("admissionregistration.k8s.io", what + "webhookconfigurations"))
        .orElseThrow();
  }

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

  private void configure(ResourceDefinition kind, String client, String more) {
    registry.create(
        kind,
        "",
        json(
            "{'metadata':{'name':'hooks'},'webhooks':[{'name':'hook.example.com',"
                + "'admissionReviewVersions':['v1'],'sideEffects':'None',"
                + "'rules':[{'operations':['CREATE'],'apiGroups':[''],'apiVersions':['v1'],"
                + "'resources':['configmaps']}],"
                + more
                + "'clientConfig':"
                + client
                + "}]}"));
  }

  private ApiResponse create(String name) {
    return registry.send(
        ApiRequest.post(
            Resources.CONFIG_MAPS.path("default"), Json.bytes(TestingRegistry.named(name))));
  }

  private static ObjectNode denial(ObjectNode request) {
    boolean bad = request.path("name").asText().startsWith("bad");
    ObjectNode response = Json.object().put("allowed", !bad);
    if (bad) {
      response.putObject("status").put("message", "no such names");
    }
    response.putArray("warnings").add("looked at " + request.path("name").asText());
    return response;
  }

  @Test
  void aValidatingWebhookDeniesInItsOwnWords() throws Exception {
    try (TestingWebhook webhook = new TestingWebhook(WebhooksTest::denial)) {
      configure(VALIDATING, webhook.byUrl(), "");
      eventually(() -> create("bad-" + System.nanoTime()).status() == 403);
      ApiResponse denied = create("bad");
      assertThat(body(denied).path("message").asText())
          .isEqualTo("admission webhook \"hook.example.com\" denied the request: no such names");
      ApiResponse good = create("good");
      assertThat(good.status()).isEqualTo(201);
      assertThat(good.header("warning")).isEqualTo("299 - \"looked at good\"");
    }
  }

  @Test
  void conditionsAndSelectorsNarrowWhatAWebhookIsAsked() throws Exception {
    List<String> asked = new CopyOnWriteArrayList<>();
    try (TestingWebhook webhook =
        new TestingWebhook(
            request -> {
              asked.add(request.path("name").asText());
              return Json.object().put("allowed", true);
            })) {
      configure(
          VALIDATING,
          webhook.byUrl(),
          "'matchConditions':[{'name':'named','expression':'object.metadata.name.startsWith(\\\"a\\\")"
              + " && request.operation == \\\"CREATE\\\"'}],"
              + "'namespaceSelector':{'matchLabels':{'kubernetes.io/metadata.name':'default'}},");
      eventually(() -> create("a" + System.nanoTime()).status() == 201 && !asked.isEmpty());
      asked.clear();
      create("b").orThrow();
      create("a").orThrow();
      assertThat(asked).containsExactly("a");
    }
  }

  @Test
  void aMutatingWebhookThatMakesAnObjectOfAnotherFormFailsTheRequest() throws Exception {
    String patch =
        Base64.getEncoder()
            .encodeToString(
                "[{\"op\":\"add\",\"path\":\"/data\",\"value\":{\"n\":[1]}}]"
                    .getBytes(StandardCharsets.UTF_8));
    try (TestingWebhook webhook =
        new TestingWebhook(
            request ->
                Json.object()
                    .put("allowed", true)
                    .put("patchType", "JSONPatch")
                    .put("patch", patch))) {
      configure(MUTATING, webhook.byUrl(), "");
      eventually(() -> create("f" + System.nanoTime()).status() == 500);
      assertThat(body(create("f")).path("message").asText())
          .contains(
              "json: cannot unmarshal array into Go struct field ConfigMap.data of type string");
    }
  }

  @Test
  void aMutatingWebhookOfAServiceChangesObjects() throws Exception {
    String patch =
        Base64.getEncoder()
            .encodeToString(
                "[{\"op\":\"add\",\"path\":\"/data\",\"value\":{\"added\":\"yes\"}}]"
                    .getBytes(StandardCharsets.UTF_8));
    try (TestingWebhook webhook =
        new TestingWebhook(
            request ->
                Json.object()
                    .put("allowed", true)
                    .put("patchType", "JSONPatch")
                    .put("patch", patch))) {
      registry.create(
          Resources.SERVICES,
          "default",
          json(
              "{'metadata':{'name':'hook'},'spec':{'type':'ExternalName',"
                  + "'externalName':'localhost'}}"));
      configure(MUTATING, webhook.byService(), "");
      eventually(
          () ->
              body(create("m" + System.nanoTime()))
                  .path("data")
                  .path("added")
                  .asText()
                  .equals("yes"));
    }
  }

  @Test
  void aWebhookOfAServiceIsReachedAtItsEndpoints() throws Exception {
    try (TestingWebhook webhook = new TestingWebhook(WebhooksTest::denial)) {
      registry.create(
          Resources.SERVICES,
          "default",
          json(
              "{'metadata':{'name':'hook'},'spec':{'ports':[{'name':'https','port':443,"
                  + "'targetPort':8443}]}}"));
      registry.create(
          Resources.ENDPOINT_SLICES,
          "default",
          json(
              "{'metadata':{'name':'hook-1','labels':{'kubernetes.io/service-name':'hook'}},"
                  + "'addressType':'FQDN','ports':[{'name':'https','port':"
                  + webhook.port()
                  + "}],'endpoints':[{'addresses':['localhost'],'conditions':{'ready':true}},"
                  + "{'addresses':['away.invalid'],'conditions':{'ready':false}}]}"));
      String byService = webhook.byService().replaceAll("'port':[0-9]+", "'port':443");
      configure(VALIDATING, byService, "");
      eventually(() -> create("bad-" + System.nanoTime()).status() == 403);
      assertThat(create("good").header("warning")).isEqualTo("299 - \"looked at good\"");
      registry
          .send(ApiRequest.delete(Resources.ENDPOINT_SLICES.path("default", "hook-1")))
          .orThrow();
      eventually(() -> create("n" + System.nanoTime()).status() == 500);
    }
  }

  private static TestingWebhook recording(List<ObjectNode> asked) throws Exception {
    return new TestingWebhook(
        request -> {
          asked.add(request.deepCopy());
          return Json.object().put("allowed", true);
        });
  }

  private void rules(String client, String rules, String more) {
    registry.create(
        VALIDATING,
        "",
        json(
            "{'metadata':{'name':'hooks'},'webhooks':[{'name':'hook.example.com',"
                + "'admissionReviewVersions':['v1'],'sideEffects':'None','rules':["
                + rules
                + "],"
                + more
                + "'clientConfig':"
                + client
                + "}]}"));
  }

  @Test
  void aReviewHasTheClientsOptionsAndTheScaleOfAWorkload() throws Exception {
    List<ObjectNode> asked = new CopyOnWriteArrayList<>();
    try (TestingWebhook webhook = recording(asked)) {
      registry.create(
          Resources.DEPLOYMENTS,
          "default",
          json(
              "{'metadata':{'name':'web'},'spec':{'replicas':1,'selector':{'matchLabels':"
                  + "{'a':'b'}},'template':{'metadata':{'labels':{'a':'b'}},'spec':{"
                  + "'containers':[{'name':'c','image':'i'}]}}}}"));
      rules(
          webhook.byUrl(),
          "{'operations':['*'],'apiGroups':['apps'],'apiVersions':['v1'],"
              + "'resources':['deployments/scale','deployments']}",
          "");
      String path = Resources.DEPLOYMENTS.path("default", "web");
      eventually(() -> patch(path, "{'spec':{'paused':true}}") && !asked.isEmpty());
      asked.clear();
      registry
          .send(
              ApiRequest.patch(
                      path + "/scale",
                      "application/merge-patch+json",
                      Json.bytes(json("{'spec':{'replicas':3}}")))
                  .withQuery("fieldManager", "me")
                  .withQuery("dryRun", "All"))
          .orThrow();
      ObjectNode review = asked.getFirst();
      assertThat(review.path("kind").toString())
          .isEqualTo("{\"group\":\"autoscaling\",\"version\":\"v1\",\"kind\":\"Scale\"}");
      assertThat(review.path("requestSubResource").asText()).isEqualTo("scale");
      assertThat(review.at("/object/kind").asText()).isEqualTo("Scale");
      assertThat(review.at("/object/spec/replicas").asInt()).isEqualTo(3);
      assertThat(review.at("/oldObject/spec/replicas").asInt()).isEqualTo(1);
      assertThat(review.path("options").toString())
          .isEqualTo(
              "{\"kind\":\"UpdateOptions\",\"apiVersion\":\"meta.k8s.io/v1\",\"dryRun\":[\"All\"],"
                  + "\"fieldManager\":\"me\"}");
      asked.clear();
      registry.send(ApiRequest.delete(path).withQuery("propagationPolicy", "Orphan")).orThrow();
      assertThat(asked.getFirst().path("options").toString())
          .isEqualTo(
              "{\"kind\":\"DeleteOptions\",\"apiVersion\":\"meta.k8s.io/v1\","
                  + "\"propagationPolicy\":\"Orphan\"}");
    }
  }

  @Test
  void anEvictionIsReviewedAsSuchAndOnce() throws Exception {
    List<ObjectNode> asked = new CopyOnWriteArrayList<>();
    try (TestingWebhook webhook =
        new TestingWebhook(
            request -> {
              asked.add(request.deepCopy());
              return Json.object().put("allowed", !request.path("name").asText().equals("stay"));
            })) {
      rules(
          webhook.byUrl(),
          "{'operations':['*'],'apiGroups':[''],'apiVersions':['v1'],"
              + "'resources':['pods','pods/eviction','pods/binding']}",
          "");
      eventually(
          () -> {
            registry.create(
                Resources.PODS, "default", TestingRegistry.pod("p" + System.nanoTime()));
            return !asked.isEmpty();
          });
      for (String name : List.of("stay", "go")) {
        if (name.equals("go")) {
          registry.create(Resources.PODS, "default", TestingRegistry.pod(name));
        }
        asked.clear();
        ApiResponse answer =
            registry.send(
                ApiRequest.post(
                    Resources.PODS.path("default", name, "eviction"),
                    Json.bytes(
                        json(
                            "{'apiVersion':'policy/v1','kind':'Eviction','metadata':{'name':'"
                                + name
                                + "'}}"))));
        assertThat(answer.status()).isEqualTo(name.equals("go") ? 201 : 403);
        assertThat(asked).hasSize(1);
        assertThat(asked.getFirst().path("operation").asText()).isEqualTo("CREATE");
        assertThat(asked.getFirst().path("kind").toString())
            .isEqualTo("{\"group\":\"policy\",\"version\":\"v1\",\"kind\":\"Eviction\"}");
        assertThat(asked.getFirst().path("subResource").asText()).isEqualTo("eviction");
      }
    }
  }

  @Test
  void ownersOfFieldsThatAWebhookBreaksStay() throws Exception {
    String patch =
        "[{\"op\":\"replace\",\"path\":\"/metadata/managedFields/0/operation\",\"value\":\"\"},"
            + "{\"op\":\"add\",\"path\":\"/data\",\"value\":{\"added\":\"yes\"}}]";
    try (TestingWebhook webhook =
        new TestingWebhook(
            request ->
                Json.object()
                    .put("allowed", true)
                    .put("patchType", "JSONPatch")
                    .put(
                        "patch",
                        Base64.getEncoder()
                            .encodeToString(patch.getBytes(StandardCharsets.UTF_8))))) {
      configure(MUTATING, webhook.byUrl(), "");
      ObjectNode map = json("{'metadata':{'labels':{'a':'b'}}}");
      List<ApiResponse> answers = new CopyOnWriteArrayList<>();
      eventually(
          () -> {
            Meta.of(map).put("name", "m" + System.nanoTime());
            answers.add(
                registry.send(
                    ApiRequest.post(Resources.CONFIG_MAPS.path("default"), Json.bytes(map))));
            return body(answers.getLast()).at("/data/added").asText().equals("yes");
          });
      assertThat(body(answers.getLast()).at("/metadata/managedFields/0/operation").asText())
          .isEqualTo("Update");
      assertThat(answers.getLast().header("warning"))
          .contains(".metadata.managedFields was in an invalid state after admission");
    }
  }

  private boolean patch(String path, String patch) {
    return registry
            .send(ApiRequest.patch(path, "application/merge-patch+json", Json.bytes(json(patch))))
            .status()
        == 200;
  }

  @Test
  void anEquivalentVersionIsConvertedForTheWebhookUnlessItMatchesExactly() throws Exception {
    List<ObjectNode> asked = new CopyOnWriteArrayList<>();
    try (TestingWebhook webhook = recording(asked)) {
      String toys = defineToys("'conversion':{'strategy':'None'}");
      String rule =
          "{'operations':['CREATE'],'apiGroups':['test.example.com'],'apiVersions':['v2'],"
              + "'resources':['toys']}";
      rules(webhook.byUrl(), rule, "");
      eventually(() -> toy(toys, "t" + System.nanoTime()).status() == 201 && !asked.isEmpty());
      ObjectNode review = asked.getFirst();
      assertThat(review.at("/kind/version").asText()).isEqualTo("v2");
      assertThat(review.at("/requestKind/version").asText()).isEqualTo("v1");
      assertThat(review.at("/object/apiVersion").asText()).isEqualTo("test.example.com/v2");
      ObjectNode configuration = registry.get(VALIDATING, "", "hooks");
      ((ObjectNode) configuration.at("/webhooks/0")).put("matchPolicy", "Exact");
      registry.put(VALIDATING, configuration);
      eventually(
          () -> {
            asked.clear();
            return toy(toys, "t" + System.nanoTime()).status() == 201 && asked.isEmpty();
          });
    }
  }

  private ApiResponse toy(String path, String name) {
    return registry.send(
        ApiRequest.post(
            path,
            Json.bytes(
                json(
                    "{'apiVersion':'test.example.com/v1','kind':'Toy','metadata':{'name':'"
                        + name
                        + "'},'spec':{'x':1}}"))));
  }

  private String defineToys(String conversion) throws Exception {
    String schema =
        "'schema':{'openAPIV3Schema':{'type':'object',"
            + "'x-kubernetes-preserve-unknown-fields':true}}";
    registry.create(
        Resources.CUSTOM_RESOURCE_DEFINITIONS,
        "",
        json(
            "{'metadata':{'name':'toys.test.example.com'},'spec':{'group':'test.example.com',"
                + "'scope':'Namespaced','names':{'plural':'toys','kind':'Toy'},'versions':["
                + "{'name':'v1','served':true,'storage':true,"
                + schema
                + "},{'name':'v2','served':true,'storage':false,"
                + schema
                + "}],"
                + conversion
                + "}}"));
    String toys = "/apis/test.example.com/v1/namespaces/default/toys";
    eventually(() -> registry.serves(toys));
    return toys;
  }

  @Test
  void aMutatingWebhookIsAskedAgainAboutWhatALaterOneAdded() throws Exception {
    try (TestingWebhook webhook = new TestingWebhook(WebhooksTest::addAfterEachOther)) {
      StringBuilder hooks = new StringBuilder();
      for (String name : List.of("first", "second")) {
        hooks
            .append(hooks.isEmpty() ? "" : ",")
            .append("{'name':'")
            .append(name)
            .append(
                ".example.com','admissionReviewVersions':['v1'],'sideEffects':'None',"
                    + "'reinvocationPolicy':'IfNeeded','matchConditions':[{'name':'x',"
                    + "'expression':'")
            .append(name.equals("first") ? "true" : "!has(object.data.second)")
            .append(
                "'}],'rules':[{'operations':['CREATE'],'apiGroups':[''],'apiVersions':['v1'],"
                    + "'resources':['configmaps']}],'clientConfig':")
            .append(webhook.byUrl().replace("/x", "/" + name))
            .append("}");
      }
      registry.create(
          MUTATING, "", json("{'metadata':{'name':'hooks'},'webhooks':[" + hooks + "]}"));
      ObjectNode map = json("{'metadata':{'name':'x'},'data':{'n':'0'}}");
      eventually(
          () -> {
            Meta.of(map).put("name", "m" + System.nanoTime());
            ApiResponse made =
                registry.send(
                    ApiRequest.post(Resources.CONFIG_MAPS.path("default"), Json.bytes(map)));
            return body(made)
                .path("data")
                .toString()
                .equals("{\"n\":\"0\",\"second\":\"yes\",\"first\":\"saw second\"}");
          });
    }
  }

  /** The second adds its own mark once, the first one only what it finds of the second. */
  private static ObjectNode addAfterEachOther(ObjectNode request) {
    boolean second = request.at("/object/data").has("second");
    String path = second ? "/data/first" : "/data/second";
    String value = second ? "saw second" : "yes";
    boolean done = request.at("/object/data").has("first");
    boolean first = request.path("hook").asText().equals("/first");
    ObjectNode response = Json.object().put("allowed", true);
    if (done || first != second) {
      return response;
    }
    String patch = "[{\"op\":\"add\",\"path\":\"" + path + "\",\"value\":\"" + value + "\"}]";
    return response
        .put("patchType", "JSONPatch")
        .put("patch", Base64.getEncoder().encodeToString(patch.getBytes(StandardCharsets.UTF_8)));
  }

  @Test
  void validatingWebhooksAreAskedAtTheSameTime() throws Exception {
    CyclicBarrier both = new CyclicBarrier(2);
    try (TestingWebhook webhook =
        new TestingWebhook(
            request -> {
              ObjectNode response = Json.object();
              try {
                both.await(5, TimeUnit.SECONDS);
                return response.put("allowed", true);
              } catch (InterruptedException | BrokenBarrierException | TimeoutException e) {
                return response.put("allowed", false);
              }
            })) {
      String hook =
          "{'name':'%s.example.com','admissionReviewVersions':['v1'],'sideEffects':'None',"
              + "'rules':[{'operations':['CREATE'],'apiGroups':[''],'apiVersions':['v1'],"
              + "'resources':['secrets']}],'clientConfig':"
              + webhook.byUrl()
              + "}";
      registry.create(
          VALIDATING,
          "",
          json(
              "{'metadata':{'name':'hooks'},'webhooks':["
                  + hook.formatted("a.b")
                  + ","
                  + hook.formatted("b.b")
                  + "]}"));
      eventually(
          () -> {
            int parties = both.getNumberWaiting();
            ApiResponse made =
                registry.send(
                    ApiRequest.post(
                        Resources.SECRETS.path("default"),
                        Json.bytes(TestingRegistry.named("s" + System.nanoTime()))));
            return parties == 0 && made.status() == 201 && webhook.asked() > 1;
          });
    }
  }

  @Test
  void aWebhookThatIsAwayRefusesOrIsIgnoredAsItsPolicySays() throws Exception {
    configure(VALIDATING, "{'url':'https://127.0.0.1:1/x'}", "");
    eventually(() -> create("x" + System.nanoTime()).status() == 500);
    assertThat(body(create("y")).path("message").asText())
        .startsWith(
            "Internal error occurred: failed calling webhook \"hook.example.com\": failed to call"
                + " webhook: Post \"https://127.0.0.1:1/x?timeout=10s\": ");
    ObjectNode configuration = registry.get(VALIDATING, "", "hooks");
    ((ObjectNode) configuration.at("/webhooks/0")).put("failurePolicy", "Ignore");
    registry.put(VALIDATING, configuration);
    eventually(() -> create("z" + System.nanoTime()).status() == 201);
  }

  @Test
  void aWebhookConvertsBetweenVersions() throws Exception {
    try (TestingWebhook webhook = new TestingWebhook(WebhooksTest::convert)) {
      String toys =
          defineToys(
              "'conversion':{'strategy':'Webhook','webhook':{"
                  + "'conversionReviewVersions':['v1'],'clientConfig':"
                  + webhook.byUrl()
                  + "}}");
      ObjectNode toy =
          json(
              "{'apiVersion':'test.example.com/v1','kind':'Toy','metadata':{'name':'t'},"
                  + "'size':3}");
      registry.send(ApiRequest.post(toys, Json.bytes(toy))).orThrow();
      JsonNode seen =
          body(registry.send(ApiRequest.get(toys.replace("/v1/", "/v2/") + "/t")).orThrow());
      assertThat(seen.path("length").asInt()).isEqualTo(3);
      assertThat(seen.has("size")).isFalse();
      assertThat(seen.path("metadata").path("name").asText()).isEqualTo("t");
    }
  }

  /** {@code size} in v1 is {@code length} in v2. */
  private static ObjectNode convert(ObjectNode request) {
    ObjectNode response = Json.object();
    response.putObject("result").put("status", "Success");
    ArrayNode converted = response.putArray("convertedObjects");
    String wanted = request.path("desiredAPIVersion").asText();
    for (JsonNode object : request.path("objects")) {
      ObjectNode copy = object.deepCopy();
      copy.put("apiVersion", wanted);
      boolean up = wanted.endsWith("/v2");
      JsonNode value = copy.remove(up ? "size" : "length");
      copy.set(up ? "length" : "size", value);
      converted.add(copy);
    }
    return response;
  }
}
