package io.berth.apiserver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.codec.Json;
import io.berth.api.transport.ApiException;
import io.berth.api.transport.ApiRequest;
import io.berth.apiserver.inprocess.InProcessTransport;
import io.berth.apiserver.server.Identity;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.AlgorithmParameters;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.security.spec.ECParameterSpec;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Tokens of service accounts and of bootstrapping nodes through a whole API server. */
class TokensTest {
  private static final String TOKEN = "/api/v1/namespaces/default/serviceaccounts/default/token";
  private static final String REVIEW = "/apis/authentication.k8s.io/v1/tokenreviews";
  private static final String ISSUER = "https://kubernetes.default.svc.cluster.local";
  private static final Identity ADMIN = Identity.of("admin", Identity.MASTERS);
  @TempDir static Path directory;
  private static TestingServer server;

  @BeforeAll
  static void start() throws Exception {
    server = new TestingServer(directory);
    for (String node : List.of("n1", "n2")) {
      server.create("/api/v1/nodes", "{'metadata':{'name':'%s'}}".formatted(node));
    }
    server.create("/api/v1/namespaces/default/serviceaccounts", "{'metadata':{'name':'other'}}");
    server.create(
        "/api/v1/namespaces/default/pods",
        "{'metadata':{'name':'p'},'spec':{'nodeName':'n1','containers':[{'name':'c','image':'i'}]}}");
    server.create("/api/v1/namespaces/default/secrets", "{'metadata':{'name':'s'}}");
    fresh();
  }

  @AfterAll
  static void stop() throws Exception {
    server.close();
  }

  private static JsonNode send(Identity who, ApiRequest request) throws Exception {
    try (InProcessTransport transport = server.as(who)) {
      return Json.parse(transport.send(request).body());
    }
  }

  private static JsonNode post(Identity who, String path, String json) throws Exception {
    byte[] body = json.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    return send(who, ApiRequest.post(path, body));
  }

  /** After a consistent read, all that was acknowledged is in force. */
  private static void fresh() throws Exception {
    send(ADMIN, ApiRequest.get("/api/v1/namespaces"));
  }

  private static String token(String spec) throws Exception {
    return post(ADMIN, TOKEN, "{'spec':" + spec + "}").at("/status/token").asText();
  }

  private static JsonNode claims(String token) {
    return Json.parse(Base64.getUrlDecoder().decode(token.split("\\.")[1]));
  }

  private static String uid(String path) throws Exception {
    return send(ADMIN, ApiRequest.get(path)).at("/metadata/uid").asText();
  }

  @Test
  void aTokenSaysWhoAskedForWhatAndUntilWhen() throws Exception {
    JsonNode answer = post(ADMIN, TOKEN, "{}");
    assertThat(answer.path("kind").asText()).isEqualTo("TokenRequest");
    assertThat(answer.at("/spec/audiences/0").asText()).isEqualTo(ISSUER);
    assertThat(answer.at("/spec/expirationSeconds").asInt()).isEqualTo(3600);
    JsonNode claims = claims(answer.at("/status/token").asText());
    assertThat(claims.path("exp").asLong() - claims.path("iat").asLong()).isEqualTo(3600);
    assertThat(claims.path("iss").asText()).isEqualTo(ISSUER);
    assertThat(claims.path("sub").asText()).isEqualTo("system:serviceaccount:default:default");
    assertThat(claims.path("nbf")).isEqualTo(claims.path("iat"));
    assertThat(claims.path("kubernetes.io").path("namespace").asText()).isEqualTo("default");
    Identity who = server.bearer(answer.at("/status/token").asText());
    assertThat(who.name()).isEqualTo("system:serviceaccount:default:default");
    assertThat(who.extra().get("authentication.kubernetes.io/credential-id"))
        .containsExactly("JTI=" + claims.path("jti").asText());
  }

