package io.berth.apiserver.kinds;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
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
