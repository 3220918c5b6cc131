package io.berth.apiserver.aggregation;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.codec.Json;
import io.berth.api.transport.ApiRequest;
import io.berth.api.transport.ApiResponse;
import io.berth.apiserver.TestingServer;
import io.berth.apiserver.inprocess.InProcessTransport;
import io.berth.apiserver.server.Identity;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The objects that say who serves what, in a whole API server. */
class ApiServicesTest {
  private static final String SERVICES = "/apis/apiregistration.k8s.io/v1/apiservices";
  private static final String CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
  private static final Identity ADMIN = Identity.of("admin", Identity.MASTERS);

  @TempDir static Path directory;
  private static TestingServer server;

  @BeforeAll
  static void start() throws Exception {
    server = new TestingServer(directory);
    eventually(() -> names().contains("v1.storage.k8s.io") && names().contains("v1."));
  }

  @AfterAll
  static void stop() throws Exception {
    server.close();
  }

  private static void eventually(Callable<Boolean> condition) throws Exception {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (!condition.call()) {
      assertThat(System.nanoTime()).as("the time").isLessThan(end);
      new CountDownLatch(1).await(5, TimeUnit.MILLISECONDS);
    }
  }

  private static ApiResponse send(ApiRequest request) throws Exception {
    try (InProcessTransport transport = server.as(ADMIN)) {
      return transport.send(request);
    }
  }

  private static JsonNode get(String path) throws Exception {
    return Json.parse(send(ApiRequest.get(path)).body());
  }

  private static Set<String> names() throws Exception {
    Set<String> names = new TreeSet<>();
    get(SERVICES).path("items").forEach(item -> names.add(item.at("/metadata/name").asText()));
    return names;
  }

  private static String post(String path, String json) throws Exception {
    ApiResponse answer = send(ApiRequest.post(path, json.replace('\'', '"').getBytes(UTF_8)));
    JsonNode body = Json.parse(answer.body());
    return answer.status() < 300 ? "" : body.path("message").asText();
  }

  private static String apiService(String name, String spec) throws Exception {
    return post(SERVICES, "{'metadata':{'name':'" + name + "'},'spec':{" + spec + "}}");
  }

  private static void define(String group, String... versions) throws Exception {
    List<String> all = new ArrayList<>();
    for (String version : versions) {
      all.add(
          "{'name':'%s','served':true,'storage':%s,'schema':{'openAPIV3Schema':{'type':'object'}}}"
              .formatted(version, version.equals(versions[0])));
    }
    assertThat(
            post(
                CRDS,
                "{'metadata':{'name':'apps.%s'},'spec':{'group':'%s','scope':'Namespaced','names':{'plural':'apps','kind':'App'},'versions':[%s]}}"
                    .formatted(group, group, String.join(",", all))))
        .isEmpty();
  }

  @Test
  void everyGroupVersionThatIsServedHasOneButTheirOwn() throws Exception {
    Set<String> wanted = new TreeSet<>(Set.of("v1."));
    for (JsonNode group : get("/apis").path("groups")) {
      for (JsonNode version : group.path("versions")) {
        wanted.add(version.path("version").asText() + "." + group.path("name").asText());
      }
    }
    wanted.remove("v1.apiregistration.k8s.io");
    wanted.removeIf(name -> name.endsWith(".example.com")); // other tests'
    assertThat(names()).containsAll(wanted).contains("v2.autoscaling");
    JsonNode apps = get(SERVICES + "/v1.apps");
    assertThat(apps.at("/metadata/labels").toString())
        .isEqualTo("{\"kube-aggregator.kubernetes.io/automanaged\":\"onstart\"}");
    assertThat(apps.at("/spec/groupPriorityMinimum").asInt()).isEqualTo(17_800);
    assertThat(apps.at("/status/conditions/0/reason").asText()).isEqualTo("Local");
    assertThat(apps.at("/status/conditions/0/message").asText())
        .isEqualTo("Local APIServices are always available");
  }

