package io.berth.apiserver.cache;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.api.object.ApiObject;
import io.berth.api.object.ObjectKey;
import io.berth.api.resource.Resources;
import io.berth.api.time.SimulatedEnvironment;
import io.berth.apiserver.store.FaultyStore;
import io.berth.apiserver.store.Store;
import io.berth.apiserver.store.StoreKeys;
import io.berth.apiserver.store.StoreUnavailableException;
import io.berth.apiserver.store.memory.MemoryStore;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Random writes, faults and clients from one seed: whatever happens, in the end every client's view
 * is what the store holds, and none ever saw an event that does not fit its view.
 */
class WatchCacheRandomTest {
  private static final CacheSettings SMALL =
      new CacheSettings(16, 1 << 20, 8, 10, 2, Duration.ofMillis(1), Duration.ofSeconds(5));
  private static final int STEPS = 600;

  static List<Long> seeds() {
    List<Long> seeds = new ArrayList<>();
    for (long seed = 1; seed <= 80; seed++) {
      seeds.add(seed);
    }
    return seeds;
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void everyViewComesToWhatTheStoreHolds(long seed) {
    new Run(seed).play();
  }

  private static final class Run {
    private final Random random;
    private final SimulatedEnvironment environment;
    private final FaultyStore store;
    private final WatchCache cache;
    private final List<Client> clients = new ArrayList<>();

    Run(long seed) {
      random = new Random(seed);
      environment = new SimulatedEnvironment(seed);
      store = new FaultyStore(new MemoryStore(environment));
      for (int i = random.nextInt(20); i > 0; i--) {
        write();
      }
      cache = new WatchCache(store, environment, new SimpleMeterRegistry(), SMALL, Resources::find);
      cache.start();
    }

    void play() {
      for (int i = 0; i < STEPS; i++) {
        step();
      }
      store.unavailable(false);
      for (int i = 0; i < 50; i++) {
        environment.advance(Duration.ofSeconds(6));
        clients.forEach(this::goOn);
      }
      assertThat(cache.health()).isNull();
      assertThat(cache.freshRevision()).isEqualTo(store.revision());
      for (Client client : clients) {
        assertThat(client.view()).isEqualTo(expected(client));
      }
      assertSameAsStore();
    }

    private void step() {
      switch (random.nextInt(24)) {
        case 0 -> clients.add(newClient());
        case 1 -> store.cutWatches();
        case 2 -> store.unavailable(random.nextInt(3) == 0);
        case 3 -> compact();
        case 4 -> environment.advance(Duration.ofMillis(random.nextInt(400)));
        case 5, 6, 7, 8 -> environment.runReady();
        case 9 -> clients.forEach(this::goOn);
        case 10 -> clients.forEach(Client::requestBookmark);
        case 11 -> closeOne();
        default -> write();
      }
    }

    private Client newClient() {
      String namespace = random.nextBoolean() ? null : "ns" + random.nextInt(3);
      String name = random.nextInt(4) == 0 ? "p" + random.nextInt(6) : null;
      String node = random.nextBoolean() ? "n" + random.nextInt(3) : null;
      String app = random.nextBoolean() ? "app" + random.nextInt(3) : null;
      Client client =
          new Client(
              cache,
              new Selection(
                  namespace,
                  name,
                  node,
                  h -> app == null || app.equals(h.header().labels().get("app"))));
      client.list();
      if (random.nextBoolean()) {
        client.watch();
      } else {
        client.onEnd(WatchEnd.TOO_SLOW); // begins later, from an old revision
      }
      return client;
    }

    private void goOn(Client client) {
      client.goOn();
      environment.runReady();
    }

    private void closeOne() {
      if (!clients.isEmpty()) {
        clients.remove(random.nextInt(clients.size())).close();
      }
    }

    private void compact() {
      try {
        long newest = store.revision();
        store.compact(newest - random.nextLong(Math.min(newest, 30)));
      } catch (StoreUnavailableException e) {
        // away just now
      }
    }

    private void write() {
      ObjectKey key = Pods.key("ns" + random.nextInt(3), "p" + random.nextInt(6));
      String node = random.nextInt(3) == 0 ? "" : "n" + random.nextInt(3);
      byte[] json = Pods.json(key, node, "app" + random.nextInt(3));
      try {
        Optional<Store.Entry> there = store.get(StoreKeys.of(key));
        if (there.isEmpty()) {
          store.create(StoreKeys.of(key), json, 0);
        } else if (random.nextInt(3) == 0) {
          store.delete(StoreKeys.of(key), there.get().modRevision());
        } else {
          store.update(StoreKeys.of(key), json, there.get().modRevision(), 0);
        }
      } catch (StoreUnavailableException e) {
        // away just now
      }
    }

    private Map<String, Long> expected(Client client) {
      Map<String, Long> expected = new TreeMap<>();
      for (ApiObject object : cache.list(Pods.RESOURCE, null).objects()) {
        if (client.selection().includes(object)) {
          expected.put(object.key().namespacedName(), object.header().revision());
        }
      }
      return expected;
    }

    private void assertSameAsStore() {
      List<String> stored =
          store.range(StoreKeys.prefix(Pods.RESOURCE), null, 0, 0).entries().stream()
              .map(e -> e.key() + "@" + e.modRevision())
              .toList();
      assertThat(cache.list(Pods.RESOURCE, null).objects())
          .extracting(o -> StoreKeys.of(o.key()) + "@" + o.header().revision())
          .isEqualTo(stored);
    }
  }
}
