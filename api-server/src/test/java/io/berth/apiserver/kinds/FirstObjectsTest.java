package io.berth.apiserver.kinds;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.object.ApiObject;
import io.berth.api.object.ObjectKey;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.resource.Resources;
import io.berth.api.time.SimulatedEnvironment;
import io.berth.api.time.SystemEnvironment;
import io.berth.apiserver.cache.WatchCache;
import io.berth.apiserver.registry.ResourceHandler;
import io.berth.apiserver.store.memory.MemoryStore;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class FirstObjectsTest {
  private final SystemEnvironment environment = new SystemEnvironment();
  private final MemoryStore store = new MemoryStore(environment);
  private final WatchCache cache = new WatchCache(store, environment, new SimpleMeterRegistry());

  private JsonNode get(ResourceDefinition resource, String namespace, String name) {
    cache.freshRevision();
    return cache.find(ObjectKey.of(resource.groupResource(), namespace, name)).orElseThrow().tree();
  }

  private static FirstObjects.Settings settings() {
    return new FirstObjects.Settings(
        6443, KindSettings.defaults().serviceNetwork(), Map.of("memory", "96Mi"));
  }

  @Test
  void theyAreMadeOnce() {
    cache.start();
    ResourceHandler handler = Kinds.handler(store, cache, environment, KindSettings.defaults());
    new FirstObjects(handler, settings()).ensure();
    awaitStatus("False", "exempt"); // nothing is written to schemas any more
    long revision = store.revision();
    new FirstObjects(handler, settings()).ensure();
    assertThat(store.revision()).as("the second time changes no object").isEqualTo(revision);

    for (String namespace : List.of("default", "kube-system", "kube-public", "kube-node-lease")) {
      assertThat(get(Resources.NAMESPACES, "", namespace).path("status").path("phase").asText())
          .isEqualTo("Active");
    }
    assertThat(
            get(Resources.SERVICES, "default", "kubernetes")
                .path("spec")
                .path("clusterIP")
                .asText())
        .isEqualTo("10.96.0.1");
    assertThat(get(Resources.RUNTIME_CLASSES, "", "vm").path("overhead").toString())
        .isEqualTo("{\"podFixed\":{\"memory\":\"96Mi\"}}");
    assertThat(
            schemas().stream()
                .map(
                    schema ->
                        schema.at("/metadata/name").asText()
                            + " "
                            + schema.at("/spec/priorityLevelConfiguration/name").asText()
                            + " "
                            + schema.at("/spec/matchingPrecedence").asInt()
                            + " "
                            + schema.at("/spec/distinguisherMethod/type").asText("none")))
        .as("as a fresh cluster of Kubernetes shows them")
        .containsExactlyInAnyOrder(
            "exempt exempt 1 none",
            "probes exempt 2 none",
            "system-leader-election leader-election 100 ByUser",
            "endpoint-controller workload-high 150 ByUser",
            "workload-leader-election leader-election 200 ByUser",
            "system-node-high node-high 400 ByUser",
            "system-nodes system 500 ByUser",
            "kube-controller-manager workload-high 800 ByNamespace",
            "kube-scheduler workload-high 800 ByNamespace",
            "kube-system-service-accounts workload-high 900 ByNamespace",
            "service-accounts workload-low 9000 ByUser",
            "global-default global-default 9900 ByUser",
            "catch-all catch-all 10000 ByUser");
    assertThat(cache.list(Resources.PRIORITY_LEVELS.groupResource(), null).objects()).hasSize(8);
    cache.close();
  }

  @Test
  void severalServersStandTogetherBehindOneServiceUntilOneIsLost() {
    cache.start();
    ResourceHandler handler = Kinds.handler(store, cache, environment, KindSettings.defaults());
    new FirstObjects(handler, settings()).ensure();
    SimulatedEnvironment time = new SimulatedEnvironment(1);
    ApiServerAddresses one =
        new ApiServerAddresses(handler, store, time, List.of("10.0.0.5"), 6443);
    ApiServerAddresses two =
        new ApiServerAddresses(handler, store, time, List.of("10.0.0.6"), 6443);
    one.start();
    two.start();
    assertThat(addresses()).containsExactly("10.0.0.5", "10.0.0.6");
    time.advance(Duration.ofSeconds(60));
    assertThat(addresses()).containsExactly("10.0.0.5", "10.0.0.6");
    two.close();
    time.advance(ApiServerAddresses.EVERY);
    assertThat(addresses()).containsExactly("10.0.0.5");
    ApiServerAddresses dead =
        new ApiServerAddresses(handler, store, time, List.of("10.0.0.7"), 6443);
    dead.step(); // and never again
    assertThat(addresses()).containsExactly("10.0.0.5", "10.0.0.7");
    time.advance(Duration.ofSeconds(20));
    assertThat(addresses()).containsExactly("10.0.0.5", "10.0.0.7");
    time.advance(Duration.ofSeconds(40));
    assertThat(addresses()).containsExactly("10.0.0.5");
    one.close();
    cache.close();
  }

  @Test
  void aFlowSchemaSaysWhetherItsLevelIsThere() {
    cache.start();
    ResourceHandler handler = Kinds.handler(store, cache, environment, KindSettings.defaults());
    new FirstObjects(handler, settings()).ensure();
    awaitStatus("False", "exempt");
    assertThat(dangling("probes").path("message").asText())
        .isEqualTo(
            "This FlowSchema references the PriorityLevelConfiguration object named \"exempt\" and"
                + " it exists");
    new OwnRequests(handler).delete(Resources.PRIORITY_LEVELS, "", "workload-low");
    awaitStatus("True", "workload-low");
    assertThat(dangling("service-accounts").path("reason").asText()).isEqualTo("NotFound");
    cache.close();
  }

  private JsonNode dangling(String schema) {
    return get(Resources.FLOW_SCHEMAS, "", schema).at("/status/conditions/0");
  }

  /** Waits until all schemas that lead to a level say so of it, and all others are there. */
  private void awaitStatus(String status, String level) {
    assertTimeoutPreemptively(
        Duration.ofSeconds(10),
        () -> {
          while (!schemas().stream().allMatch(schema -> says(schema, status, level))) {
            Thread.onSpinWait();
          }
        });
  }

  private List<JsonNode> schemas() {
    return cache.list(Resources.FLOW_SCHEMAS.groupResource(), null).objects().stream()
        .map(ApiObject::tree)
        .toList();
  }

  private static boolean says(JsonNode schema, String status, String level) {
    String dangling = schema.at("/status/conditions/0/status").asText();
    boolean leadsThere = schema.at("/spec/priorityLevelConfiguration/name").asText().equals(level);
    return leadsThere ? dangling.equals(status) : !dangling.isEmpty();
  }

  private List<String> addresses() {
    List<String> addresses = new ArrayList<>();
    get(Resources.ENDPOINT_SLICES, "default", "kubernetes")
        .path("endpoints")
        .forEach(endpoint -> addresses.add(endpoint.at("/addresses/0").asText()));
    assertThat(get(Resources.ENDPOINTS, "default", "kubernetes").at("/subsets/0/addresses"))
        .hasSize(addresses.size());
    return addresses;
  }
}
