package io.berth.apiserver.cache;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.api.object.ObjectKey;
import io.berth.api.resource.GroupResource;
import io.berth.api.resource.Resources;
import io.berth.api.time.SimulatedEnvironment;
import io.berth.apiserver.store.Store;
import io.berth.apiserver.store.StoreKeys;
import io.berth.apiserver.store.memory.MemoryStore;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class WatchCacheSmokeTest {
  private static final GroupResource PODS = Resources.PODS.groupResource();

  private final SimulatedEnvironment environment = new SimulatedEnvironment(1);
  private final MemoryStore store = new MemoryStore(environment);
  private final WatchCache cache = new WatchCache(store, environment, new SimpleMeterRegistry());

  private static byte[] pod(String name, String node) {
    return ("{\"kind\":\"Pod\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\""
            + name
            + "\",\"namespace\":\"default\"},\"spec\":{\"nodeName\":\""
            + node
            + "\"}}")
        .getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void aWriteIsReadAndWatchedWithItsRevision() {
    cache.start();
    List<String> seen = new ArrayList<>();
    cache.watch(
        PODS,
        new Selection(null, null, "n1", h -> true),
        cache.revision(),
        new CacheListener() {
          @Override
          public void onEvents(List<WatchEvent> events) {
            for (WatchEvent event : events) {
              String json = new String(event.object().json(), StandardCharsets.UTF_8);
              assertThat(json).containsOnlyOnce("resourceVersion");
              assertThat(json).contains("\"resourceVersion\":\"" + event.revision() + "\"");
              seen.add(event.type() + "@" + event.revision());
            }
          }

          @Override
          public void onBookmark(long revision) {
            seen.add("bookmark@" + revision);
          }

          @Override
          public void onEnd(WatchEnd end) {
            seen.add(end.toString());
          }
        });
    ObjectKey key = ObjectKey.of(PODS, "default", "a");
    store.create(StoreKeys.of(key), pod("a", ""), 0);
    store.update(StoreKeys.of(key), pod("a", "n1"), 2, 0);
    assertThat(cache.freshRevision()).isEqualTo(3);
    assertThat(cache.find(key).orElseThrow().json())
        .asString(StandardCharsets.UTF_8)
        .contains("\"resourceVersion\":\"3\"");
    assertThat(cache.list(PODS, "default").objects()).hasSize(1);
    assertThat(store.delete(StoreKeys.of(key), 3)).isEqualTo(new Store.WriteResult.Written(4));
    environment.runReady();
    assertThat(seen).containsExactly("ADDED@3", "DELETED@4");
    assertThat(cache.list(PODS, null).revision()).isEqualTo(4);
    assertThat(cache.health()).isNull();
  }
}
