package io.berth.apiserver.registry;

import static io.berth.apiserver.registry.TestingRegistry.body;
import static io.berth.apiserver.registry.TestingRegistry.json;
import static io.berth.apiserver.registry.TestingRegistry.pod;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.resource.Resources;
import io.berth.api.transport.ApiRequest;
import io.berth.api.transport.ApiResponse;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class QuotaTest {
  private final TestingRegistry registry = TestingRegistry.ready();

  @AfterEach
  void close() {
    registry.close();
  }

  /** A quota as it is once its controller has seen it. */
  private void quota(String name, String hard, String used) {
    ObjectNode quota =
        registry.create(
            Resources.RESOURCE_QUOTAS,
            "default",
            json("{'metadata':{'name':'" + name + "'},'spec':{'hard':" + hard + "}}"));
    ObjectNode status = quota.withObject("/status");
    status.set("hard", json(hard));
    status.set("used", json(used));
    String path = Resources.RESOURCE_QUOTAS.path("default", name, "status");
    registry.send(ApiRequest.put(path, Json.bytes(quota))).orThrow();
  }

  private JsonNode used(String quota) {
    return registry.get(Resources.RESOURCE_QUOTAS, "default", quota).path("status").path("used");
  }

  private ApiResponse create(ObjectNode pod) {
    return registry.send(ApiRequest.post(Resources.PODS.path("default"), Json.bytes(pod)));
  }

  private static ObjectNode asking(String name, String cpu) {
    ObjectNode pod = pod(name);
    ((ObjectNode) pod.path("spec").path("containers").get(0))
        .set("resources", json("{'requests':{'cpu':'" + cpu + "'}}"));
    return pod;
  }

  private void assertRefused(ApiResponse answer, String message) {
    assertThat(answer.status()).isEqualTo(403);
    assertThat(body(answer).path("message").asText()).isEqualTo(message);
  }

  @Test
  void sixtyFourCreatorsAtOnceGetNoMoreThanThereIs() throws Exception {
    quota("q", "{'pods':'10','requests.cpu':'2'}", "{'pods':'0','requests.cpu':'0'}");
    CountDownLatch start = new CountDownLatch(1);
    List<Future<Integer>> answers = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 64; i++) {
        String name = "p" + i;
        answers.add(
            threads.submit(
                () -> {
                  start.await();
                  return create(asking(name, "100m")).status();
                }));
      }
      start.countDown();
    }
    int created = 0;
    for (Future<Integer> answer : answers) {
      assertThat(answer.get()).isIn(201, 403);
      created += answer.get() == 201 ? 1 : 0;
    }
    assertThat(created).isEqualTo(10);
    assertThat(registry.list(Resources.PODS, "default").path("items")).hasSize(10);
    assertThat(used("q")).isEqualTo(json("{'pods':'10','requests.cpu':'1'}"));
    assertRefused(
        create(asking("x", "100m")),
        "pods \"x\" is forbidden: exceeded quota: q, requested: pods=1, used: pods=10, limited:"
            + " pods=10");
  }

  @Test
  void whatIsDeletedOrEndedIsFree() {
    quota("q", "{'pods':'1','count/pods':'5'}", "{'pods':'0','count/pods':'0'}");
    create(pod("a")).orThrow();
    assertThat(used("q").path("pods").asText()).isEqualTo("1");
    registry.send(ApiRequest.delete(Resources.PODS.path("default", "a"))).orThrow();
    assertThat(used("q")).isEqualTo(json("{'pods':'0','count/pods':'0'}"));
    ObjectNode pod = body(create(pod("b")).orThrow());
    pod.withObject("/status").put("phase", "Succeeded");
    registry
        .send(ApiRequest.put(Resources.PODS.path("default", "b", "status"), Json.bytes(pod)))
        .orThrow();
    assertThat(used("q")).isEqualTo(json("{'pods':'0','count/pods':'1'}"));
  }

  @Test
  void whatIsRefusedOrOnlyTriedCountsNothing() {
    quota("a", "{'pods':'5'}", "{'pods':'0'}");
    quota("b", "{'pods':'0'}", "{'pods':'0'}");
    assertThat(create(pod("p")).status()).isEqualTo(403);
    assertThat(used("a").path("pods").asText()).isEqualTo("0");
    registry.send(ApiRequest.delete(Resources.RESOURCE_QUOTAS.path("default", "b"))).orThrow();
    registry
        .send(
            ApiRequest.post(Resources.PODS.path("default"), Json.bytes(pod("p")))
                .withQuery("dryRun", "All"))
        .orThrow();
    assertThat(used("a").path("pods").asText()).isEqualTo("0");
    create(pod("p")).orThrow();
    assertThat(create(pod("p")).status()).isEqualTo(409);
    assertThat(used("a").path("pods").asText()).isEqualTo("1");
  }

  @Test
  void containersMustSayWhatAQuotaBounds() {
    quota("q", "{'requests.cpu':'1'}", "{'requests.cpu':'0'}");
    assertRefused(
        create(pod("p")),
        "pods \"p\" is forbidden: failed quota: q: must specify requests.cpu for: c");
  }

  @Test
  void whatIsNotCountedYetIsRefused() {
    registry.create(
        Resources.RESOURCE_QUOTAS,
        "default",
        json("{'metadata':{'name':'q'},'spec':{'hard':{'pods':'5'}}}"));
    assertRefused(
        create(pod("p")), "pods \"p\" is forbidden: status unknown for quota: q, resources: pods");
  }

  @Test
  void aServiceThatBecomesANodePortsIsCountedByTheDifference() {
    quota("q", "{'services.nodeports':'1'}", "{'services.nodeports':'0'}");
    ObjectNode service =
        registry.create(
            Resources.SERVICES,
            "default",
            json("{'metadata':{'name':'s'},'spec':{'ports':[{'port':80}]}}"));
    assertThat(used("q").path("services.nodeports").asText()).isEqualTo("0");
    service.withObject("/spec").put("type", "NodePort");
    service = registry.put(Resources.SERVICES, service);
    assertThat(used("q").path("services.nodeports").asText()).isEqualTo("1");
    ((ObjectNode) service.path("spec").path("ports").get(0)).put("name", "a");
    service.withObject("/spec").withArray("ports").addObject().put("name", "b").put("port", 81);
    assertRefused(
        registry.send(TestingRegistry.putRequest(Resources.SERVICES, service)),
        "services \"s\" is forbidden: exceeded quota: q, requested: services.nodeports=1, used:"
            + " services.nodeports=1, limited: services.nodeports=1");
  }

  @Test
  void devicesThatClaimsMayTakeAreCountedByTheirClass() {
    String hard =
        "{'count/resourceclaims.resource.k8s.io':'9','gpu.deviceclass.resource.k8s.io/devices':'8',"
            + "'nic.deviceclass.resource.k8s.io/devices':'40'}";
    String none = hard.replaceAll(":'[0-9]+'", ":'0'");
    quota("q", hard, none);
    String gpu = "{'name':'a','exactly':{'deviceClassName':'gpu'%s}}";
    String either =
        "{'name':'b','firstAvailable':[{'name':'x','deviceClassName':'gpu','count':2},"
            + "{'name':'y','deviceClassName':'gpu','count':3},{'name':'z','deviceClassName':'nic',"
            + "'allocationMode':'All'}]}";
    registry.create(
        Resources.RESOURCE_CLAIMS, "default", claim("c", gpu.formatted("") + "," + either));
    assertThat(used("q"))
        .isEqualTo(
            json(
                "{'count/resourceclaims.resource.k8s.io':'1',"
                    + "'gpu.deviceclass.resource.k8s.io/devices':'4',"
                    + "'nic.deviceclass.resource.k8s.io/devices':'32'}"));
    ApiResponse refused =
        registry.send(
            ApiRequest.post(
                Resources.RESOURCE_CLAIMS.path("default"),
                Json.bytes(claim("d", gpu.formatted(",'count':5")))));
    assertRefused(
        refused,
        "resourceclaims.resource.k8s.io \"d\" is forbidden: exceeded quota: q, requested:"
            + " gpu.deviceclass.resource.k8s.io/devices=5, used:"
            + " gpu.deviceclass.resource.k8s.io/devices=4, limited:"
            + " gpu.deviceclass.resource.k8s.io/devices=8");
  }

  private static ObjectNode claim(String name, String requests) {
    return json(
        "{'metadata':{'name':'" + name + "'},'spec':{'devices':{'requests':[" + requests + "]}}}");
  }
}
