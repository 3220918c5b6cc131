package io.berth.agent.network.services;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.agent.process.Command;
import io.berth.api.codec.Json;
import io.berth.api.resource.Resources;
import io.berth.api.time.SystemEnvironment;
import io.berth.client.ApiClient;
import io.berth.client.EventRecorder;
import io.berth.client.Informers;
import io.berth.client.testing.FakeApi;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** From objects in an API server to the kernel's table. */
@Tag("real")
@Timeout(60)
class ServiceProxyLoopTest {
  private static final String TABLE = "berth-services-cri-loop";

  private final SystemEnvironment environment = new SystemEnvironment();
  private final FakeApi api = new FakeApi(environment);
  private final Command command = new Command(environment);
  private final ApiClient client = new ApiClient(api);
  private final Informers informers = new Informers(client, environment);
  private final ServiceProxy proxy =
      new ServiceProxy(
          environment,
          informers,
          new EventRecorder(client, environment, "kube-proxy", "cri-loop"),
          new SimpleMeterRegistry(),
          "cri-loop",
          List.of("10.213.6.0/24"),
          "none",
          "10.213.6.1");

  @BeforeEach
  void start() {
    api.put(
        Resources.SERVICES,
        json(
            """
            {"apiVersion":"v1","kind":"Service","metadata":{"name":"web","namespace":"default"},
             "spec":{"clusterIP":"10.97.213.6","clusterIPs":["10.97.213.6"],"type":"ClusterIP",
                     "ports":[{"port":80,"protocol":"TCP"}]}}\
            """));
    proxy.start();
    informers.start();
  }

  @AfterEach
  void stop() {
    proxy.remove();
    informers.close();
    environment.close();
  }

  @Test
  void theTableFollowsTheObjects() {
    awaitTable("10.97.213.6 . tcp . 80", "goto pick-");
    api.put(Resources.ENDPOINT_SLICES, slice("10.213.6.7"));
    awaitTable("10.213.6.7 . 8080", "");
    assertThat(proxy.health()).isNull();
    api.put(Resources.ENDPOINT_SLICES, slice("10.213.6.8"));
    awaitTable("10.213.6.8 . 8080", "10.213.6.7");
    api.remove(Resources.SERVICES, "default", "web");
    awaitTable("chain dispatch", "10.97.213.6");
  }

  @Test
  void aTableThatTheKernelRefusesToChangeIsMadeAnew() {
    awaitTable("10.97.213.6", "");
    command.run("nft", "delete", "table", "ip", TABLE);
    api.put(Resources.ENDPOINT_SLICES, slice("10.213.6.7"));
    awaitTable("10.213.6.7 . 8080", "");
  }

  @Test
  void theResolverIsOnTheNodeUnlessItHasEndpoints() {
    api.put(
        Resources.SERVICES,
        json(
            """
            {"apiVersion":"v1","kind":"Service","metadata":{"name":"kube-dns","namespace":"kube-system"},
             "spec":{"clusterIP":"10.97.213.10","clusterIPs":["10.97.213.10"],"type":"ClusterIP",
                     "ports":[{"name":"dns","port":53,"protocol":"UDP"}]}}\
            """));
    awaitTable("10.213.6.1 . 53", "");
    api.put(
        Resources.ENDPOINT_SLICES,
        json(
            """
            {"apiVersion":"discovery.k8s.io/v1","kind":"EndpointSlice","addressType":"IPv4",
             "metadata":{"name":"kube-dns-1","namespace":"kube-system",
                         "labels":{"kubernetes.io/service-name":"kube-dns"}},
             "ports":[{"name":"dns","port":5353,"protocol":"UDP"}],
             "endpoints":[{"addresses":["10.213.6.9"],"conditions":{"ready":true}}]}\
            """));
    awaitTable("10.213.6.9 . 5353", "10.213.6.1 . 53");
  }

  private static JsonNode slice(String address) {
    return json(
        """
        {"apiVersion":"discovery.k8s.io/v1","kind":"EndpointSlice","addressType":"IPv4",
         "metadata":{"name":"web-1","namespace":"default",
                     "labels":{"kubernetes.io/service-name":"web"}},
         "ports":[{"name":"","port":8080,"protocol":"TCP"}],
         "endpoints":[{"addresses":["%s"],"conditions":{"ready":true}}]}\
        """
            .formatted(address));
  }

  private static JsonNode json(String text) {
    return Json.parse(text.getBytes(StandardCharsets.UTF_8));
  }

  private void awaitTable(String present, String absent) {
    long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    String table = "";
    while (!table.contains(present) || (!absent.isEmpty() && table.contains(absent))) {
      assertThat(System.nanoTime()).as("table: %s", table).isLessThan(end);
      LockSupport.parkNanos(20_000_000);
      table = command.attempt("nft", "list", "table", "ip", TABLE).stdout();
    }
  }
}
