package io.berth.apiserver.registry;

import static io.berth.apiserver.registry.TestingRegistry.body;
import static io.berth.apiserver.registry.TestingRegistry.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
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

/** Custom resources, from their definition to their end. */
class CustomResourcesTest {
  private static final String SCHEMA =
      "{'type':'object','required':['spec'],'properties':{"
          + "'spec':{'type':'object','required':['image'],'properties':{"
          + "'image':{'type':'string','minLength':2,'maxLength':20,'pattern':'^[a-z]+$'},"
          + "'replicas':{'type':'integer','default':1,'minimum':0,'maximum':10},"
          + "'mode':{'type':'string','enum':['fast','slow']},"
          + "'port':{'x-kubernetes-int-or-string':true},"
          + "'raw':{'type':'object','x-kubernetes-preserve-unknown-fields':true},"
          + "'labels':{'type':'object','additionalProperties':{'type':'string'}},"
          + "'rules':{'type':'array','x-kubernetes-list-type':'map',"
          + "'x-kubernetes-list-map-keys':['name'],'items':{'type':'object','required':['name'],"
          + "'properties':{'name':{'type':'string'},'weight':{'type':'integer','default':5}}}}}},"
          + "'status':{'type':'object','properties':{'replicas':{'type':'integer'},"
          + "'selector':{'type':'string'},'phase':{'type':'string'}}}}}";

  private static final String VERSION =
      "{'name':'v1','served':true,'storage':true,'schema':{'openAPIV3Schema':"
          + SCHEMA
          + "},'subresources':{'status':{},'scale':{'specReplicasPath':'.spec.replicas',"
          + "'statusReplicasPath':'.status.replicas','labelSelectorPath':'.status.selector'}},"
          + "'selectableFields':[{'jsonPath':'.spec.mode'}],"
          + "'additionalPrinterColumns':[{'name':'Image','type':'string','jsonPath':'.spec.image'},"
          + "{'name':'Replicas','type':'integer','jsonPath':'.spec.replicas'}]}";

  private static final String APPS = "/apis/test.example.com/v1/namespaces/default/apps";

  private final TestingRegistry registry = TestingRegistry.ready();

  @AfterEach
  void close() {
    registry.close();
  }

  private static ObjectNode definition(String versions) {
    return json(
        "{'metadata':{'name':'apps.test.example.com'},'spec':{'group':'test.example.com',"
            + "'scope':'Namespaced','names':{'plural':'apps','kind':'App','shortNames':['ap']},"
            + "'versions':["
            + versions
            + "]}}");
  }

  private void define(String versions) throws InterruptedException {
    registry.create(Resources.CUSTOM_RESOURCE_DEFINITIONS, "", definition(versions));
    eventually(() -> established() && registry.serves(APPS));
  }

  private boolean established() {
    JsonNode crd = registry.get(Resources.CUSTOM_RESOURCE_DEFINITIONS, "", "apps.test.example.com");
    for (JsonNode condition : crd.path("status").path("conditions")) {
      if (condition.path("type").asText().equals("Established")) {
        return condition.path("status").asText().equals("True");
      }
    }
    return false;
  }