  @Test
  void policiesChangeAndRefuseWhatIsAskedOfAToken() throws Exception {
    String policies = "/apis/admissionregistration.k8s.io/";
    String match =
        "'matchConstraints':{'resourceRules':[{'operations':['CREATE'],'apiGroups':[''],"
            + "'apiVersions':['v1'],'resources':['serviceaccounts/token'],"
            + "'resourceNames':['governed']}]}";
    server.create("/api/v1/namespaces/default/serviceaccounts", "{'metadata':{'name':'governed'}}");
    server.create(
        policies + "v1/mutatingadmissionpolicies",
        "{'metadata':{'name':'short'},'spec':{"
            + match
            + ",'reinvocationPolicy':'Never','mutations':[{'patchType':'JSONPatch','jsonPatch':"
            + "{'expression':'[JSONPatch{op: \\\"add\\\", path: \\\"/spec/expirationSeconds\\\","
            + " value: 1200}]'}}]}}");
    server.create(
        policies + "v1/mutatingadmissionpolicybindings",
        "{'metadata':{'name':'short'},'spec':{'policyName':'short'}}");
    server.create(
        policies + "v1/validatingadmissionpolicies",
        "{'metadata':{'name':'known'},'spec':{"
            + match
            + ",'validations':[{'expression':'request.kind.kind == object.kind &&"
            + " object.metadata.name == request.name && object.spec.expirationSeconds == 1200 &&"
            + " object.spec.audiences.all(a, a.startsWith(\\\"https:\\\"))',"
            + "'message':'unknown audience','reason':'Forbidden'}]}}");
    server.create(
        policies + "v1/validatingadmissionpolicybindings",
        "{'metadata':{'name':'known'},'spec':{'policyName':'known','validationActions':['Deny']}}");
    String path = TOKEN.replace("/default/token", "/governed/token");
    String unknown = "{'spec':{'audiences':['vault']}}";
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (post(ADMIN, path, unknown).path("code").asInt() != 403
        || post(ADMIN, path, "{'spec':{}}").at("/spec/expirationSeconds").asInt() != 1200) {
      assertThat(System.nanoTime()).as("the time").isLessThan(end);
      fresh();
    }
    assertThat(post(ADMIN, path, unknown).path("message").asText())
        .isEqualTo(
            "serviceaccounts \"governed\" is forbidden: ValidatingAdmissionPolicy 'known' with"
                + " binding 'known' denied request: unknown audience");
    JsonNode claims = claims(post(ADMIN, path, "{'spec':{}}").at("/status/token").asText());
    assertThat(claims.path("exp").asLong() - claims.path("iat").asLong()).isEqualTo(1200);
    assertThat(post(ADMIN, TOKEN, unknown).at("/status/token").asText()).isNotEmpty();
  }

  @Test
  void whoChangesARequestForATokenSeesItsLifetimeAndIsCheckedAfterwards() throws Exception {
    String policies = "/apis/admissionregistration.k8s.io/";
    server.create("/api/v1/namespaces/default/serviceaccounts", "{'metadata':{'name':'longer'}}");
    server.create(
        policies + "v1/mutatingadmissionpolicies",
        "{'metadata':{'name':'longer'},'spec':{'matchConstraints':{'resourceRules':[{"
            + "'operations':['CREATE'],'apiGroups':[''],'apiVersions':['v1'],"
            + "'resources':['serviceaccounts/token'],'resourceNames':['longer']}]},"
            + "'reinvocationPolicy':'Never','mutations':[{'patchType':'ApplyConfiguration',"
            + "'applyConfiguration':{'expression':'Object{spec: Object.spec{"
            + "expirationSeconds: object.spec.expirationSeconds - 3000,"
            + " audiences: [\\\"own\\\"]}}'}}]}}");
    server.create(
        policies + "v1/mutatingadmissionpolicybindings",
        "{'metadata':{'name':'longer'},'spec':{'policyName':'longer'}}");
    String path = TOKEN.replace("/default/token", "/longer/token");
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (post(ADMIN, path, "{'spec':{}}").at("/spec/expirationSeconds").asInt() != 600) {
      assertThat(System.nanoTime()).as("the time").isLessThan(end);
      fresh();
    }
    JsonNode answer = post(ADMIN, path, "{'spec':{'audiences':['a','b']}}");
    assertThat(answer.at("/spec/audiences").toString()).isEqualTo("[\"own\"]");
    JsonNode refused = post(ADMIN, path, "{'spec':{'expirationSeconds':3599}}");
    assertThat(refused.path("code").asInt()).isEqualTo(422);
  }

