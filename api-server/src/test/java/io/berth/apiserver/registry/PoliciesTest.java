package io.berth.apiserver.registry;

import static io.berth.apiserver.registry.TestingRegistry.body;
import static io.berth.apiserver.registry.TestingRegistry.json;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.resource.GroupResource;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.resource.Resources;
import io.berth.api.transport.ApiRequest;
import io.berth.api.transport.ApiResponse;
import io.berth.apiserver.server.Identity;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Policies in the expression language, put into force by bindings. */
class PoliciesTest {
  private static final ResourceDefinition POLICIES = resource("validatingadmissionpolicies");
  private static final ResourceDefinition BINDINGS = resource("validatingadmissionpolicybindings");

  private static final String DENIED =
      "configmaps \"a\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b' denied"
          + " request: ";

  private final TestingRegistry registry = TestingRegistry.ready();

  private static ResourceDefinition resource(String plural) {
    return Resources.find(new GroupResource("admissionregistration.k8s.io", plural)).orElseThrow();
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

  private void policy(String spec) {
    registry.create(
        POLICIES,
        "",
        json(
            "{'metadata':{'name':'p'},'spec':{'matchConstraints':{'resourceRules':[{"
                + "'operations':['CREATE','UPDATE'],'apiGroups':[''],'apiVersions':['v1'],"
                + "'resources':['configmaps']}]},"
                + spec
                + "}}"));
  }

  private void bind(String spec) {
    registry.create(
        BINDINGS, "", json("{'metadata':{'name':'b'},'spec':{'policyName':'p'," + spec + "}}"));
  }

  private ApiResponse create(String name, String data) {
    ObjectNode map = json("{'metadata':{'name':'" + name + "'},'data':{" + data + "}}");
    return registry.send(ApiRequest.post(Resources.CONFIG_MAPS.path("default"), Json.bytes(map)));
  }

  private void inForce() throws InterruptedException {
    AtomicInteger tries = new AtomicInteger();
    eventually(() -> create("try" + tries.incrementAndGet(), "'a':'a'").status() != 201);
  }

  /** So many expressions, each of which costs a little over 400,000 for a text of 4,000. */
  private static String dear(int count, String name) {
    return IntStream.range(0, count)
        .mapToObj(
            i ->
                "{"
                    + name.formatted(i)
                    + "'expression':'object.data.a.matches(object.data.a)"
                    + " && !object.metadata.name.startsWith(\\\"try\\\")'}")
        .collect(Collectors.joining(","));
  }

  @Test
  void anExpressionThatCostsTooMuchFails() throws Exception {
    policy("'validations':[" + dear(1, "") + "]");
    bind("'validationActions':['Deny']");
    inForce();
    assertThat(body(create("a", "'a':'" + "a".repeat(8_000) + "'")).path("message").asText())
        .isEqualTo(
            DENIED
                + "expression 'object.data.a.matches(object.data.a) &&"
                + " !object.metadata.name.startsWith(\"try\")' resulted in error: operation"
                + " cancelled: actual cost limit exceeded");
  }

  @Test
  void allExpressionsTogetherMayCostOnlySoMuch() throws Exception {
    policy("'validations':[" + dear(25, "") + "]");
    bind("'validationActions':['Deny']");
    inForce();
    assertThat(body(create("a", "'a':'" + "a".repeat(4_000) + "'")).path("message").asText())
        .isEqualTo(
            DENIED
                + "validation failed due to running out of cost budget, no further validation rules"
                + " will be run");
    assertThat(create("b", "'a':'" + "a".repeat(3_000) + "'").status()).isEqualTo(201);
  }

  @Test
  void conditionsMayCostLessThanValidations() throws Exception {
    policy(
        "'matchConditions':["
            + dear(7, "'name':'c%d',").replace("try", "off")
            + "],'validations':[{'expression':'false'}]");
    bind("'validationActions':['Deny']");
    inForce();
    assertThat(body(create("a", "'a':'a'")).path("message").asText()).endsWith("expression: false");
    assertThat(body(create("a", "'a':'" + "a".repeat(4_000) + "'")).path("message").asText())
        .endsWith("running out of cost budget, no further validation rules will be run");
  }

  @Test
  void aDenialNamesPolicyAndBinding() throws Exception {
    policy(
        "'variables':[{'name':'size','expression':'size(object.data)'}],'validations':["
            + "{'expression':'variables.size < 3','messageExpression':"
            + "'string(variables.size) + \\\" are too many\\\"'},"
            + "{'expression':'!object.metadata.name.startsWith(\\\"x\\\")','reason':'Forbidden'}]");
    bind("'validationActions':['Deny']");
    String three = "'a':'1','b':'2','c':'3'";
    eventually(() -> create("n" + System.nanoTime(), three).status() == 422);
    ApiResponse denied = create("many", three);
    assertThat(body(denied).path("reason").asText()).isEqualTo("Invalid");
    assertThat(body(denied).path("message").asText())
        .isEqualTo(
            "configmaps \"many\" is forbidden: ValidatingAdmissionPolicy 'p' with binding 'b'"
                + " denied request: 3 are too many");
    ApiResponse forbidden = create("x", "'a':'1'");
    assertThat(forbidden.status()).isEqualTo(403);
    assertThat(body(forbidden).path("message").asText())
        .endsWith("failed expression: !object.metadata.name.startsWith(\"x\")");
    assertThat(create("few", "'a':'1'").status()).isEqualTo(201);
  }

  @Test
  void bindingsNarrowWarnAndGiveParameters() throws Exception {
    registry.create(
        Resources.CONFIG_MAPS,
        "default",
        json("{'metadata':{'name':'limits'},'data':{'max':'1'}}"));
    policy(
        "'paramKind':{'apiVersion':'v1','kind':'ConfigMap'},'validations':["
            + "{'expression':'size(object.data) <= int(params.data.max)',"
            + "'message':'more than allowed'}]");
    bind(
        "'validationActions':['Warn'],'paramRef':{'name':'limits',"
            + "'parameterNotFoundAction':'Deny'},'matchResources':{'objectSelector':"
            + "{'matchExpressions':[{'key':'free','operator':'DoesNotExist'}]}}");
    String two = "'a':'1','b':'2'";
    eventually(() -> create("n" + System.nanoTime(), two).header("warning") != null);
    assertThat(create("two", two).header("warning"))
        .isEqualTo(
            "299 - \"Validation failed for ValidatingAdmissionPolicy 'p' with binding 'b': more"
                + " than allowed\"");
    ObjectNode free =
        json("{'metadata':{'name':'free','labels':{'free':'yes'}},'data':{" + two + "}}");
    ApiResponse response =
        registry.send(ApiRequest.post(Resources.CONFIG_MAPS.path("default"), Json.bytes(free)));
    assertThat(response.header("warning")).isNull();
    registry.send(ApiRequest.delete(Resources.CONFIG_MAPS.path("default", "limits"))).orThrow();
    eventually(() -> create("n" + System.nanoTime(), two).status() == 422);
  }

  @Test
  void expressionsThatFailDenyUnlessThePolicyIgnoresThat() throws Exception {
    policy("'validations':[{'expression':'object.data.nothing == \\\"1\\\"'}]");
    bind("'validationActions':['Deny']");
    eventually(() -> create("n" + System.nanoTime(), "'a':'1'").status() == 422);
    assertThat(body(create("m", "'a':'1'")).path("message").asText())
        .contains(
            "denied request: expression 'object.data.nothing == \"1\"' resulted in error: no such"
                + " key: nothing");
    registry
        .send(
            ApiRequest.patch(
                POLICIES.path(null, "p"),
                "application/merge-patch+json",
                Json.bytes(json("{'spec':{'failurePolicy':'Ignore'}}"))))
        .orThrow();
    eventually(() -> create("n" + System.nanoTime(), "'a':'1'").status() == 201);
  }

  @Test
  void aMutatingPolicyLaysItsConfigurationAndPatchesOverObjects() throws Exception {
    registry.create(
        resource("mutatingadmissionpolicies"),
        "",
        json(
            "{'metadata':{'name':'m'},'spec':{'reinvocationPolicy':'Never','matchConstraints':{"
                + "'resourceRules':[{'operations':['CREATE'],'apiGroups':[''],'apiVersions':['v1'],"
                + "'resources':['configmaps']}]},'variables':[{'name':'two','expression':'1 + 1'}],"
                + "'mutations':[{'patchType':'ApplyConfiguration','applyConfiguration':{"
                + "'expression':'Object{metadata: Object.metadata{labels: "
                + "Object.metadata.labels{made: string(variables.two)}}}'}},"
                + "{'patchType':'JSONPatch','jsonPatch':{'expression':'has(object.data) ? "
                + "[JSONPatch{op: \\\"add\\\", path: \\\"/data/more\\\", "
                + "value: object.metadata.labels.made}] : []'}}]}}"));
    registry.create(
        resource("mutatingadmissionpolicybindings"),
        "",
        json("{'metadata':{'name':'b'},'spec':{'policyName':'m'}}"));
    eventually(
        () ->
            body(create("n" + System.nanoTime(), "'a':'1'")).at("/data/more").asText().equals("2"));
    ObjectNode made = body(create("made", "'a':'1'"));
    assertThat(made.path("data").toString()).isEqualTo("{\"a\":\"1\",\"more\":\"2\"}");
    assertThat(made.at("/metadata/labels/made").asText()).isEqualTo("2");
  }

  private List<String> refusal(ResourceDefinition resource, String object) {
    ApiResponse refused =
        registry.send(ApiRequest.post(resource.path(null), Json.bytes(json(object))));
    assertThat(refused.status()).isEqualTo(422);
    List<String> causes = new ArrayList<>();
    body(refused)
        .at("/details/causes")
        .forEach(
            cause ->
                causes.add(cause.path("field").asText() + ": " + cause.path("message").asText()));
    return causes;
  }

  @Test
  void policiesThatDoNotCompileOrSayNothingAreRefused() {
    assertThat(
            refusal(
                POLICIES,
                "{'metadata':{'name':'p'},'spec':{'matchConstraints':{'resourceRules':[{"
                    + "'operations':['*','CREATE'],'apiGroups':[''],'apiVersions':['v1'],"
                    + "'resources':['pods']}]},'variables':[{'name':'a','expression':'1'},"
                    + "{'name':'b-c','expression':'variables.later'}],'validations':["
                    + "{'expression':'params.x == 1'},{'expression':'object.spec.flag'},"
                    + "{'expression':'variables.a == 1','messageExpression':'variables.a',"
                    + "'reason':'Odd'}]}}"))
        .contains(
            "spec.matchConstraints.resourceRules[0].operations: Invalid value: [\"*\",\"CREATE\"]:"
                + " if '*' is present, must not specify other operations",
            "spec.variables[1].name: Invalid value: \"b-c\": name is not a valid CEL identifier",
            "spec.validations[2].reason: Unsupported value: \"Odd\": supported values:"
                + " \"Forbidden\", \"Invalid\", \"RequestEntityTooLarge\"",
            "spec.validations[1].expression: Invalid value: \"object.spec.flag\": must evaluate to"
                + " bool",
            "spec.validations[2].messageExpression: Invalid value: \"variables.a\": must evaluate"
                + " to string")
        .anyMatch(cause -> cause.contains("undefined field 'later'"))
        .anyMatch(cause -> cause.contains("undeclared reference to 'params'"))
        .hasSize(7);
    assertThat(refusal(POLICIES, "{'metadata':{'name':'p'},'spec':{'paramKind':{'kind':'X_y'}}}"))
        .contains(
            "spec.paramKind.apiVersion: Required value",
            "spec.matchConstraints: Required value",
            "spec.validations: Required value: validations or auditAnnotations must contain at"
                + " least one item");
    assertThat(
            refusal(
                BINDINGS,
                "{'metadata':{'name':'b'},'spec':{'policyName':'p','paramRef':{'name':'x',"
                    + "'selector':{}},'validationActions':['Deny','Warn','Deny']}}"))
        .containsExactly(
            "spec.paramRef.name: Forbidden: name and selector are mutually exclusive",
            "spec.paramRef.selector: Forbidden: name and selector are mutually exclusive",
            "spec.paramRef.parameterNotFoundAction: Required value",
            "spec.validationActions[2]: Duplicate value: \"Deny\"",
            "spec.validationActions: Invalid value: [\"Deny\",\"Warn\",\"Deny\"]: must not contain"
                + " both Deny and Warn (repeating the same validation failure information in the"
                + " API response and headers serves no purpose)");
    assertThat(
            refusal(
                resource("mutatingadmissionpolicies"),
                "{'metadata':{'name':'m'},'spec':{'matchConstraints':{'resourceRules':[{"
                    + "'operations':['DELETE'],'apiGroups':[''],'apiVersions':['v1'],"
                    + "'resources':['pods']}]},'mutations':[{'patchType':'JSONPatch',"
                    + "'applyConfiguration':{'expression':'Object{}'}}]}}"))
        .containsExactly(
            "spec.matchConstraints.resourceRules.operations: Unsupported value: \"DELETE\":"
                + " supported values: \"*\", \"CONNECT\", \"CREATE\", \"UPDATE\"",
            "spec.mutations[0].jsonPatch: Required value: must be specified when patchType is"
                + " JSONPatch",
            "spec.mutations[0].applyConfiguration: Invalid value: \"{applyConfiguration}\": must"
                + " not be specified when patchType is JSONPatch",
            "spec.reinvocationPolicy: Required value");
  }

  @Test
  void expressionsAskWhatTheUserMayDo() throws Exception {
    registry.create(
        Resources.CLUSTER_ROLES,
        "",
        json(
            "{'metadata':{'name':'maps'},'rules':[{'apiGroups':[''],'resources':['configmaps'],"
                + "'verbs':['create','bless'],'resourceNames':['good']}]}"));
    registry.create(
        Resources.CLUSTER_ROLE_BINDINGS,
        "",
        json(
            "{'metadata':{'name':'maps'},'roleRef':{'apiGroup':'rbac.authorization.k8s.io',"
                + "'kind':'ClusterRole','name':'maps'},'subjects':[{'kind':'User','name':'eve',"
                + "'apiGroup':'rbac.authorization.k8s.io'},{'kind':'ServiceAccount',"
                + "'name':'robot','namespace':'default'}]}"));
    policy(
        "'validations':["
            + "{'expression':'authorizer.requestResource.check(\\\"bless\\\").allowed()',"
            + "'message':'not blessed'},"
            + "{'expression':'authorizer.serviceAccount(\\\"default\\\", \\\"robot\\\")"
            + ".group(\\\"\\\").resource(\\\"configmaps\\\").namespace(\\\"default\\\")"
            + ".name(\\\"good\\\").check(\\\"bless\\\").allowed()'},"
            + "{'expression':'!authorizer.path(\\\"/metrics\\\").check(\\\"get\\\").allowed()',"
            + "'message':'too mighty'}]");
    bind("'validationActions':['Deny']");
    eventually(() -> create("n" + System.nanoTime(), "'a':'1'").status() == 422);
    assertThat(body(create("good", "'a':'1'")).path("message").asText()).endsWith("too mighty");
    Identity eve = Identity.of("eve");
    ApiRequest good =
        ApiRequest.post(
            Resources.CONFIG_MAPS.path("default"), Json.bytes(TestingRegistry.named("good")));
    assertThat(registry.stream(good, eve).response().status()).isEqualTo(201);
    ApiRequest bad =
        ApiRequest.post(
            Resources.CONFIG_MAPS.path("default"), Json.bytes(TestingRegistry.named("bad")));
    assertThatThrownBy(() -> registry.stream(bad, eve)).hasMessageEndingWith("not blessed");
  }

  @Test
  void aMutatingPolicySeesWhatLaterOnesChangeIfItAsks() throws Exception {
    for (String again : List.of("IfNeeded", "Never")) {
      mutating(
          "a-" + again.toLowerCase(Locale.ROOT),
          again,
          "has(object.data) && has(object.data.late) ? [JSONPatch{op: \\\"add\\\", path:"
              + " \\\"/data/"
              + again
              + "\\\", value: \\\"saw it\\\"}] : []");
    }
    mutating(
        "z", "Never", "[JSONPatch{op: \\\"add\\\", path: \\\"/data/late\\\", value: \\\"1\\\"}]");
    eventually(() -> body(create("n" + System.nanoTime(), "'a':'1'")).path("data").size() == 3);
    assertThat(body(create("made", "'a':'1'")).path("data").toString())
        .isEqualTo("{\"a\":\"1\",\"late\":\"1\",\"IfNeeded\":\"saw it\"}");
  }

  private void mutating(String name, String again, String expression) {
    registry.create(
        resource("mutatingadmissionpolicies"),
        "",
        json(
            "{'metadata':{'name':'"
                + name
                + "'},'spec':{'reinvocationPolicy':'"
                + again
                + "','matchConstraints':{'resourceRules':[{'operations':['CREATE'],"
                + "'apiGroups':[''],'apiVersions':['v1'],'resources':['configmaps']}]},"
                + "'mutations':[{'patchType':'JSONPatch','jsonPatch':{'expression':'"
                + expression
                + "'}}]}}"));
    registry.create(
        resource("mutatingadmissionpolicybindings"),
        "",
        json("{'metadata':{'name':'" + name + "'},'spec':{'policyName':'" + name + "'}}"));
  }

  @Test
  void theStatusSaysWhichExpressionsFitNoObject() throws Exception {
    registry.create(
        POLICIES,
        "",
        json(
            "{'metadata':{'name':'typed'},'spec':{'matchConstraints':{'resourceRules':[{"
                + "'operations':['CREATE'],'apiGroups':['apps'],'apiVersions':['v1'],"
                + "'resources':['deployments','deployments/scale','replicasets']}]},"
                + "'variables':[{'name':'size','expression':'object.spec.replicas'}],"
                + "'validations':[{'expression':'object.replicas > 1'},"
                + "{'expression':'variables.size > 1 && object.spec.strategy.type == \\\"x\\\"'},"
                + "{'expression':'object.metadata.creationTimestamp > timestamp("
                + "\\\"2026-01-01T00:00:00Z\\\")'}]}}"));
    eventually(
        () -> registry.get(POLICIES, "", "typed").at("/status/observedGeneration").asInt() == 1);
    JsonNode warnings =
        registry.get(POLICIES, "", "typed").at("/status/typeChecking/expressionWarnings");
    assertThat(warnings).hasSize(2);
    assertThat(warnings.get(0).path("fieldRef").asText())
        .isEqualTo("spec.validations[0].expression");
    assertThat(warnings.get(0).path("warning").asText())
        .startsWith(
            """
            apps/v1, Kind=Deployment: ERROR: <input>:1:7: undefined field 'replicas'
             | object.replicas > 1
             | ......^
            """)
        .contains("\n\napps/v1, Kind=ReplicaSet: ERROR: <input>:1:7: undefined field 'replicas'");
    assertThat(warnings.get(1).path("warning").asText())
        .startsWith("apps/v1, Kind=ReplicaSet: ")
        .contains("undefined field 'strategy'");
  }
}
