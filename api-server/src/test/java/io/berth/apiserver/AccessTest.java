package io.berth.apiserver;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.codec.Json;
import io.berth.api.transport.ApiRequest;
import io.berth.apiserver.inprocess.InProcessTransport;
import io.berth.apiserver.server.Identity;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Roles, bindings and reviews through a whole API server. */
class AccessTest {
  private static final String RBAC = "/apis/rbac.authorization.k8s.io/v1";
  private static final String REVIEWS = "/apis/authorization.k8s.io/v1";
  private static final Identity ADMIN = Identity.of("admin", Identity.MASTERS);
  @TempDir static Path directory;
  private static TestingServer server;

  @BeforeAll
  static void start() throws Exception {
    server = new TestingServer(directory);
    server.create("/api/v1/namespaces", "{'metadata':{'name':'team'}}");
    server.create(
        RBAC + "/namespaces/team/roles",
        "{'metadata':{'name':'reader'},'rules':[{'verbs':['get','list'],'apiGroups':[''],"
            + "'resources':['pods']}]}");
    server.create(
        RBAC + "/namespaces/team/rolebindings",
        "{'metadata':{'name':'readers'},'roleRef':{'kind':'Role','name':'reader'},"
            + "'subjects':[{'kind':'Group','name':'readers'},{'kind':'ServiceAccount','name':'s'}]}");
    server.create(
        RBAC + "/namespaces/team/rolebindings",
        "{'metadata':{'name':'granters'},'roleRef':{'kind':'ClusterRole',"
            + "'name':'system:aggregate-to-admin'},'subjects':[{'kind':'Group','name':'readers'}]}");
    get(ADMIN, RBAC + "/namespaces/team/rolebindings"); // what was acknowledged is in force then
  }

  @AfterAll
  static void stop() throws Exception {
    server.close();
  }

  private static final Identity JANE = Identity.of("jane", "readers");

  private static JsonNode send(Identity who, ApiRequest request) throws Exception {
    try (InProcessTransport transport = server.as(who)) {
      return Json.parse(transport.send(request).body());
    }
  }

  private static JsonNode get(Identity who, String path) throws Exception {
    return send(who, ApiRequest.get(path));
  }

  private static JsonNode post(Identity who, String path, String json) throws Exception {
    byte[] body = json.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    return send(who, ApiRequest.post(path, body));
  }

  private static String role(String name, String verb) {
    return "{'metadata':{'name':'%s'},'rules':[{'verbs':['%s'],'apiGroups':[''],'resources':['pods']}]}"
        .formatted(name, verb);
  }

  @Test
  void rolesHoldInTheirNamespace() throws Exception {
    assertThat(get(JANE, "/api/v1/namespaces/team/pods").path("kind").asText())
        .isEqualTo("PodList");
    assertThat(get(JANE, "/api/v1/namespaces/default/pods").path("code").asInt()).isEqualTo(403);
    assertThat(get(Identity.of("joe"), "/api/v1/namespaces/team/pods").path("code").asInt())
        .isEqualTo(403);
    Identity account = Identity.of("system:serviceaccount:team:s");
    assertThat(get(account, "/api/v1/namespaces/team/pods").path("kind").asText())
        .isEqualTo("PodList");
  }

  @Test
  void nobodyGrantsWhatHeDoesNotHold() throws Exception {
    String roles = RBAC + "/namespaces/team/roles";
    assertThat(post(JANE, roles, role("less", "list")).path("kind").asText()).isEqualTo("Role");
    assertThat(post(JANE, roles, role("more", "delete")).path("message").asText())
        .isEqualTo(
            "roles.rbac.authorization.k8s.io \"more\" is forbidden: user \"jane\""
                + " (groups=[\"readers\" \"system:authenticated\"]) is attempting to grant RBAC"
                + " permissions not currently held:\n"
                + "{APIGroups:[\"\"], Resources:[\"pods\"], Verbs:[\"delete\"]}");
    String binding =
        "{'metadata':{'name':'b'},'roleRef':{'kind':'ClusterRole','name':'cluster-admin'},"
            + "'subjects':[{'kind':'User','name':'jane'}]}";
    assertThat(post(JANE, RBAC + "/namespaces/team/rolebindings", binding).path("code").asInt())
        .isEqualTo(403);
    String widened = role("less", "*");
    assertThat(
            send(
                    JANE,
                    ApiRequest.put(
                        roles + "/less",
                        widened.replace('\'', '"').getBytes(StandardCharsets.UTF_8)))
                .path("code")
                .asInt())
        .isEqualTo(403);
    assertThat(get(ADMIN, roles + "/less").path("rules").toString()).contains("list");
  }

  @Test
  void whoMayBindOrEscalateNeedNotHoldIt() throws Exception {
    server.create(
        RBAC + "/namespaces/team/roles",
        "{'metadata':{'name':'binder'},'rules':[{'verbs':['bind','escalate','create'],"
            + "'apiGroups':['rbac.authorization.k8s.io'],"
            + "'resources':['clusterroles','roles','rolebindings']}]}");
    server.create(
        RBAC + "/namespaces/team/rolebindings",
        "{'metadata':{'name':'binders'},'roleRef':{'kind':'Role','name':'binder'},"
            + "'subjects':[{'kind':'User','name':'boss'}]}");
    get(ADMIN, RBAC + "/namespaces/team/rolebindings");
    Identity boss = Identity.of("boss");
    assertThat(post(boss, RBAC + "/namespaces/team/roles", role("any", "*")).path("kind").asText())
        .isEqualTo("Role");
    assertThat(
            post(
                    boss,
                    RBAC + "/namespaces/team/rolebindings",
                    "{'metadata':{'name':'any'},'roleRef':{'kind':'ClusterRole','name':'edit'}}")
                .path("kind")
                .asText())
        .isEqualTo("RoleBinding");
  }