  @Test
  void aRequestForATokenNamesNoOtherAccount() throws Exception {
    JsonNode named = post(ADMIN, TOKEN, "{'metadata':{'name':'zz'},'spec':{}}");
    assertThat(named.path("message").asText())
        .isEqualTo(
            "TokenRequest.authentication.k8s.io \"default\" is invalid: metadata.name: Invalid"
                + " value: \"zz\": must match the service account name if specified");
    JsonNode other = post(ADMIN, TOKEN, "{'metadata':{'uid':'u'},'spec':{}}");
    assertThat(other.path("code").asInt()).isEqualTo(409);
    assertThat(other.path("message").asText())
        .contains("the UID in the token request (u) does not match the UID of the service account");
  }

  @Test
  void aTokenBoundToAPodNamesItAndItsNodeAndDiesWithIt() throws Exception {
    server.create(
        "/api/v1/namespaces/default/pods",
        "{'metadata':{'name':'q'},'spec':{'nodeName':'n1','containers':[{'name':'c','image':'i'}]}}");
    String token = token("{'boundObjectRef':{'kind':'Pod','apiVersion':'v1','name':'q'}}");
    JsonNode own = claims(token).path("kubernetes.io");
    assertThat(own.at("/pod/uid").asText()).isEqualTo(uid("/api/v1/namespaces/default/pods/q"));
    assertThat(own.at("/node/name").asText()).isEqualTo("n1");
    fresh();
    assertThat(server.bearer(token).extra())
        .containsEntry("authentication.kubernetes.io/pod-name", List.of("q"))
        .containsEntry("authentication.kubernetes.io/node-name", List.of("n1"));
    send(
        ADMIN,
        ApiRequest.delete("/api/v1/namespaces/default/pods/q")
            .withQuery("gracePeriodSeconds", "0"));
    fresh();
    assertThatThrownBy(() -> server.bearer(token)).isInstanceOf(ApiException.class);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '^',
      value = {
        "{'expirationSeconds':599}|422|may not specify a duration less than 10 minutes",
        "{'expirationSeconds':4294967297}|422|may not specify a duration larger than 2^32 seconds",
        "{'boundObjectRef':{'kind':'ConfigMap','apiVersion':'v1','name':'x'}}|400|cannot bind token"
            + " for serviceaccount \"default\" to object of type v1, Kind=ConfigMap",
        "{'boundObjectRef':{'kind':'Pod','apiVersion':'v1','name':'none'}}|404|pods \"none\" not"
            + " found",
        "{'boundObjectRef':{'kind':'Secret','apiVersion':'v1','name':'s','uid':'x'}}|409|the UID in"
            + " the bound object reference (x) does not match",
      })
  void whatCannotBeAskedForIsRefused(String spec, int code, String why) throws Exception {
    JsonNode answer = post(ADMIN, TOKEN, "{'spec':" + spec + "}");
    assertThat(answer.path("code").asInt()).isEqualTo(code);
    assertThat(answer.path("message").asText()).contains(why);
  }

