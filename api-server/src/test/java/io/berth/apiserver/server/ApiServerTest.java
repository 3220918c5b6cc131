package io.berth.apiserver.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import io.berth.api.codec.Json;
import io.berth.api.time.SimulatedEnvironment;
import io.berth.api.transport.ApiRequest;
import io.berth.api.transport.ApiResponse;
import io.berth.api.transport.Errors;
import io.berth.apiserver.authz.Authorization;
import io.berth.apiserver.authz.TestingNodeObjects;
import io.berth.apiserver.authz.TestingPolicies;
import io.berth.apiserver.discovery.Discovery;
import io.berth.apiserver.discovery.OpenApi;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ApiServerTest {
  private static final Identity ADMIN = Identity.of("kubernetes-admin", Identity.MASTERS);

  private final SimulatedEnvironment environment = new SimulatedEnvironment(1);
  private final PrometheusMeterRegistry metrics =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final AtomicReference<@Nullable String> storeFault = new AtomicReference<>();
  private final TestingNodeObjects nodes =
      new TestingNodeObjects()
          .pod("default", "mine", "n1")
          .pod("default", "other", "n2")
          .uses("n1", "secrets", "default", "used");
  private final ServedResources served = ServedResources.builtIn();
  private final ApiServer server =
      new ApiServer(
          new Router(served),
          new Authorization(TestingPolicies.bootstrap(), nodes).authorizer(),
          List.of(
              new Health(
                  List.of(
                      new HealthCheck("etcd", true, storeFault::get),
                      new HealthCheck("warm", false, () -> null))),
              new ServerVersion(),
              new Discovery(served),
              new OpenApi(served),
              new MetricsPage(metrics)),
          Map.of(
              "pods/log", (request, info, identity, sink) -> sink.send(Responses.text(200, "log"))),
          metrics,
          environment.clock());

  private ApiServerTest serving() {
    server.serve(
        (request, info, identity, sink) -> {
          switch (info.name()) {
            case "missing" -> throw Errors.notFound(info.resource().groupResource(), "missing");
            case "deep" -> throw new StackOverflowError();
            case "late" -> {
              sink.start(200, Responses.JSON_HEADERS).write(new byte[1]);
              throw new IllegalStateException("after the head");
            }
            default -> sink.send(Responses.text(200, info.verb().text()));
          }
        });
    return this;
  }

  private ApiResponse send(Identity who, ApiRequest request) {
    TestingSink sink = new TestingSink();
    server.handle(request, who, sink);
    return sink.response();
  }

  private ApiResponse get(Identity who, String path) {
    return send(who, ApiRequest.get(path));
  }

  private static String text(ApiResponse response) {
    return new String(response.body(), UTF_8);
  }

  @Test
  void untilTheStoreIsReadRequestsAreToldToComeAgain() {
    ApiResponse early = get(ADMIN, "/api/v1/pods");
    assertThat(early.status()).isEqualTo(503);
    assertThat(early.header("retry-after")).isEqualTo("1");
    serving();
    assertThat(get(ADMIN, "/api/v1/pods").status()).isEqualTo(200);
  }

  @Test
  void aWriteWhoseBodyWasLeftToAnotherServerIsSentAgain() {
    serving();
    TestingSink sink =
        new TestingSink() {
          @Override
          public Passage passage() {
            return new Passage() {
              @Override
              public String target() {
                return "/api/v1/namespaces/d/pods";
              }

              @Override
              public int to(Backend backend) {
                throw new AssertionError("nothing is passed on");
              }
            };
          }
        };
    server.handle(ApiRequest.post("/api/v1/namespaces/d/pods", new byte[0]), ADMIN, sink);
    assertThat(sink.response().status()).isEqualTo(429);
    assertThat(sink.response().header("retry-after")).isEqualTo("1");
  }

  @Test
  void failuresAreStatusObjects() {
    serving();
    ApiResponse missing = get(ADMIN, "/api/v1/namespaces/d/pods/missing");
    assertThat(missing.status()).isEqualTo(404);
    assertThat(Json.parse(missing.body()).path("details").path("name").asText())
        .isEqualTo("missing");
    assertThat(get(ADMIN, "/api/v1/namespaces/d/pods/deep").status()).isEqualTo(500);
    assertThat(get(ADMIN, "/api/v1/namespaces/d/pods/late").status()).isEqualTo(200);
    assertThat(
            send(ADMIN, ApiRequest.post("/api/v1/namespaces/d/pods", new byte[3_145_729])).status())
        .isEqualTo(413);
  }

  @Test
  void whoMayImpersonateIsServedAsTheOther() {
    serving();
    ApiRequest pods = ApiRequest.get("/api/v1/namespaces/d/pods");
    ApiRequest asBob = pods.withHeader("Impersonate-User", "bob");
    assertThat(text(send(ADMIN, asBob))).contains("User \\\"bob\\\" cannot list");
    ApiRequest asMaster = asBob.withHeader("Impersonate-Group", "dev,x\nsystem:masters");
    assertThat(send(ADMIN, asMaster).status()).isEqualTo(200);
    assertThat(text(send(Identity.of("jane"), asBob)))
        .contains(
            "users \\\"bob\\\" is forbidden: User \\\"jane\\\" cannot impersonate resource"
                + " \\\"users\\\" in API group \\\"\\\" at the cluster scope");
    assertThat(send(Identity.ANONYMOUS, asBob).status()).isEqualTo(401);
    assertThat(send(ADMIN, pods.withHeader("Impersonate-Group", "g")).status()).isEqualTo(400);
    ApiRequest account = pods.withHeader("Impersonate-User", "system:serviceaccount:n:s");
    assertThat(text(send(Identity.of("jane"), account)))
        .contains("cannot impersonate resource \\\"serviceaccounts\\\"", "namespace \\\"n\\\"");
    assertThat(text(send(Identity.of("jane"), asBob.withHeader("Impersonate-Extra-Scopes", "a"))))
        .contains("users");
  }

  @Test
  void whoActsAsAnonymousIsDeniedAndNotAskedForCredentials() {
    serving();
    for (String path : List.of("/api/v1/namespaces/d/pods", "/metrics", "/apis/none/v1/x")) {
      ApiRequest request = ApiRequest.get(path);
      assertThat(send(Identity.ANONYMOUS, request).status()).isEqualTo(401);
      ApiResponse denied =
          send(ADMIN, request.withHeader("Impersonate-User", Identity.ANONYMOUS.name()));
      assertThat(denied.status()).isEqualTo(403);
      assertThat(text(denied)).contains("User \\\"system:anonymous\\\" cannot ");
    }
  }

  @Test
  void whoIsNotAllowedReadsWhyAsInKubernetes() {
    serving();
    Identity bob = Identity.of("bob");
    assertThat(text(get(bob, "/api/v1/namespaces/default/pods")))
        .contains(
            "pods is forbidden: User \\\"bob\\\" cannot list resource \\\"pods\\\" in API group"
                + " \\\"\\\" in the namespace \\\"default\\\"");
    assertThat(text(get(bob, "/apis/apps/v1/namespaces/d/deployments/w/status")))
        .contains(
            "deployments.apps \\\"w\\\" is forbidden: User \\\"bob\\\" cannot get resource"
                + " \\\"deployments/status\\\" in API group \\\"apps\\\" in the namespace"
                + " \\\"d\\\"");
    assertThat(text(get(bob, "/api/v1/nodes"))).contains("at the cluster scope");
    assertThat(text(get(bob, "/metrics")))
        .contains("forbidden: User \\\"bob\\\" cannot get path \\\"/metrics\\\"");
    assertThat(get(bob, "/apis/none/v1/things").status()).isEqualTo(403);
    assertThat(get(bob, "/api").status()).isEqualTo(200);
    assertThat(get(Identity.ANONYMOUS, "/api").status()).isEqualTo(401);
    assertThat(get(Identity.ANONYMOUS, "/version").status()).isEqualTo(200);
  }

  @Test
  void componentsMayDoTheirWorkAndNoMore() {
    serving();
    Identity scheduler = Identity.of(Identity.SCHEDULER);
    assertThat(get(scheduler, "/api/v1/pods").status()).isEqualTo(200);
    assertThat(post(scheduler, "/api/v1/namespaces/d/pods/p/binding")).isEqualTo(200);
    assertThat(post(scheduler, "/api/v1/namespaces/d/pods")).isEqualTo(403);
    assertThat(get(scheduler, "/api/v1/secrets").status()).isEqualTo(403);
    Identity controllers = Identity.of(Identity.CONTROLLER_MANAGER);
    assertThat(post(controllers, "/api/v1/namespaces/d/pods")).isEqualTo(200);
    assertThat(get(controllers, "/api/v1/namespaces/d/pods/p/exec").status()).isEqualTo(403);
  }

  @Test
  void aNodeMayTouchOnlyItsOwn() {
    serving();
    Identity node = Identity.node("n1");
    assertThat(get(node, "/api/v1/namespaces/default/pods/mine").status()).isEqualTo(200);
    assertThat(get(node, "/api/v1/namespaces/default/pods/gone").status()).isEqualTo(200);
    assertThat(get(node, "/api/v1/namespaces/default/pods/other").status()).isEqualTo(403);
    assertThat(get(node, "/api/v1/secrets").status()).isEqualTo(403);
    // Any pod may be a peer in a network policy (berth:network-policy).
    assertThat(get(node, "/api/v1/pods").status()).isEqualTo(200);
    assertThat(
            send(
                    node,
                    ApiRequest.get("/api/v1/pods").withQuery("fieldSelector", "spec.nodeName=n1"))
                .status())
        .isEqualTo(200);
    assertThat(patch(node, "/api/v1/namespaces/default/pods/mine/status")).isEqualTo(200);
    assertThat(patch(node, "/api/v1/namespaces/default/pods/mine")).isEqualTo(403);
    assertThat(patch(node, "/api/v1/namespaces/default/pods/other/status")).isEqualTo(403);
    assertThat(patch(node, "/api/v1/nodes/n1/status")).isEqualTo(200);
    assertThat(patch(node, "/api/v1/nodes/n2/status")).isEqualTo(403);
    assertThat(patch(node, "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/n1"))
        .isEqualTo(200);
    assertThat(patch(node, "/apis/coordination.k8s.io/v1/namespaces/kube-node-lease/leases/n2"))
        .isEqualTo(403);
    assertThat(patch(node, "/apis/coordination.k8s.io/v1/namespaces/default/leases/n1"))
        .isEqualTo(403);
    assertThat(get(node, "/api/v1/namespaces/default/secrets/used").status()).isEqualTo(200);
    assertThat(get(node, "/api/v1/namespaces/default/secrets/unused").status()).isEqualTo(403);
    assertThat(get(node, "/api/v1/secrets").status()).isEqualTo(403);
    assertThat(get(node, "/api/v1/services").status()).isEqualTo(200);
    assertThat(post(node, "/api/v1/namespaces/d/pods")).isEqualTo(403);
    assertThat(post(node, "/api/v1/namespaces/d/events")).isEqualTo(200);
    assertThat(post(node, "/apis/certificates.k8s.io/v1/certificatesigningrequests"))
        .isEqualTo(200);
    assertThat(patch(node, "/apis/certificates.k8s.io/v1/certificatesigningrequests/c/approval"))
        .isEqualTo(403);
    assertThat(
            send(
                    node,
                    ApiRequest.post(
                        "/api/v1/nodes", "{\"metadata\":{\"name\":\"n1\"}}".getBytes(UTF_8)))
                .status())
        .isEqualTo(200);
    assertThat(
            send(
                    node,
                    ApiRequest.post(
                        "/api/v1/nodes", "{\"metadata\":{\"name\":\"n2\"}}".getBytes(UTF_8)))
                .status())
        .isEqualTo(403);
  }

  private int post(Identity who, String path) {
    return send(who, ApiRequest.post(path, "{}".getBytes(UTF_8))).status();
  }

  private int patch(Identity who, String path) {
    return send(who, ApiRequest.patch(path, "application/merge-patch+json", "{}".getBytes(UTF_8)))
        .status();
  }

  @Test
  void healthNamesItsChecksAndKeepsReasonsToItself() {
    assertThat(text(get(Identity.ANONYMOUS, "/readyz"))).isEqualTo("ok");
    assertThat(text(send(ADMIN, ApiRequest.get("/readyz").withQuery("verbose", ""))))
        .isEqualTo("[+]ping ok\n[+]etcd ok\n[+]warm ok\nreadyz check passed\n");
    storeFault.set("disk full");
    ApiResponse failed = get(ADMIN, "/readyz");
    assertThat(failed.status()).isEqualTo(500);
    assertThat(text(failed))
        .contains("[-]etcd failed: reason withheld")
        .doesNotContain("disk full");
    assertThat(get(ADMIN, "/readyz/warm").status()).isEqualTo(200);
    assertThat(get(ADMIN, "/livez/etcd").status()).isEqualTo(500);
    assertThat(get(ADMIN, "/livez/warm").status()).isEqualTo(404);
    assertThat(send(ADMIN, ApiRequest.get("/livez").withQuery("exclude", "etcd")).status())
        .isEqualTo(200);
  }

  @Test
  void discoveryComesInBothForms() {
    assertThat(text(get(ADMIN, "/api"))).contains("\"kind\":\"APIVersions\"");
    assertThat(text(get(ADMIN, "/apis"))).contains("\"groupVersion\":\"apps/v1\"");
    assertThat(text(get(ADMIN, "/apis/apps"))).contains("\"preferredVersion\"");
    assertThat(text(get(ADMIN, "/api/v1"))).contains("\"name\":\"pods/log\"");
    ApiRequest aggregated =
        ApiRequest.get("/apis")
            .withHeader(
                "accept",
                "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json");
    ApiResponse first = send(ADMIN, aggregated);
    assertThat(first.header("content-type"))
        .isEqualTo("application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList");
    assertThat(Json.parse(first.body()).path("kind").asText()).isEqualTo("APIGroupDiscoveryList");
    String tag = first.header("etag");
    assertThat(tag).isNotNull();
    assertThat(send(ADMIN, aggregated.withHeader("if-none-match", tag)).status()).isEqualTo(304);
    assertThat(send(ADMIN, ApiRequest.get("/apis").withHeader("accept", "text/html")).status())
        .isEqualTo(406);
  }

  @Test
  void openApiIsKeptForGoodByItsDigestAndAnOldDigestLeadsToTheNewOne() {
    String path = "/openapi/v3/apis/apps/v1";
    String url =
        Json.parse(get(ADMIN, "/openapi/v3").body())
            .at("/paths/apis~1apps~1v1/serverRelativeURL")
            .asText();
    String hash = url.substring(url.indexOf("?hash=") + 6);
    ApiRequest plain = ApiRequest.get(path);
    assertThat(send(ADMIN, plain).header("cache-control")).isEqualTo("public");
    ApiResponse current = send(ADMIN, plain.withQuery("hash", hash));
    assertThat(current.status()).isEqualTo(200);
    assertThat(current.header("cache-control")).contains("immutable");
    ApiResponse old = send(ADMIN, plain.withQuery("hash", "OLD"));
    assertThat(old.status()).isEqualTo(301);
    assertThat(old.header("location")).isEqualTo(url);
  }

  @Test
  void openApiTellsHowListsAreMerged() {
    assertThat(text(get(ADMIN, "/openapi/v3"))).contains("/openapi/v3/apis/apps/v1?hash=");
    var schemas =
        Json.parse(get(ADMIN, "/openapi/v3/apis/apps/v1").body())
            .path("components")
            .path("schemas");
    var containers =
        schemas.path("io.k8s.api.core.v1.PodSpec").path("properties").path("containers");
    assertThat(containers.path("x-kubernetes-patch-merge-key").asText()).isEqualTo("name");
    assertThat(containers.path("items").path("$ref").asText())
        .isEqualTo("#/components/schemas/io.k8s.api.core.v1.Container");
    assertThat(schemas.has("io.k8s.api.core.v1.Container")).isTrue();
    var v2 = Json.parse(get(ADMIN, "/openapi/v2").body());
    assertThat(v2.path("definitions").has("io.k8s.api.core.v1.Pod")).isTrue();
    assertThat(v2.at("/definitions/io.k8s.api.core.v1.Pod/properties/spec/$ref").asText())
        .isEqualTo("#/definitions/io.k8s.api.core.v1.PodSpec");
    assertThat(get(ADMIN, "/openapi/v3/apis/none/v1").status()).isEqualTo(404);
  }

  @Test
  void openApi2IsThereAsProtobufToo() throws IOException {
    String type = "application/com.github.proto-openapi.spec.v2.v1.0+protobuf";
    for (String accept :
        List.of(
            type,
            type.replace(".v1.0+", "@v1.0+"),
            type + ";q=0.9, application/json",
            "text/html," + type)) {
      ApiRequest request = ApiRequest.get("/openapi/v2").withHeader("accept", accept);
      ApiResponse response = send(ADMIN, request);
      assertThat(response.header("content-type")).as(accept).isEqualTo(type);
      String tag = Objects.requireNonNull(response.header("etag"));
      assertThat(send(ADMIN, request.withHeader("if-none-match", tag)).status()).isEqualTo(304);
    }
    assertThat(
            send(
                    ADMIN,
                    ApiRequest.get("/openapi/v2").withHeader("accept", "application/json," + type))
                .header("content-type"))
        .isEqualTo("application/json");
    assertThat(
            send(ADMIN, ApiRequest.get("/openapi/v2").withHeader("accept", "text/html")).status())
        .isEqualTo(406);

    byte[] document = send(ADMIN, ApiRequest.get("/openapi/v2").withHeader("accept", type)).body();
    assertThat(texts(document, 1)).containsExactly("2.0");
    byte[] pod = schema(document, "io.k8s.api.core.v1.PodSpec");
    byte[] containers = named(messages(pod, 25).getFirst(), "containers");
    assertThat(texts(messages(containers, 22).getFirst(), 1)).containsExactly("array");
    assertThat(texts(messages(messages(containers, 23).getFirst(), 1).getFirst(), 1))
        .containsExactly("#/definitions/io.k8s.api.core.v1.Container");
    assertThat(
            messages(containers, 31).stream()
                .map(extension -> new String(extension, StandardCharsets.UTF_8)))
        .anyMatch(text -> text.contains("x-kubernetes-patch-merge-key") && text.contains("name"));
    byte[] status = schema(document, "io.k8s.api.core.v1.PodStatus");
    assertThat(texts(named(messages(status, 25).getFirst(), "startTime"), 2))
        .containsExactly("date-time");
    assertThat(messages(messages(document, 8).getFirst(), 2))
        .as("as many paths as the JSON form has")
        .hasSize(Json.parse(get(ADMIN, "/openapi/v2").body()).path("paths").size());
  }

  private static byte[] schema(byte[] document, String name) throws IOException {
    return named(messages(document, 9).getFirst(), name);
  }

  /** The value of an entry of a message of named messages. */
  private static byte[] named(byte[] entries, String name) throws IOException {
    for (byte[] entry : messages(entries, 1)) {
      if (texts(entry, 1).contains(name)) {
        return messages(entry, 2).getFirst();
      }
    }
    throw new AssertionError("no " + name);
  }

  private static List<String> texts(byte[] message, int field) throws IOException {
    return messages(message, field).stream()
        .map(bytes -> new String(bytes, StandardCharsets.UTF_8))
        .toList();
  }

  /** What a message has in a field, each as its bytes. */
  private static List<byte[]> messages(byte[] message, int field) throws IOException {
    CodedInputStream in = CodedInputStream.newInstance(message);
    List<byte[]> found = new ArrayList<>();
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      if (WireFormat.getTagFieldNumber(tag) == field) {
        found.add(in.readByteArray());
      } else {
        in.skipField(tag);
      }
    }
    return found;
  }

  @Test
  void requestsAreCountedByWhatTheyAre() {
    serving();
    get(ADMIN, "/api/v1/pods");
    get(ADMIN, "/api/v1/namespaces/d/pods/missing");
    get(ADMIN, "/api/v1/namespaces/d/pods/p/log");
    String page = text(get(ADMIN, "/metrics"));
    assertThat(page)
        .containsPattern(
            "apiserver_request_total\\{code=\"200\",.*resource=\"pods\",scope=\"cluster\".*verb=\"LIST\".*\\}"
                + " 1.0")
        .containsPattern("apiserver_request_total\\{code=\"404\",.*verb=\"GET\".*\\} 1.0")
        .contains("apiserver_request_duration_seconds_bucket")
        .contains("apiserver_current_inflight_requests{request_kind=\"mutating\"} 0.0");
  }

  @Test
  void aUserWhoseRequestsHangLeavesRoomForOthers() throws Exception {
    CountDownLatch release = new CountDownLatch(1);
    server.serve(
        (request, info, identity, sink) -> {
          if (info.name().equals("slow")) {
            awaitQuietly(release);
          }
          sink.send(Responses.text(200, identity.name()));
        });
    Identity noisy = Identity.of("noisy", Identity.MASTERS);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 500; i++) {
        threads.execute(() -> get(noisy, "/api/v1/namespaces/d/pods/slow"));
      }
      Future<ApiResponse> quiet =
          threads.submit(() -> get(ADMIN, "/api/v1/namespaces/d/pods/quick"));
      assertThat(text(quiet.get(20, TimeUnit.SECONDS))).isEqualTo("kubernetes-admin");
      release.countDown();
    }
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await(20, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