  @Test
  void reviewsAnswerAsRequestsWouldBe() throws Exception {
    String mine =
        "{'spec':{'resourceAttributes':{'namespace':'team','verb':'list','resource':'pods'}}}";
    JsonNode allowed = post(JANE, REVIEWS + "/selfsubjectaccessreviews", mine).path("status");
    assertThat(allowed.path("allowed").asBoolean()).isTrue();
    assertThat(allowed.path("reason").asText())
        .isEqualTo(
            "RBAC: allowed by RoleBinding \"readers/team\" of Role \"reader\" to Group"
                + " \"readers\"");
    String others =
        "{'spec':{'user':'system:serviceaccount:team:s','resourceAttributes':{'namespace':'team',"
            + "'verb':'watch','resource':'pods'}}}";
    assertThat(
            post(ADMIN, REVIEWS + "/subjectaccessreviews", others)
                .at("/status/allowed")
                .asBoolean(true))
        .isFalse();
    assertThat(post(JANE, REVIEWS + "/subjectaccessreviews", others).path("code").asInt())
        .isEqualTo(403);
    assertThat(
            post(JANE, REVIEWS + "/namespaces/team/localsubjectaccessreviews", others)
                .at("/status/allowed")
                .isBoolean())
        .isTrue();
    assertThat(
            post(ADMIN, REVIEWS + "/subjectaccessreviews", "{'spec':{}}")
                .at("/details/causes")
                .size())
        .isEqualTo(2);
    String node =
        "{'spec':{'user':'system:node:n','groups':['system:nodes'],'resourceAttributes':"
            + "{'verb':'list','resource':'pods','fieldSelector':{'requirements':"
            + "[{'key':'spec.nodeName','operator':'In','values':['n']}]}}}}";
    assertThat(
            post(ADMIN, REVIEWS + "/subjectaccessreviews", node).at("/status/allowed").asBoolean())
        .isTrue();
  }

  @Test
  void aReviewsSelectorsMustBeWellFormed() throws Exception {
    String review =
        "{'spec':{'user':'u','resourceAttributes':{'verb':'list','resource':'pods',"
            + "'fieldSelector':{'requirements':[{'operator':'In'}]},"
            + "'labelSelector':{'requirements':[{'key':'a b','operator':'Exists','values':['v']},"
            + "{'key':'later','operator':'Near','values':['x']}]}}}}";
    JsonNode causes = post(ADMIN, REVIEWS + "/subjectaccessreviews", review).at("/details/causes");
    List<String> fields = new ArrayList<>();
    causes.forEach(cause -> fields.add(cause.path("field").asText()));
    String at = "spec.resourceAttributes.";
    assertThat(fields)
        .containsExactly(
            at + "fieldSelector.requirements[0].key",
            at + "fieldSelector.requirements[0].values",
            at + "labelSelector.requirements[0].values",
            at + "labelSelector.requirements[0].key");
  }

  @Test
  void everybodyMayListHisRulesAndSeeWhoHeIs() throws Exception {
    JsonNode rules =
        post(JANE, REVIEWS + "/selfsubjectrulesreviews", "{'spec':{'namespace':'team'}}")
            .path("status");
    assertThat(rules.path("resourceRules").toString())
        .contains("{\"apiGroups\":[\"\"],\"resources\":[\"pods\"],\"verbs\":[\"get\",\"list\"]}");
    assertThat(rules.path("nonResourceRules").toString()).contains("/apis/*");
    assertThat(rules.path("incomplete").asBoolean(true)).isFalse();
    Identity who =
        new Identity("eve", "7", List.of(Identity.AUTHENTICATED), Map.of("k", List.of("v", "w")));
    assertThat(
            post(who, "/apis/authentication.k8s.io/v1/selfsubjectreviews", "{}")
                .at("/status/userInfo")
                .toString())
        .isEqualTo(
            "{\"username\":\"eve\",\"uid\":\"7\",\"groups\":[\"system:authenticated\"],"
                + "\"extra\":{\"k\":[\"v\",\"w\"]}}");
    assertThat(
            post(Identity.ANONYMOUS, "/apis/authentication.k8s.io/v1/selfsubjectreviews", "{}")
                .path("code")
                .asInt())
        .isEqualTo(401);
  }

  @Test
  void aBindingKeepsItsRole() throws Exception {
    String path = RBAC + "/namespaces/team/rolebindings/granters";
    JsonNode answer =
        send(
            ADMIN,
            ApiRequest.patch(
                path,
                "application/merge-patch+json",
                "{\"roleRef\":{\"name\":\"view\"}}".getBytes(StandardCharsets.UTF_8)));
    assertThat(answer.path("code").asInt()).isEqualTo(422);
    assertThat(answer.path("message").asText()).contains("cannot change roleRef");
  }
}