  @Test
  void anotherAccountsPodIsNoReasonForAToken() throws Exception {
    JsonNode answer =
        post(
            ADMIN,
            TOKEN.replace("/default/token", "/other/token"),
            "{'spec':{'boundObjectRef':{'kind':'Pod','apiVersion':'v1','name':'p'}}}");
    assertThat(answer.path("message").asText())
        .isEqualTo(
            "cannot bind token for serviceaccount \"other\" to pod running with different"
                + " serviceaccount name.");
    assertThat(
            post(ADMIN, TOKEN.replace("/default/token", "/none/token"), "{}").path("code").asInt())
        .isEqualTo(404);
  }

  @Test
  void podsFindTheirCredentialsUnlessTheyOrTheirAccountDecline() throws Exception {
    String pods = "/api/v1/namespaces/default/pods";
    String containers =
        "'initContainers':[{'name':'i','image':'i'}],'containers':[{'name':'c','image':'i'},"
            + "{'name':'own','image':'i','volumeMounts':[{'name':'v','mountPath':"
            + "'/var/run/secrets/kubernetes.io/serviceaccount'}]}],'volumes':[{'name':'v'}]";
    JsonNode pod = post(ADMIN, pods, "{'metadata':{'name':'m'},'spec':{" + containers + "}}");
    JsonNode volume = pod.at("/spec/volumes/1");
    assertThat(volume.path("name").asText()).matches("kube-api-access-[a-z0-9]{5}");
    assertThat(volume.path("projected").toString())
        .isEqualTo(
            "{\"sources\":[{\"serviceAccountToken\":{\"expirationSeconds\":3607,\"path\":\"token\"}},"
                + "{\"configMap\":{\"name\":\"kube-root-ca.crt\",\"items\":[{\"key\":\"ca.crt\","
                + "\"path\":\"ca.crt\"}]}},{\"downwardAPI\":{\"items\":[{\"path\":\"namespace\","
                + "\"fieldRef\":{\"apiVersion\":\"v1\",\"fieldPath\":\"metadata.namespace\"}}]}}],"
                + "\"defaultMode\":420}");
    assertThat(pod.at("/spec/initContainers/0/volumeMounts/0/name")).isEqualTo(volume.get("name"));
    assertThat(pod.at("/spec/containers/0/volumeMounts/0/readOnly").asBoolean()).isTrue();
    assertThat(pod.at("/spec/containers/1/volumeMounts")).hasSize(1);
    JsonNode declined =
        post(
            ADMIN,
            pods,
            "{'metadata':{'name':'n'},'spec':{'automountServiceAccountToken':false,"
                + containers
                + "}}");
    assertThat(declined.at("/spec/volumes")).hasSize(1);
    server.create(
        "/api/v1/namespaces/default/serviceaccounts",
        "{'metadata':{'name':'shy'},'automountServiceAccountToken':false}");
    JsonNode shy =
        post(
            ADMIN,
            pods,
            "{'metadata':{'name':'o'},'spec':{'serviceAccountName':'shy'," + containers + "}}");
    assertThat(shy.at("/spec/volumes")).hasSize(1);
    assertThat(shy.at("/metadata/name").asText()).isEqualTo("o");
  }

  @Test
  void aNodeGetsTokensForItsOwnPodsOnly() throws Exception {
    Identity n1 = Identity.node("n1");
    String uid = uid("/api/v1/namespaces/default/pods/p");
    String bound =
        "{'spec':{'boundObjectRef':{'kind':'Pod','apiVersion':'v1','name':'p','uid':'"
            + uid
            + "'}}}";
    assertThat(post(n1, TOKEN, bound).at("/status/token").asText()).isNotEmpty();
    assertThat(post(n1, TOKEN, "{}").path("message").asText())
        .isEqualTo(
            "serviceaccounts \"default\" is forbidden: node requested token not bound to a pod");
    assertThat(post(Identity.node("n2"), TOKEN, bound).path("code").asInt()).isEqualTo(403);
  }

