package io.berth.apiserver.cache;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.api.object.ObjectKey;
import io.berth.api.resource.Resources;
import io.berth.api.time.SystemEnvironment;
import io.berth.apiserver.store.FaultyStore;
import io.berth.apiserver.store.WatchRecorder;
import io.berth.apiserver.store.embedded.EmbeddedOptions;
import io.berth.apiserver.store.embedded.EmbeddedStore;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Many threads on a real store: what is read is never older than what was acknowledged. */
class WatchCacheConcurrencyTest {
  private static final int WRITERS = 6;
  private static final int ROUNDS = 40;
  private static final CacheSettings SETTINGS =
      new CacheSettings(64, 1 << 20, 10_000, 0, 4, Duration.ofSeconds(10), Duration.ofSeconds(60));

  @TempDir Path directory;

  @Test
  void readersSeeTheirOwnWritesAndWatchersSeeAllWhileWatchesAreCut() throws Exception {
    ExecutorService writer = Executors.newSingleThreadExecutor();
    try (SystemEnvironment environment = new SystemEnvironment();
        writer;
        FaultyStore store =
            new FaultyStore(
                EmbeddedStore.open(directory, environment, writer, EmbeddedOptions.defaults()));
        WatchCache cache =
            new WatchCache(
                store, environment, new SimpleMeterRegistry(), SETTINGS, Resources::find)) {
      cache.start();
      List<Client> clients = clients(cache);
      try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
        List<Future<?>> all = new ArrayList<>();
        for (int i = 0; i < WRITERS; i++) {
          int number = i;
          all.add(threads.submit(() -> write(store, cache, number)));
        }
        for (Future<?> one : all) {
          one.get();
        }
      }
      long last = cache.freshRevision();
      Map<String, Long> expected = new TreeMap<>();
      Snapshot snapshot = cache.list(Pods.RESOURCE, null);
      snapshot
          .objects()
          .forEach(o -> expected.put(o.key().namespacedName(), o.header().revision()));
      for (Client client : clients) {
        client.requestBookmark();
        client.awaitRevision(last, WatchRecorder.limitNanos());
        assertThat(client.view()).isEqualTo(expected);
        assertThat(client.ends()).isEmpty();
      }
      assertThat(clients.getLast().seen().stream().filter(s -> !s.startsWith("BOOK")))
          .containsExactlyElementsOf(
              clients.getFirst().seen().stream().filter(s -> !s.startsWith("BOOK")).toList());
    }
  }

  private static List<Client> clients(WatchCache cache) {
    List<Client> clients = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      Client client = new Client(cache, Selection.everything());
      client.list();
      client.watch();
      clients.add(client);
    }
    return clients;
  }

  private static void write(FaultyStore store, WatchCache cache, int number) {
    for (int i = 0; i < ROUNDS; i++) {
      ObjectKey key = Pods.key("default", "w" + number + "-" + i % 7);
      long there = cache.find(key).map(o -> o.header().revision()).orElse(0L);
      long written;
      if (there == 0) {
        written = Pods.create(store, key, "n1", "web");
      } else if (i % 3 == 0) {
        written = Pods.delete(store, key, there);
      } else {
        written = Pods.update(store, key, there, "n2", "web");
      }
      if (number == 0 && i % 10 == 5) {
        store.cutWatches();
      }
      assertThat(cache.freshRevision()).isGreaterThanOrEqualTo(written);
      long shown = cache.find(key).map(o -> o.header().revision()).orElse(written);
      assertThat(shown).isEqualTo(written);
    }
  }
}