  @Test
  void thoseOfDefinitionsComeAndGoWithThem() throws Exception {
    define("come.example.com", "v1", "v1beta1");
    eventually(
        () -> names().containsAll(Set.of("v1.come.example.com", "v1beta1.come.example.com")));
    JsonNode one = get(SERVICES + "/v1.come.example.com");
    assertThat(one.at("/metadata/labels").toString()).contains("\"true\"");
    assertThat(one.at("/spec/groupPriorityMinimum").asInt()).isEqualTo(1_000);
    assertThat(one.at("/spec/versionPriority").asInt()).isEqualTo(100);
    send(ApiRequest.delete(CRDS + "/apps.come.example.com")).orThrow();
    eventually(() -> names().stream().noneMatch(name -> name.endsWith(".come.example.com")));
  }

  @Test
  void oneThatIsDeletedComesBackAndOneThatIsChangedIsSetRight() throws Exception {
    define("back.example.com", "v1");
    eventually(() -> names().contains("v1.back.example.com"));
    String path = SERVICES + "/v1.back.example.com";
    String uid = get(path).at("/metadata/uid").asText();
    send(ApiRequest.delete(path)).orThrow();
    send(ApiRequest.delete(SERVICES + "/v1.batch")).orThrow();
    eventually(
        () ->
            names().containsAll(Set.of("v1.batch", "v1.back.example.com"))
                && !get(path).at("/metadata/uid").asText().equals(uid));
    send(ApiRequest.patch(
            path,
            "application/merge-patch+json",
            "{\"spec\":{\"groupPriorityMinimum\":7}}".getBytes(UTF_8)))
        .orThrow();
    eventually(() -> get(path).at("/spec/groupPriorityMinimum").asInt() == 1_000);
  }

  @Test
  void aServiceInPlaceOfWhatTheServerServesItselfIsNotAsked() throws Exception {
    send(ApiRequest.patch(
            SERVICES + "/v1.policy",
            "application/merge-patch+json",
            "{\"spec\":{\"service\":{\"name\":\"x\",\"namespace\":\"default\"}}}".getBytes(UTF_8)))
        .orThrow();
    assertThat(get(SERVICES + "/v1.policy").at("/spec/service/port").asInt()).isEqualTo(443);
    assertThat(send(ApiRequest.get("/apis/policy/v1/poddisruptionbudgets")).status())
        .isEqualTo(200);
  }

  @Test
  void whatIsWrongIsToldInTheWordsOfKubernetes() throws Exception {
    assertThat(
            apiService(
                "v1.other",
                "'group':'x.example.com','version':'v1','groupPriorityMinimum':1,"
                    + "'versionPriority':1"))
        .contains(
            "metadata.name: Invalid value: \"v1.other\":"
                + " must be `spec.version+\".\"+spec.group`: \"v1.x.example.com\"");
    assertThat(
            apiService("v2.", "'version':'v2','groupPriorityMinimum':20001,'versionPriority':1001"))
        .contains("spec.group: Required value: only v1 may have an empty group")
        .contains(
            "groupPriorityMinimum: Invalid value: 20001: must be positive and less than 20000")
        .contains("versionPriority: Invalid value: 1001: must be positive and less than 1000");
    assertThat(
            apiService(
                "v1.l.example.com",
                "'group':'l.example.com','version':'v1','groupPriorityMinimum':1,"
                    + "'versionPriority':1,'caBundle':'YWJj','insecureSkipTLSVerify':true"))
        .contains(
            "spec.caBundle: Invalid value: \"3 bytes\": local APIServices may not have a caBundle")
        .contains(
            "spec.insecureSkipTLSVerify: Invalid value: true: local APIServices may not have"
                + " insecureSkipTLSVerify");
    assertThat(
            apiService(
                "v1.r.example.com",
                "'group':'r.example.com','version':'v1','groupPriorityMinimum':1,"
                    + "'versionPriority':1,'caBundle':'YWJj','insecureSkipTLSVerify':true,"
                    + "'service':{}"))
        .contains("spec.service.namespace: Required value")
        .contains("spec.service.name: Required value")
        .contains(
            "spec.insecureSkipTLSVerify: Invalid value: true: may not be true if caBundle is"
                + " present");
  }