  @Test
  void reviewsTellWhoseATokenIsForWhichAudience() throws Exception {
    String token = token("{'audiences':['vault','x']}");
    assertThatThrownBy(() -> server.bearer(token)).isInstanceOf(ApiException.class);
    String review = "{'spec':{'token':'" + token + "','audiences':['vault','y']}}";
    JsonNode status = post(ADMIN, REVIEW, review).path("status");
    assertThat(status.path("authenticated").asBoolean()).isTrue();
    assertThat(status.path("audiences").toString()).isEqualTo("[\"vault\"]");
    assertThat(status.at("/user/groups").toString()).contains("system:serviceaccounts:default");
    JsonNode other = post(ADMIN, REVIEW, "{'spec':{'token':'" + token + "'}}").path("status");
    assertThat(other.path("authenticated").asBoolean()).isFalse();
    assertThat(other.path("error").asText()).isNotEmpty();
  }

  @Test
  void anybodyWithTheKeysOfTheIssuerCanVerifyAToken() throws Exception {
    JsonNode document = send(ADMIN, ApiRequest.get("/.well-known/openid-configuration"));
    assertThat(document.path("issuer").asText()).isEqualTo(ISSUER);
    JsonNode key = send(ADMIN, ApiRequest.get("/openid/v1/jwks")).path("keys").get(0);
    String[] parts = token("{}").split("\\.");
    assertThat(Json.parse(Base64.getUrlDecoder().decode(parts[0])).path("kid"))
        .isEqualTo(key.path("kid"));
    Signature signature = Signature.getInstance("SHA256withECDSAinP1363Format");
    signature.initVerify(publicKey(key));
    signature.update((parts[0] + "." + parts[1]).getBytes(StandardCharsets.US_ASCII));
    assertThat(signature.verify(Base64.getUrlDecoder().decode(parts[2]))).isTrue();
  }

  private static PublicKey publicKey(JsonNode key) throws Exception {
    AlgorithmParameters curve = AlgorithmParameters.getInstance("EC");
    curve.init(new ECGenParameterSpec("secp256r1"));
    ECPoint point = new ECPoint(number(key, "x"), number(key, "y"));
    return KeyFactory.getInstance("EC")
        .generatePublic(new ECPublicKeySpec(point, curve.getParameterSpec(ECParameterSpec.class)));
  }

  private static BigInteger number(JsonNode key, String field) {
    return new BigInteger(1, Base64.getUrlDecoder().decode(key.path(field).asText()));
  }

  @Test
  void aNodeJoinsWithABootstrapTokenUntilThatExpires() throws Exception {
    bootstrap(
        "abcdef",
        "'expiration':'2999-01-01T00:00:00Z','auth-extra-groups':'system:bootstrappers:x'");
    bootstrap("expird", "'expiration':'2001-01-01T00:00:00Z'");
    bootstrap("nogood", "'auth-extra-groups':'system:masters'");
    fresh();
    Identity who = server.bearer("abcdef.0123456789abcdef");
    assertThat(who.name()).isEqualTo("system:bootstrap:abcdef");
    assertThat(who.groups())
        .containsExactly("system:bootstrappers", "system:bootstrappers:x", "system:authenticated");
    for (String bad :
        List.of(
            "abcdef.0123456789abcdee",
            "expird.0123456789abcdef",
            "nogood.0123456789abcdef",
            "nobody.0123456789abcdef")) {
      assertThatThrownBy(() -> server.bearer(bad)).isInstanceOf(ApiException.class);
    }
  }

  private static void bootstrap(String id, String more) throws Exception {
    server.create(
        "/api/v1/namespaces/kube-system/secrets",
        "{'metadata':{'name':'bootstrap-token-%1$s'},'type':'bootstrap.kubernetes.io/token',"
                .formatted(id)
            + "'stringData':{'token-id':'%s','token-secret':'0123456789abcdef',".formatted(id)
            + "'usage-bootstrap-authentication':'true',"
            + more
            + "}}");
  }
}
