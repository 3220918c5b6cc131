package io.berth.apiserver.cache;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.berth.api.object.ObjectKey;
import io.berth.api.resource.Resources;
import io.berth.api.time.SimulatedEnvironment;
import io.berth.apiserver.store.CompactedException;
import io.berth.apiserver.store.FaultyStore;
import io.berth.apiserver.store.StoreKeys;
import io.berth.apiserver.store.StoreUnavailableException;
import io.berth.apiserver.store.memory.MemoryStore;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class WatchCacheTest {
  private static final CacheSettings SMALL =
      new CacheSettings(8, 1 << 20, 4, 0, 2, Duration.ofMillis(20), Duration.ofSeconds(60));
  private static final ObjectKey A = Pods.key("default", "a");

  private final SimulatedEnvironment environment = new SimulatedEnvironment(1);
  private final FaultyStore store = new FaultyStore(new MemoryStore(environment));
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final WatchCache cache = cache(SMALL);

  private WatchCache cache(CacheSettings settings) {
    return new WatchCache(store, environment, meters, settings, Resources::find);
  }

  private static Selection onNode(String node) {
    return new Selection(null, null, node, h -> true);
  }

  private static Selection labelled(String app) {
    return new Selection(null, null, null, h -> app.equals(h.header().labels().get("app")));
  }

  private Client client(Selection selection) {
    Client client = new Client(cache, selection);
    client.list();
    client.watch();
    return client;
  }

  @Test
  void aWriteIsReadWithItsRevisionAndADeletedObjectIsGone() {
    cache.start();
    long created = Pods.create(store, A, "n1", "web");
    assertThat(cache.freshRevision()).isEqualTo(created);
    assertThat(cache.find(A).orElseThrow().header().revision()).isEqualTo(created);
    assertThat(new String(cache.find(A).orElseThrow().json(), UTF_8))
        .contains("\"resourceVersion\":\"" + created + "\"");
    long deleted = Pods.delete(store, A, created);
    assertThat(cache.find(A)).isEmpty();
    assertThat(cache.list(Pods.RESOURCE, null).revision()).isEqualTo(deleted);
  }

  @Test
  void anObjectThatEntersOrLeavesASelectionIsAddedOrDeleted() {
    cache.start();
    Client web = client(labelled("web"));
    Client n2 = client(onNode("n2"));
    long one = Pods.create(store, A, "", "db");
    long two = Pods.update(store, A, one, "n1", "web");
    long three = Pods.update(store, A, two, "n2", "web");
    long four = Pods.update(store, A, three, "n2", "db");
    long five = Pods.delete(store, A, four);
    environment.runReady();
    assertThat(web.seen())
        .containsExactly(
            "ADDED default/a@" + two, "MODIFIED default/a@" + three, "DELETED default/a@" + four);
    assertThat(n2.seen())
        .containsExactly(
            "ADDED default/a@" + three, "MODIFIED default/a@" + four, "DELETED default/a@" + five);
  }

  @Test
  void aListIsSortedAsInTheStoreAndStaysAsItWas() {
    cache.start();
    for (String namespace : new String[] {"b", "a", "a-b"}) {
      Pods.create(store, Pods.key(namespace, "y"), "", "web");
      Pods.create(store, Pods.key(namespace, "x"), "", "web");
    }
    Snapshot all = cache.list(Pods.RESOURCE, null);
    Snapshot exact = cache.listAt(Pods.RESOURCE, null, all.revision(), null, 0);
    Pods.create(store, Pods.key("a", "z"), "", "web");
    assertThat(all.objects())
        .extracting(o -> o.key().namespacedName())
        .containsExactly("a-b/x", "a-b/y", "a/x", "a/y", "b/x", "b/y");
    assertThat(exact.objects()).usingRecursiveComparison().isEqualTo(all.objects());
    assertThat(cache.list(Pods.RESOURCE, "a").objects()).hasSize(3);
    assertThat(cache.list(Pods.RESOURCE, "none").objects()).isEmpty();
    Snapshot page =
        cache.listAt(Pods.RESOURCE, null, all.revision(), all.objects().get(1).key(), 3);
    assertThat(page.objects())
        .extracting(o -> o.key().namespacedName())
        .containsExactly("a/x", "a/y", "b/x");
    assertThat(page.remaining()).isEqualTo(1);
  }

  @Test
  void aWatchFromBehindTheWindowReadsTheStoresHistoryAndThenLivesOn() {
    cache.start();
    long start = store.revision();
    for (int i = 0; i < 50; i++) {
      Pods.create(store, Pods.key("default", "p" + i), "n" + i % 2, "web");
    }
    Client client = new Client(cache, onNode("n1"));
    client.watchFrom(start);
    environment.runReady();
    assertThat(client.view()).hasSize(25);
    Pods.create(store, A, "n1", "web");
    environment.runReady();
    assertThat(client.view()).hasSize(26);
    assertThat(client.ends()).isEmpty();
  }

  @Test
  void onlySoManyWatchesReadHistoryAtATimeAndTheOthersFollow() {
    cache.start();
    long start = store.revision();
    for (int i = 0; i < 50; i++) {
      Pods.create(store, Pods.key("default", "p" + i), "", "web");
    }
    Client[] clients = new Client[10];
    for (int i = 0; i < clients.length; i++) {
      clients[i] = new Client(cache, Selection.everything());
      clients[i].watchFrom(start);
    }
    environment.runReady();
    for (Client client : clients) {
      assertThat(client.view()).hasSize(50);
    }
  }

  @Test
  void aWatchFromCompactedHistoryIsToldSo() {
    cache.start();
    long start = store.revision();
    for (int i = 0; i < 50; i++) {
      Pods.create(store, Pods.key("default", "p" + i), "", "web");
    }
    store.compact(store.revision() - 20);
    Client client = new Client(cache, Selection.everything());
    client.watchFrom(start);
    environment.runReady();
    assertThat(client.ends()).containsExactly(WatchEnd.COMPACTED);
    assertThatThrownBy(() -> cache.listAt(Pods.RESOURCE, null, start, null, 0))
        .isInstanceOf(CompactedException.class);
  }

  @Test
  void aCacheOfARestartedServerServesRevisionsOfTheOneBefore() {
    long one = Pods.create(store, A, "n1", "web");
    long two = Pods.update(store, A, one, "n2", "web");
    Pods.delete(store, A, two);
    WatchCache second = cache(CacheSettings.defaults());
    second.start();
    int begun = store.watchesBegun();
    Client client = new Client(second, onNode("n2"));
    client.watchFrom(one);
    environment.runReady();
    assertThat(client.seen()).hasSize(2);
    assertThat(store.watchesBegun()).isEqualTo(begun);
  }

  @Test
  void aWatcherThatDoesNotKeepUpIsCutAndGoesOnFromWhereItWas() {
    cache.start();
    Client client = client(Selection.everything());
    for (int i = 0; i < 10; i++) {
      Pods.create(store, Pods.key("default", "p" + i), "", "web"); // nothing runs in between
    }
    environment.runReady();
    assertThat(client.ends()).containsExactly(WatchEnd.TOO_SLOW);
    client.goOn();
    environment.runReady();
    assertThat(client.view()).hasSize(10);
    assertThat(client.lists()).isEqualTo(1);
    environment.advance(Duration.ofMinutes(2));
    assertThat(meters.get("apiserver_terminated_watchers_total").functionCounter().count())
        .isEqualTo(1);
  }

  @Test
  void thousandsOfNodesWatchesCostNothingForTheOthersPods() {
    AtomicInteger asked = new AtomicInteger();
    cache.start();
    for (int i = 0; i < 5_000; i++) {
      Selection selection = new Selection(null, null, "n" + i, h -> asked.incrementAndGet() > 0);
      cache.watch(Pods.RESOURCE, selection, cache.revision(), new Client(cache, selection));
    }
    long one = Pods.create(store, A, "", "web");
    assertThat(asked).hasValue(0);
    long two = Pods.update(store, A, one, "n17", "web");
    assertThat(asked).hasValue(1);
    Pods.update(store, A, two, "n18", "web");
    assertThat(asked).hasValue(3);
  }

  @Test
  void bookmarksComeByThemselvesAndOnRequestBehindTheEvents() {
    cache.start();
    Client client = client(new Selection("quiet", null, null, h -> true));
    long one = Pods.create(store, A, "", "web");
    client.requestBookmark();
    environment.runReady();
    assertThat(client.seen()).containsExactly("BOOKMARK@" + one);
    environment.advance(Duration.ofSeconds(61));
    assertThat(client.seen()).hasSize(2);
  }

  @Test
  void aRevisionAheadIsWaitedForAndThenRefused() {
    cache.start();
    long ahead = store.revision() + 5;
    assertThatThrownBy(() -> cache.awaitRevision(ahead))
        .isInstanceOf(RevisionTooLargeException.class)
        .hasMessage("Too large resource version: %d, current: %d", ahead, cache.revision());
  }

  @Test
  void aCutWatchIsResumedWithNothingLostAndNothingTwice() {
    cache.start();
    Client client = client(Selection.everything());
    long one = Pods.create(store, A, "", "web");
    store.cutWatches();
    assertThat(cache.health()).contains("does not follow the store");
    long two = Pods.update(store, A, one, "n1", "web");
    assertThatThrownBy(cache::freshRevision).isInstanceOf(RevisionTooLargeException.class);
    environment.advance(Duration.ofSeconds(1));
    assertThat(cache.health()).isNull();
    assertThat(cache.freshRevision()).isEqualTo(two);
    assertThat(client.seen())
        .containsExactly("ADDED default/a@" + one, "MODIFIED default/a@" + two);
  }

  @Test
  void aStoreThatIsAwayIsTriedUntilItIsBack() {
    store.unavailable(true);
    cache.start();
    assertThat(cache.ready()).isFalse();
    assertThat(cache.health()).contains("unavailable");
    assertThatThrownBy(() -> cache.list(Pods.RESOURCE, null))
        .isInstanceOf(StoreUnavailableException.class);
    environment.advance(Duration.ofMinutes(5));
    store.unavailable(false);
    environment.advance(Duration.ofSeconds(10));
    assertThat(cache.ready()).isTrue();
    assertThat(cache.health()).isNull();
  }

  @Test
  void whereHistoryWasCompactedMeanwhileTheDifferencesAreShown() {
    cache.start();
    long a = Pods.create(store, A, "", "web");
    ObjectKey b = Pods.key("default", "b");
    Pods.create(store, b, "", "web");
    ObjectKey c = Pods.key("default", "c");
    long created = Pods.create(store, c, "", "web");
    Client client = client(Selection.everything());
    store.unavailable(true);
    store.cutWatches();
    environment.advance(Duration.ofSeconds(1));
    store.unavailable(false);
    Pods.update(store, A, a, "n1", "web");
    Pods.delete(store, c, created);
    Pods.create(store, Pods.key("default", "d"), "", "web");
    store.compact(store.revision());
    environment.advance(Duration.ofSeconds(30));
    assertThat(cache.health()).isNull();
    assertThat(client.view().keySet()).containsExactly("default/a", "default/b", "default/d");
    assertThat(client.seen()).hasSize(3);
    assertThat(client.ends()).isEmpty();
    assertThat(client.view()).containsEntry("default/b", created - 1);
  }

  @Test
  void whatIsNoObjectInTheStoreIsLeftOut() {
    store.create(StoreKeys.of(A), "{\"broken".getBytes(UTF_8), 0);
    store.create("/registry/tick", "1".getBytes(UTF_8), 0);
    store.create("/registry/unknown.example/things/_/x", "{}".getBytes(UTF_8), 0);
    cache.start();
    store.create("/registry/core/pods/default/z", "[]".getBytes(UTF_8), 0);
    long last = Pods.create(store, Pods.key("default", "b"), "", "web");
    assertThat(cache.freshRevision()).isEqualTo(last);
    assertThat(cache.list(Pods.RESOURCE, null).objects()).hasSize(1);
    assertThat(cache.health()).isNull();
  }

  @Test
  void aClosedCacheEndsItsWatches() {
    cache.start();
    Client client = client(Selection.everything());
    cache.close();
    environment.runReady();
    assertThat(client.ends()).containsExactly(WatchEnd.CLOSED);
    assertThat(cache.health()).isNotNull();
  }
}