  private static String condition(String name) throws Exception {
    JsonNode condition = get(SERVICES + "/" + name).at("/status/conditions/0");
    return "%s %s: %s"
        .formatted(
            condition.path("status").asText(),
            condition.path("reason").asText(),
            condition.path("message").asText());
  }

  @Test
  void whyAServiceIsNotReachedIsTold() throws Exception {
    String name = "v1.gone.example.com";
    assertThat(
            apiService(
                name,
                "'group':'gone.example.com','version':'v1','groupPriorityMinimum':100,"
                    + "'versionPriority':1,'service':{'name':'s','namespace':'default'}"))
        .isEmpty();
    eventually(
        () ->
            condition(name)
                .equals("False ServiceNotFound: service/s in \"default\" is not present"));
    String services = "/api/v1/namespaces/default/services";
    server.create(services, "{'metadata':{'name':'s'},'spec':{'ports':[{'port':80}]}}");
    eventually(
        () ->
            condition(name)
                .equals(
                    "False ServicePortError: service/s in \"default\" is not listening on port"
                        + " 443"));
    send(ApiRequest.patch(
            services + "/s",
            "application/merge-patch+json",
            "{\"spec\":{\"ports\":[{\"name\":\"api\",\"port\":443}]}}".getBytes(UTF_8)))
        .orThrow();
    eventually(
        () ->
            condition(name)
                .equals(
                    "False EndpointsNotFound: cannot find endpointslices for service/s in"
                        + " \"default\""));
    server.create(
        "/apis/discovery.k8s.io/v1/namespaces/default/endpointslices",
        "{'metadata':{'name':'s-1','labels':{'kubernetes.io/service-name':'s'}},"
            + "'addressType':'IPv4','ports':[{'name':'api','port':8443}],"
            + "'endpoints':[{'addresses':['10.9.8.7'],'conditions':{'ready':false}}]}");
    eventually(
        () ->
            condition(name)
                .equals(
                    "False MissingEndpoints: endpointslices for service/s in \"default\" have no"
                        + " addresses with port name \"api\""));
    ApiResponse refused = send(ApiRequest.get("/apis/gone.example.com/v1/things"));
    assertThat(refused.status()).isEqualTo(503);
    assertThat(new String(refused.body(), UTF_8)).isEqualTo("service unavailable\n");
    JsonNode row =
        Json.parse(
                send(ApiRequest.get(SERVICES + "/" + name)
                        .withHeader("accept", "application/json;as=Table;v=v1;g=meta.k8s.io"))
                    .body())
            .at("/rows/0/cells");
    assertThat(row.toString())
        .startsWith("[\"" + name + "\",\"default/s\",\"False (MissingEndpoints)\",");
  }

  @Test
  void groupsAndVersionsStandInTheOrderOfTheirPriorities() throws Exception {
    define("order.example.com", "v1", "v2alpha1", "v1beta1");
    eventually(() -> get("/apis").toString().contains("order.example.com"));
    List<String> groups = new ArrayList<>();
    get("/apis").path("groups").forEach(group -> groups.add(group.path("name").asText()));
    assertThat(groups)
        .startsWith("apiregistration.k8s.io", "apps", "events.k8s.io")
        .containsSubsequence("flowcontrol.apiserver.k8s.io", "order.example.com");
    assertThat(get("/apis/autoscaling").at("/preferredVersion/version").asText()).isEqualTo("v2");
    assertThat(get("/apis/order.example.com").at("/versions").findValuesAsText("version"))
        .containsExactly("v1", "v1beta1", "v2alpha1");
  }
}
