package io.berth.apiserver.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.berth.api.time.SimulatedEnvironment;
import io.berth.apiserver.store.memory.MemoryStore;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.junit.jupiter.api.Test;

class MeteredStoreTest {
  @Test
  void requestsAreCountedByOperationAndResource() {
    SimulatedEnvironment environment = new SimulatedEnvironment(1);
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    FaultyStore faulty = new FaultyStore(new MemoryStore(environment));
    try (MeteredStore store = new MeteredStore(faulty, registry, environment.clock())) {
      store.create("/registry/apps/deployments/default/a", new byte[1], 0);
      store.create("/registry/apps/deployments/default/b", new byte[1], 0);
      store.range("/registry/apps/deployments/", null, 0, 0);
      store.range("/registry/core/pods/default/", null, 0, 0);
      faulty.unavailable(true);
      assertThatThrownBy(() -> store.get("/registry/core/pods/default/a"))
          .isInstanceOf(StoreUnavailableException.class);
    }
    assertThat(count(registry, "etcd_requests_total", "create", "apps", "deployments"))
        .isEqualTo(2);
    assertThat(count(registry, "etcd_requests_total", "list", "apps", "deployments")).isEqualTo(1);
    assertThat(count(registry, "etcd_requests_total", "list", "", "pods")).isEqualTo(1);
    assertThat(count(registry, "etcd_request_errors_total", "get", "", "pods")).isEqualTo(1);
    assertThat(
            registry
                .get("etcd_request_duration_seconds")
                .tags("operation", "create", "group", "apps")
                .timer()
                .count())
        .isEqualTo(2);
  }

  private static double count(
      SimpleMeterRegistry registry, String name, String operation, String group, String resource) {
    return registry
        .get(name)
        .tags("operation", operation, "group", group, "resource", resource)
        .counter()
        .count();
  }
}