  private static void eventually(BooleanSupplier condition) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("the time").isLessThan(end);
      new CountDownLatch(1).await(5, TimeUnit.MILLISECONDS);
    }
  }

  private static ObjectNode app(String name, String spec) {
    return json(
        "{'apiVersion':'test.example.com/v1','kind':'App','metadata':{'name':'"
            + name
            + "'},'spec':"
            + spec
            + "}");
  }

  private ApiResponse post(ObjectNode object) {
    return registry.send(ApiRequest.post(APPS, Json.bytes(object)));
  }

  private ApiResponse patch(String path, String patch) {
    return registry.send(
        ApiRequest.patch(path, "application/merge-patch+json", Json.bytes(json(patch))));
  }

  private List<String> causes(ApiResponse response) {
    assertThat(response.status()).isEqualTo(422);
    List<String> causes = new ArrayList<>();
    for (JsonNode cause : body(response).path("details").path("causes")) {
      causes.add(cause.path("field").asText() + ": " + cause.path("message").asText());
    }
    return causes;
  }

  @Test
  void anObjectIsPrunedDefaultedAndCounted() throws Exception {
    define(VERSION);
    ObjectNode created =
        body(
            post(app(
                    "a",
                    "{'image':'busy','unknown':1,'raw':{'any':[1]},'port':'http',"
                        + "'rules':[{'name':'x'}]}"))
                .orThrow());
    assertThat(created.path("spec").toString())
        .isEqualTo(
            "{\"image\":\"busy\",\"raw\":{\"any\":[1]},\"port\":\"http\","
                + "\"rules\":[{\"name\":\"x\",\"weight\":5}],\"replicas\":1}");
    assertThat(created.path("metadata").path("generation").asInt()).isEqualTo(1);
    ObjectNode status = body(patch(APPS + "/a/status", "{'status':{'phase':'Up'}}").orThrow());
    assertThat(status.path("metadata").path("generation").asInt()).isEqualTo(1);
    assertThat(status.path("status").path("phase").asText()).isEqualTo("Up");
    ObjectNode changed =
        body(patch(APPS + "/a", "{'spec':{'mode':'fast'},'status':{'phase':'No'}}").orThrow());
    assertThat(changed.path("metadata").path("generation").asInt()).isEqualTo(2);
    assertThat(changed.path("status").path("phase").asText()).isEqualTo("Up");
  }

  @Test
  void whatIsWrongIsToldAsKubernetesTellsIt() throws Exception {
    define(VERSION);
    assertThat(
            causes(
                post(
                    app(
                        "a",
                        "{'image':'Bad image that is much too long','replicas':'many','mode':'odd',"
                            + "'port':true,'rules':[{'name':'x'},{'name':'x'},{'weight':1}]}"))))
        .containsExactlyInAnyOrder(
            "spec.image: Too long: may not be more than 20 bytes",
            "spec.image: Invalid value: \"Bad image that is much too long\": spec.image in body"
                + " should match '^[a-z]+$'",
            "spec.replicas: Invalid value: \"string\": spec.replicas in body must be of type"
                + " integer: \"string\"",
            "spec.mode: Unsupported value: \"odd\": supported values: \"fast\", \"slow\"",
            "spec.port: Invalid value: \"boolean\": spec.port in body must be of type"
                + " integer,string: \"boolean\"",
            "spec.rules[1]: Duplicate value: {\"name\":\"x\"}",
            "spec.rules[2].name: Required value");
    assertThat(causes(post(app("a", "{'image':'ok','replicas':11}"))))
        .containsExactly(
            "spec.replicas: Invalid value: 11: spec.replicas in body should be less than or equal"
                + " to 10");
  }

  @Test
  void scaleSelectorsTablesAndPatchTypesWork() throws Exception {
    define(VERSION);
    post(app("a", "{'image':'one','replicas':2,'mode':'fast'}")).orThrow();
    post(app("b", "{'image':'two','mode':'slow'}")).orThrow();
    ObjectNode scale = body(registry.send(ApiRequest.get(APPS + "/a/scale")).orThrow());
    assertThat(scale.path("spec").path("replicas").asInt()).isEqualTo(2);
    patch(APPS + "/a/scale", "{'spec':{'replicas':4}}").orThrow();
    ApiRequest table =
        ApiRequest.get(APPS)
            .withQuery("fieldSelector", "spec.mode=fast")
            .withHeader("accept", "application/json;as=Table;v=v1;g=meta.k8s.io");
    JsonNode rows = body(registry.send(table).orThrow()).path("rows");
    assertThat(rows).hasSize(1);
    assertThat(rows.get(0).path("cells").toString()).isEqualTo("[\"a\",\"one\",4]");
    ApiResponse strategic =
        registry.send(
            ApiRequest.patch(
                APPS + "/a",
                "application/strategic-merge-patch+json",
                "{}".getBytes(StandardCharsets.UTF_8)));
    assertThat(strategic.status()).isEqualTo(415);
  }

  @Test
  void aScaleIsAppliedWhereTheDefinitionKeepsReplicas() throws Exception {
    define(
        VERSION
            .replace("'.spec.replicas',", "'.spec.size.count',")
            .replace(
                "'port':",
                "'size':{'type':'object','properties':{'count':{'type':'integer'}}},'port':"));
    post(app("a", "{'image':'one','size':{'count':1}}")).orThrow();
    JsonNode scale =
        body(
            applied(
                    APPS + "/a/scale",
                    "{'apiVersion':'autoscaling/v1','kind':'Scale','metadata':{'name':'a'},"
                        + "'spec':{'replicas':3}}",
                    "force",
                    "true")
                .orThrow());
    assertThat(scale.at("/spec/replicas").asInt()).isEqualTo(3);
    JsonNode app = body(registry.send(ApiRequest.get(APPS + "/a")).orThrow());
    assertThat(app.at("/spec/size/count").asInt()).isEqualTo(3);
    JsonNode owner = app.at("/metadata/managedFields/0");
    assertThat(owner.path("subresource").asText()).isEqualTo("scale");
    assertThat(owner.path("fieldsV1").toString())
        .isEqualTo("{\"f:spec\":{\"f:size\":{\"f:count\":{}}}}");
  }

  @Test
  void whatNoSchemaDescribesIsOwnedByEntry() throws Exception {
    define(
        VERSION.replace("'port':", "'any':{'x-kubernetes-preserve-unknown-fields':true},'port':"));
    String app =
        "{'apiVersion':'test.example.com/v1','kind':'App','metadata':{'name':'a'},'spec':"
            + "{'image':'one','any':%s}}";
    applied(APPS + "/a", app.formatted("{'x':{'y':1}}")).orThrow();
    patch(APPS + "/a", "{'spec':{'any':{'x':{'z':2}}}}").orThrow();
    JsonNode both =
        body(applied(APPS + "/a", app.formatted("{'x':{'y':3}}")).orThrow()).at("/spec/any");
    assertThat(both.toString()).isEqualTo("{\"x\":{\"y\":3,\"z\":2}}");
    assertThat(
            body(applied(APPS + "/a", app.formatted("'text'"), "force", "true").orThrow())
                .at("/spec/any")
                .asText())
        .isEqualTo("text");
  }

  private ApiResponse applied(String path, String config, String... more) {
    ApiRequest request =
        ApiRequest.patch(
                path,
                Applies.MEDIA_TYPE,
                config.replace('\'', '"').getBytes(StandardCharsets.UTF_8))
            .withQuery("fieldManager", "me");
    return registry.send(more.length == 0 ? request : request.withQuery(more[0], more[1]));
  }

  @Test
  void anUnchangedValueThatBecameInvalidStands() throws Exception {
    define(VERSION);
    post(app("a", "{'image':'long','mode':'fast'}")).orThrow();
    String stricter = VERSION.replace("'minLength':2", "'minLength':6");
    ObjectNode crd =
        registry.get(Resources.CUSTOM_RESOURCE_DEFINITIONS, "", "apps.test.example.com");
    crd.set("spec", definition(stricter).path("spec"));
    registry.put(Resources.CUSTOM_RESOURCE_DEFINITIONS, crd);
    eventually(() -> post(app("new", "{'image':'long'}")).status() == 422);
    patch(APPS + "/a", "{'spec':{'mode':'slow'}}").orThrow();
    assertThat(causes(patch(APPS + "/a", "{'spec':{'image':'abc'}}")))
        .containsExactly(
            "spec.image: Invalid value: \"abc\": spec.image in body should be at least 6 chars"
                + " long");
  }

  @Test
  void severalVersionsShowTheSameObjects() throws Exception {
    define(
        VERSION
            + ","
            + VERSION
                .replace("'name':'v1','served'", "'name':'v2','served'")
                .replace("'storage':true", "'storage':false"));
    post(app("a", "{'image':'one'}")).orThrow();
    String v2 = APPS.replace("/v1/", "/v2/");
    ObjectNode seen = body(registry.send(ApiRequest.get(v2 + "/a")).orThrow());
    assertThat(seen.path("apiVersion").asText()).isEqualTo("test.example.com/v2");
    patch(v2 + "/a", "{'spec':{'mode':'slow'}}").orThrow();
    ObjectNode list = body(registry.send(ApiRequest.get(APPS)).orThrow());
    assertThat(list.at("/items/0/apiVersion").asText()).isEqualTo("test.example.com/v1");
    assertThat(list.at("/items/0/spec/mode").asText()).isEqualTo("slow");
  }

  @Test
  void deletingADefinitionDeletesItsObjectsFirst() throws Exception {
    define(VERSION);
    ObjectNode held = app("a", "{'image':'one'}");
    held.withObject("/metadata").putArray("finalizers").add("example.com/held");
    post(held).orThrow();
    post(app("b", "{'image':'two'}")).orThrow();
    String path = Resources.CUSTOM_RESOURCE_DEFINITIONS.path(null, "apps.test.example.com");
    registry.send(ApiRequest.delete(path)).orThrow();
    eventually(() -> registry.send(ApiRequest.get(APPS + "/b")).status() == 404);
    ApiResponse refused = post(app("c", "{'image':'three'}"));
    assertThat(refused.status()).isEqualTo(405);
    assertThat(registry.send(ApiRequest.get(path)).status()).isEqualTo(200);
    patch(APPS + "/a", "{'metadata':{'finalizers':null}}").orThrow();
    eventually(() -> registry.send(ApiRequest.get(path)).status() == 404);
    eventually(() -> !registry.serves(APPS));
  }

  private static String withRules(String rules) {
    return VERSION.replace(
        "'spec':{'type':'object','required':['image']",
        "'spec':{'x-kubernetes-validations':[" + rules + "],'type':'object','required':['image']");
  }

  @Test
  void rulesInTheExpressionLanguageAreHeld() throws Exception {
    define(
        withRules(
            "{'rule':'!has(self.mode) || self.replicas < 5','message':'too many for a mode'},"
                + "{'rule':'self.image == oldSelf.image','reason':'FieldValueForbidden',"
                + "'fieldPath':'.image','messageExpression':'"
                + "\\\"was \\\" + oldSelf.image'},"
                + "{'rule':'self.rules.all(r, r.weight > 0)'}"));
    assertThat(causes(post(app("a", "{'image':'one','replicas':7,'mode':'fast','rules':[]}"))))
        .containsExactly("spec: Invalid value: too many for a mode");
    post(app("a", "{'image':'one','replicas':7,'rules':[{'name':'x'}]}")).orThrow();
    assertThat(causes(patch(APPS + "/a", "{'spec':{'image':'two','rules':null}}")))
        .containsExactly(
            "spec.image: Forbidden: was one",
            "spec: Invalid value: \"object\": no such key: rules evaluating rule:"
                + " self.rules.all(r, r.weight > 0)");
    assertThat(causes(post(app("b", "{'image':3}"))))
        .containsExactly(
            "spec.image: Invalid value: \"integer\": spec.image in body must be of type string:"
                + " \"integer\"",
            "<nil>: Invalid value: null: some validation rules were not checked because the object"
                + " was invalid; correct the existing errors to complete validation");
  }

  @Test
  void aRuleThatAnUnchangedValueBreaksOnlyWarns() throws Exception {
    define(VERSION);
    post(app("a", "{'image':'one','replicas':7}")).orThrow();
    ObjectNode crd =
        registry.get(Resources.CUSTOM_RESOURCE_DEFINITIONS, "", "apps.test.example.com");
    ObjectNode spec =
        (ObjectNode) crd.at("/spec/versions/0/schema/openAPIV3Schema/properties/spec");
    spec.putArray("x-kubernetes-validations")
        .addObject()
        .put("rule", "self.replicas < 5")
        .put("message", "too many");
    registry
        .send(
            ApiRequest.put(
                Resources.CUSTOM_RESOURCE_DEFINITIONS.path(null, "apps.test.example.com"),
                Json.bytes(crd)))
        .orThrow();
    eventually(() -> post(app("b", "{'image':'one','replicas':7}")).status() == 422);
    ApiResponse labelled = patch(APPS + "/a", "{'metadata':{'labels':{'x':'y'}}}").orThrow();
    assertThat(labelled.header("warning")).isEqualTo("299 - \"spec: Invalid value: too many\"");
    assertThat(causes(patch(APPS + "/a", "{'spec':{'image':'two'}}")))
        .containsExactly("spec: Invalid value: too many");
  }

  @Test
  void rulesThatDoNotCompileAreRefused() {
    ApiResponse refused =
        registry.send(
            ApiRequest.post(
                Resources.CUSTOM_RESOURCE_DEFINITIONS.path(null),
                Json.bytes(
                    definition(withRules("{'rule':'self.nothing > 1'},{'rule':'self.mode'}")))));
    assertThat(causes(refused))
        .hasSize(2)
        .anyMatch(cause -> cause.contains("undefined field 'nothing'"))
        .anyMatch(cause -> cause.endsWith("must evaluate to a bool"));
  }

  @Test
  void definitionsThatAreNotStructuralAreRefused() {
    String bad =
        VERSION.replace(
            SCHEMA,
            "{'type':'object','properties':{'spec':{'properties':{'a':{'type':'array'}}},"
                + "'other':{'type':'object','anyOf':[{'properties':{'x':{'type':'string'}}}]}}}");
    ObjectNode definition = definition(bad);
    definition.withObject("/metadata").put("name", "wrong.test.example.com");
    ApiResponse refused =
        registry.send(
            ApiRequest.post(
                Resources.CUSTOM_RESOURCE_DEFINITIONS.path(null), Json.bytes(definition)));
    assertThat(causes(refused))
        .contains(
            "metadata.name: Invalid value: \"wrong.test.example.com\": must be"
                + " spec.names.plural+\".\"+spec.group",
            "spec.validation.openAPIV3Schema.properties[spec].type: Required value: must"
                + " not be empty for specified object fields",
            "spec.validation.openAPIV3Schema.properties[spec].properties[a].items:"
                + " Required value: must be specified");
  }

  private List<String> refusedFor(String spec) {
    ApiResponse refused =
        registry.send(
            ApiRequest.post(
                Resources.CUSTOM_RESOURCE_DEFINITIONS.path(null),
                Json.bytes(
                    definition(
                        "{'name':'v1','served':true,'storage':true,'schema':{'openAPIV3Schema':"
                            + "{'type':'object','properties':{'spec':"
                            + spec
                            + "}}}}"))));
    return refused.status() == 201 ? List.of() : causes(refused);
  }

  private static final String TOO_DEAR =
      " (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays,"
          + " maps, and strings are declared)";

  @Test
  void rulesThatMayCostTooMuchAreRefused() {
    String nested =
        "{'type':'object','x-kubernetes-validations':[{'rule':"
            + "'self.list.all(a, self.list.exists(b, a == b))'}],'properties':{'list':{"
            + "'type':'array',%s'items':{'type':'string'%s}}}}";
    String at = "spec.validation.openAPIV3Schema.properties[spec]";
    assertThat(refusedFor(nested.formatted("", "")))
        .containsExactly(
            at
                + ".x-kubernetes-validations[0].rule: Forbidden: estimated rule cost exceeds"
                + " budget by factor of more than 100x"
                + TOO_DEAR,
            at
                + ".x-kubernetes-validations[0].rule: Forbidden: contributed to estimated rule &"
                + " messageExpression cost total exceeding cost limit for entire OpenAPIv3 schema",
            "spec.validation.openAPIV3Schema: Forbidden: x-kubernetes-validations estimated rule &"
                + " messageExpression cost total for entire OpenAPIv3 schema exceeds budget by"
                + " factor of more than 100x"
                + TOO_DEAR);
    assertThat(refusedFor(nested.formatted("'maxItems':1000,", ",'maxLength':50")))
        .singleElement()
        .asString()
        .contains("exceeds budget by factor of 2.6x");
    assertThat(refusedFor(nested.formatted("'maxItems':100,", ",'maxLength':50"))).isEmpty();
  }

  @Test
  void aRuleBelowListsCountsForEachOfThem() {
    String inside =
        "{'type':'object','properties':{'list':{'type':'array',%s'items':{'type':'object',"
            + "'properties':{'text':{'type':'string'%s}},'x-kubernetes-validations':["
            + "{'rule':'self.text.startsWith(\\\"a\\\")'},{'rule':'!self.text.contains(\\\"b\\\")'}]"
            + "}}}}";
    assertThat(refusedFor(inside.formatted("", "")))
        .anyMatch(cause -> cause.contains("items.x-kubernetes-validations[1].rule: Forbidden:"));
    assertThat(refusedFor(inside.formatted("'maxItems':100,", ",'maxLength':1000"))).isEmpty();
  }

  @Test
  void definitionsInKubernetesGroupsSayWhoApprovedThem() throws Exception {
    ObjectNode definition = definition(VERSION);
    definition.withObject("/metadata").put("name", "apps.x.k8s.io");
    definition.withObject("/spec").put("group", "x.k8s.io");
    ApiRequest request =
        ApiRequest.post(Resources.CUSTOM_RESOURCE_DEFINITIONS.path(null), Json.bytes(definition));
    assertThat(causes(registry.send(request)))
        .containsExactly(
            "metadata.annotations[api-approved.kubernetes.io]: Required value: protected groups"
                + " must have approval annotation \"api-approved.kubernetes.io\", see"
                + " https://github.com/kubernetes/enhancements/pull/1111");
    definition
        .withObject("/metadata/annotations")
        .put("api-approved.kubernetes.io", "https://example.com/1");
    registry.create(Resources.CUSTOM_RESOURCE_DEFINITIONS, "", definition);
    eventually(
        () ->
            registry
                .get(Resources.CUSTOM_RESOURCE_DEFINITIONS, "", "apps.x.k8s.io")
                .at("/status/conditions")
                .toString()
                .contains(
                    "\"reason\":\"ApprovedAnnotation\",\"message\":\"approved in"
                        + " https://example.com/1\""));
  }

  @Test
  void metadataOfObjectsWithinOthersIsPruned() throws Exception {
    define(
        "{'name':'v1','served':true,'storage':true,'schema':{'openAPIV3Schema':"
            + "{'type':'object','properties':{'spec':{'type':'object','properties':{'template':{"
            + "'type':'object','x-kubernetes-embedded-resource':true,"
            + "'x-kubernetes-preserve-unknown-fields':true}}}}}}}");
    ObjectNode made =
        body(
            post(app(
                    "a",
                    "{'template':{'apiVersion':'v1','kind':'Pod','metadata':{'name':'x',"
                        + "'odd':1},'free':2}}"))
                .orThrow());
    assertThat(made.at("/spec/template").toString())
        .isEqualTo(
            "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"x\"},\"free\":2}");
  }
}
