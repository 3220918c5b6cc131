package io.berth.apiserver.registry;

import static io.berth.apiserver.registry.TestingRegistry.body;
import static io.berth.apiserver.registry.TestingRegistry.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.resource.GroupResource;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.resource.Resources;
import io.berth.api.transport.ApiRequest;
import io.berth.api.transport.ApiResponse;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Policies in the expression language, put into force by bindings. */
class PoliciesTest {
  private static final ResourceDefinition POLICIES = resource("validatingadmissionpolicies");
  private static final ResourceDefinition BINDINGS = resource("validatingadmissionpolicybindings");

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
    assertThat(create("none", two).status()).isEqualTo(422);
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
    ObjectNode policy = registry.get(POLICIES, "", "p");
    policy.withObject("/spec").put("failurePolicy", "Ignore");
    registry.put(POLICIES, policy);
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
}
