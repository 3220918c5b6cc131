package io.berth.apiserver.registry;

import static io.berth.apiserver.registry.TestingRegistry.body;
import static io.berth.apiserver.registry.TestingRegistry.json;
import static io.berth.apiserver.registry.TestingRegistry.named;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.resource.Resources;
import io.berth.api.time.SystemEnvironment;
import io.berth.api.transport.ApiRequest;
import io.berth.api.transport.ApiResponse;
import io.berth.apiserver.store.FaultyStore;
import io.berth.apiserver.store.memory.MemoryStore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class FaultTest {
  private static final String MAPS = Resources.CONFIG_MAPS.path("default");

  private final FaultyStore store = new FaultyStore(new MemoryStore(new SystemEnvironment()));
  private final TestingRegistry registry = new TestingRegistry(store);

  FaultTest() {
    registry.create(Resources.NAMESPACES, "", named("default"));
  }

  @AfterEach
  void close() {
    registry.close();
  }

  @Test
  void aStoreThatIsAwayIsSaidSoWithTheAdviceToComeAgain() {
    ObjectNode map = registry.create(Resources.CONFIG_MAPS, "default", named("a"));
    store.unavailable(true);
    for (ApiRequest request :
        new ApiRequest[] {
          ApiRequest.get(MAPS + "/a"),
          ApiRequest.get(MAPS),
          ApiRequest.post(MAPS, Json.bytes(named("b"))),
          ApiRequest.put(MAPS + "/a", Json.bytes(map.put("immutable", true))),
          ApiRequest.delete(MAPS + "/a")
        }) {
      ApiResponse response = registry.send(request);
      assertThat(response.status()).isEqualTo(503);
      assertThat(body(response).path("reason").asText()).isEqualTo("ServiceUnavailable");
      assertThat(body(response).path("details").path("retryAfterSeconds").asInt()).isEqualTo(1);
    }
    store.unavailable(false);
    assertThat(registry.list(Resources.CONFIG_MAPS, "default").path("items")).hasSize(1);
  }

  @Test
  void aWriteWhoseReplyIsLostIsReadBack() {
    store.losingReplies(true);
    ObjectNode map = registry.create(Resources.CONFIG_MAPS, "default", named("a"));
    map.putObject("data").put("k", "v");
    assertThat(registry.put(Resources.CONFIG_MAPS, map).path("data").path("k").asText())
        .isEqualTo("v");
    registry.send(ApiRequest.delete(MAPS + "/a")).orThrow();
    store.losingReplies(false);
    assertThat(registry.send(ApiRequest.get(MAPS + "/a")).status()).isEqualTo(404);
  }

  @Test
  void aServicesAddressIsNotGivenToAnotherThoughTheStoreFails() {
    ObjectNode service =
        json("{'metadata':{'name':'s'},'spec':{'clusterIP':'10.96.0.9','ports':[{'port':80}]}}");
    registry.create(Resources.SERVICES, "default", service);
    store.losingReplies(true);
    registry.send(ApiRequest.delete(Resources.SERVICES.path("default", "s"))).orThrow();
    store.losingReplies(false);
    assertThat(registry.create(Resources.SERVICES, "default", service).path("spec")).isNotEmpty();
  }
}
