package io.berth.apiserver.kinds;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.object.ObjectKey;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.resource.Resources;
import io.berth.api.time.SystemEnvironment;
import io.berth.apiserver.cache.WatchCache;
import io.berth.apiserver.registry.ResourceHandler;
import io.berth.apiserver.store.memory.MemoryStore;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
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

  private static FirstObjects.Settings settings(String address) {
    return new FirstObjects.Settings(
        List.of(address), 6443, KindSettings.defaults().serviceNetwork(), Map.of("memory", "96Mi"));
  }

  @Test
  void theyAreMadeOnceAndFollowTheServersAddress() {
    cache.start();
    ResourceHandler handler = Kinds.handler(store, cache, environment, KindSettings.defaults());
    new FirstObjects(handler, settings("10.0.0.5")).ensure();
    long revision = store.revision();
    new FirstObjects(handler, settings("10.0.0.5")).ensure();
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

    new FirstObjects(handler, settings("10.0.0.6")).ensure();
    JsonNode slice = get(Resources.ENDPOINT_SLICES, "default", "kubernetes");
    assertThat(slice.path("endpoints").toString()).contains("10.0.0.6").doesNotContain("10.0.0.5");
    cache.close();
  }
}
