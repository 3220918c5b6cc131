package io.berth.apiserver.store;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.berth.apiserver.store.Store.Entry;
import io.berth.apiserver.store.Store.Event;
import io.berth.apiserver.store.Store.Page;
import io.berth.apiserver.store.Store.WriteResult;
import io.berth.apiserver.store.Store.WriteResult.Mismatch;
import io.berth.apiserver.store.Store.WriteResult.Written;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What every store must do. Each test works under a prefix of its own. */
public abstract class StoreContract {
  protected static final String PREFIX = "/registry/core/pods/default/";

  private Store store;

  /** A store whose keys under {@code /registry/} are gone. */
  protected abstract Store open() throws Exception;

  /** Lets as much time pass as a lifetime and the store's delay in ending it take. */
  protected abstract void passLifetime(Duration lifetime);

  @BeforeEach
  final void openStore() throws Exception {
    store = open();
  }

  @AfterEach
  final void closeStore() {
    store.close();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }

  private long create(String name, String value) {
    return ((Written) store.create(PREFIX + name, bytes(value), 0)).revision();
  }

  private long update(String name, String value, long expected) {
    return ((Written) store.update(PREFIX + name, bytes(value), expected, 0)).revision();
  }

  private long delete(String name, long expected) {
    return ((Written) store.delete(PREFIX + name, expected)).revision();
  }

  private static List<String> names(Page page) {
    return page.entries().stream()
        .map(e -> e.key().substring(PREFIX.length()) + "=" + new String(e.value(), UTF_8))
        .toList();
  }

  private static String text(byte[] value) {
    return new String(value, UTF_8);
  }

  private static Entry current(WriteResult result) {
    Entry current = ((Mismatch) result).current();
    assertThat(current).isNotNull();
    return current;
  }

  @Test
  void whatWasCreatedIsThereWithItsRevision() {
    long before = store.revision();
    long revision = create("a", "1");
    assertThat(revision).isGreaterThan(before);
    assertThat(store.revision()).isGreaterThanOrEqualTo(revision);
    Entry entry = store.get(PREFIX + "a").orElseThrow();
    assertThat(entry.key()).isEqualTo(PREFIX + "a");
    assertThat(text(entry.value())).isEqualTo("1");
    assertThat(entry.createRevision()).isEqualTo(revision);
    assertThat(entry.modRevision()).isEqualTo(revision);
    assertThat(store.get(PREFIX + "b")).isEmpty();
  }

  @Test
  void aKeyIsNotCreatedTwiceAndTheRefusalShowsWhatIsThere() {
    long revision = create("a", "1");
    Entry current = current(store.create(PREFIX + "a", bytes("2"), 0));
    assertThat(text(current.value())).isEqualTo("1");
    assertThat(current.modRevision()).isEqualTo(revision);
    assertThat(text(store.get(PREFIX + "a").orElseThrow().value())).isEqualTo("1");
  }

  @Test
  void anUpdateNeedsTheVersionThatItReplaces() {
    long created = create("a", "1");
    long updated = update("a", "2", created);
    assertThat(updated).isGreaterThan(created);
    Entry current = current(store.update(PREFIX + "a", bytes("3"), created, 0));
    assertThat(text(current.value())).isEqualTo("2");
    assertThat(current.createRevision()).isEqualTo(created);
    assertThat(current.modRevision()).isEqualTo(updated);
    assertThat(store.update(PREFIX + "none", bytes("1"), created, 0)).isEqualTo(new Mismatch(null));
  }

  @Test
  void aDeletionNeedsTheVersionThatItEnds() {
    long created = create("a", "1");
    long updated = update("a", "2", created);
    assertThat(current(store.delete(PREFIX + "a", created)).modRevision()).isEqualTo(updated);
    assertThat(delete("a", updated)).isGreaterThan(updated);
    assertThat(store.get(PREFIX + "a")).isEmpty();
    assertThat(store.delete(PREFIX + "a", updated)).isEqualTo(new Mismatch(null));
    long again = create("a", "3");
    assertThat(store.get(PREFIX + "a").orElseThrow().createRevision()).isEqualTo(again);
  }

  @Test
  void aRangeIsSortedAndStaysInsideItsPrefix() {
    create("b", "2");
    create("a", "1");
    create("a-b", "3");
    store.create("/registry/core/pods/default2/x", bytes("x"), 0);
    store.create("/registry/core/podsx/default/x", bytes("x"), 0);
    Page page = store.range(PREFIX, null, 0, 0);
    assertThat(names(page)).containsExactly("a=1", "a-b=3", "b=2");
    assertThat(page.revision()).isGreaterThanOrEqualTo(store.revision());
    assertThat(page.more()).isFalse();
    assertThat(page.remaining()).isZero();
    assertThat(store.range("/registry/core/nothing/", null, 0, 0).entries()).isEmpty();
  }

  @Test
  void pagesShowOneRevisionWhateverIsWrittenBetween() {
    for (int i = 0; i < 7; i++) {
      create("k" + i, "old");
    }
    Page first = store.range(PREFIX, null, 0, 3);
    assertThat(names(first)).containsExactly("k0=old", "k1=old", "k2=old");
    assertThat(first.more()).isTrue();
    assertThat(first.remaining()).isEqualTo(4);
    update("k4", "new", store.get(PREFIX + "k4").orElseThrow().modRevision());
    delete("k5", store.get(PREFIX + "k5").orElseThrow().modRevision());
    create("k55", "new");
    Page second = store.range(PREFIX, first.entries().getLast().key(), first.revision(), 3);
    assertThat(names(second)).containsExactly("k3=old", "k4=old", "k5=old");
    assertThat(second.revision()).isEqualTo(first.revision());
    assertThat(second.remaining()).isEqualTo(1);
    Page third = store.range(PREFIX, second.entries().getLast().key(), first.revision(), 3);
    assertThat(names(third)).containsExactly("k6=old");
    assertThat(third.more()).isFalse();
    assertThat(names(store.range(PREFIX, null, 0, 0)))
        .containsExactly("k0=old", "k1=old", "k2=old", "k3=old", "k4=new", "k55=new", "k6=old");
  }

  @Test
  void thePastShowsEachVersionAsItWas() {
    long one = create("a", "1");
    long two = update("a", "2", one);
    long gone = delete("a", two);
    long again = create("a", "3");
    assertThat(names(store.range(PREFIX, null, one, 0))).containsExactly("a=1");
    assertThat(names(store.range(PREFIX, null, two, 0))).containsExactly("a=2");
    assertThat(names(store.range(PREFIX, null, gone, 0))).isEmpty();
    assertThat(names(store.range(PREFIX, null, again, 0))).containsExactly("a=3");
    Entry then = store.range(PREFIX, null, two, 0).entries().getFirst();
    assertThat(then.createRevision()).isEqualTo(one);
    assertThat(then.modRevision()).isEqualTo(two);
  }

  @Test
  void aRevisionAheadIsRefused() {
    long ahead = store.revision() + 1_000_000;
    assertThatThrownBy(() -> store.range(PREFIX, null, ahead, 0))
        .isInstanceOf(FutureRevisionException.class);
  }

  @Test
  void aWatchShowsEveryWriteOnceInOrderWithWhatWasThereBefore() {
    long start = store.revision();
    long one = create("a", "1");
    long two = update("a", "2", one);
    WatchRecorder recorder = new WatchRecorder();
    try (Store.Watch watch = store.watch(PREFIX, start, recorder)) {
      recorder.through(two);
      long gone = delete("a", two);
      store.create("/registry/core/pods/other/x", bytes("x"), 0);
      long again = create("a", "3");
      List<Event> events = recorder.through(again);
      assertThat(events).extracting(Event::revision).containsExactly(one, two, gone, again);
      assertThat(events).extracting(Event::created).containsExactly(true, false, false, true);
      assertThat(events).extracting(Event::deleted).containsExactly(false, false, true, false);
      Entry replaced = events.get(1).previous();
      assertThat(replaced).isNotNull();
      assertThat(text(replaced.value())).isEqualTo("1");
      assertThat(replaced.modRevision()).isEqualTo(one);
      Entry ended = events.get(2).previous();
      assertThat(ended).isNotNull();
      assertThat(text(ended.value())).isEqualTo("2");
      assertThat(ended.modRevision()).isEqualTo(two);
      assertThat(ended.createRevision()).isEqualTo(one);
    }
    assertThat(recorder.end()).isNull();
  }

  @Test
  void aWatchBeginsBehindItsRevision() {
    long one = create("a", "1");
    long two = update("a", "2", one);
    WatchRecorder recorder = new WatchRecorder();
    try (Store.Watch watch = store.watch(PREFIX, one, recorder)) {
      assertThat(recorder.through(two)).extracting(Event::revision).containsExactly(two);
    }
  }

  @Test
  void aQuietRangesWatchLearnsHowFarTheStoreIs() {
    WatchRecorder recorder = new WatchRecorder();
    try (Store.Watch watch = store.watch("/registry/core/quiet/", store.revision(), recorder)) {
      create("a", "1");
      assertThat(recorder.through(store.revision())).isEmpty();
    }
  }

  @Test
  void compactionForgetsWhatWasReplacedAndSaysSo() {
    long one = create("a", "1");
    long two = update("a", "2", one);
    create("b", "1");
    long gone = delete("b", store.get(PREFIX + "b").orElseThrow().modRevision());
    long three = update("a", "3", two);
    store.compact(gone);
    assertThat(store.compactedRevision()).isEqualTo(gone);
    assertThatThrownBy(() -> store.range(PREFIX, null, one, 0))
        .isInstanceOf(CompactedException.class);
    assertThat(names(store.range(PREFIX, null, gone, 0))).containsExactly("a=2");
    assertThat(names(store.range(PREFIX, null, 0, 0))).containsExactly("a=3");
    WatchRecorder old = new WatchRecorder();
    store.watch(PREFIX, one, old);
    assertThat(old.end()).isInstanceOf(CompactedException.class);
    WatchRecorder kept = new WatchRecorder();
    try (Store.Watch watch = store.watch(PREFIX, gone, kept)) {
      assertThat(kept.through(three)).extracting(Event::revision).containsExactly(three);
    }
    store.compact(gone);
    assertThat(store.compactedRevision()).isEqualTo(gone);
  }

  @Test
  void compactionOfTheNewestRevisionKeepsAllThatLives() {
    long one = create("a", "1");
    update("a", "2", one);
    create("b", "1");
    store.compact(store.revision());
    assertThat(names(store.range(PREFIX, null, 0, 0))).containsExactly("a=2", "b=1");
    long next = create("c", "1");
    assertThat(next).isGreaterThan(store.compactedRevision());
  }

  @Test
  void aValueThatIsTooLargeIsRefusedAndOneOfTheGreatestSizeIsNot() {
    byte[] large = new byte[Store.MAX_VALUE_BYTES + 1];
    assertThatThrownBy(() -> store.create(PREFIX + "large", large, 0))
        .isInstanceOf(ValueTooLargeException.class);
    assertThat(store.get(PREFIX + "large")).isEmpty();
    byte[] largest = new byte[Store.MAX_VALUE_BYTES];
    assertThat(store.create(PREFIX + "largest", largest, 0)).isInstanceOf(Written.class);
    assertThat(store.get(PREFIX + "largest").orElseThrow().value()).isEqualTo(largest);
  }

  @Test
  void anEndedLifetimeDeletesTheKeyAndWatchersSeeIt() {
    Duration lifetime = Duration.ofSeconds(2);
    long start = store.revision();
    store.create(PREFIX + "brief", bytes("1"), lifetime.toSeconds());
    create("lasting", "1");
    WatchRecorder recorder = new WatchRecorder();
    try (Store.Watch watch = store.watch(PREFIX, start, recorder)) {
      recorder.count(2);
      passLifetime(lifetime);
      Event last = recorder.count(3).getLast();
      assertThat(last.key()).isEqualTo(PREFIX + "brief");
      assertThat(last.deleted()).isTrue();
    }
    assertThat(store.get(PREFIX + "brief")).isEmpty();
    assertThat(store.get(PREFIX + "lasting")).isPresent();
  }

  @Test
  void anUpdateWithoutALifetimeLeavesTheOneThatIsThere() {
    long start = store.revision();
    Written created = (Written) store.create(PREFIX + "brief", bytes("1"), 2);
    store.update(PREFIX + "brief", bytes("2"), created.revision(), 0);
    WatchRecorder recorder = new WatchRecorder();
    try (Store.Watch watch = store.watch(PREFIX, start, recorder)) {
      recorder.count(2);
      passLifetime(Duration.ofSeconds(2));
      assertThat(recorder.count(3).getLast().deleted()).isTrue();
    }
  }

  @Test
  void concurrentCountersLoseNoIncrement() throws Exception {
    int threads = 8;
    int increments = 25;
    create("counter", "0");
    inParallel(threads, i -> repeat(increments, this::increment));
    assertThat(text(store.get(PREFIX + "counter").orElseThrow().value()))
        .isEqualTo(String.valueOf(threads * increments));
  }

  private void increment() {
    Optional<Entry> current = store.get(PREFIX + "counter");
    while (true) {
      Entry entry = current.orElseThrow();
      byte[] next = bytes(String.valueOf(Integer.parseInt(text(entry.value())) + 1));
      switch (store.update(entry.key(), next, entry.modRevision(), 0)) {
        case Written w -> {
          return;
        }
        case Mismatch(var there) -> current = Optional.ofNullable(there);
      }
    }
  }

  @Test
  void watchersUnderConcurrentWritersSeeExactlyTheHistory() throws Exception {
    long start = store.revision();
    WatchRecorder early = new WatchRecorder();
    WatchRecorder late = new WatchRecorder();
    List<Long> written = new ArrayList<>();
    try (Store.Watch first = store.watch(PREFIX, start, early)) {
      inParallel(6, i -> written(i, written));
      try (Store.Watch second = store.watch(PREFIX, start, late)) {
        long last = written.stream().mapToLong(r -> r).max().orElseThrow();
        List<Long> expected = written.stream().sorted().toList();
        assertThat(early.through(last)).extracting(Event::revision).isEqualTo(expected);
        assertThat(late.through(last)).extracting(Event::revision).isEqualTo(expected);
        assertThat(late.events()).usingRecursiveComparison().isEqualTo(early.events());
      }
    }
  }

  /** Creates, updates and deletes keys of one writer, and notes the revisions. */
  private void written(int writer, List<Long> revisions) {
    for (int i = 0; i < 15; i++) {
      String name = "w" + writer + "-" + i;
      long created = create(name, "1");
      long updated = update(name, "2", created);
      List<Long> own = new ArrayList<>(List.of(created, updated));
      if (i % 2 == 0) {
        own.add(delete(name, updated));
      }
      synchronized (revisions) {
        revisions.addAll(own);
      }
    }
  }

  @Test
  void aClosedStoreSaysSoAndEndsItsWatches() {
    WatchRecorder recorder = new WatchRecorder();
    store.watch(PREFIX, store.revision(), recorder);
    create("a", "1");
    assertThat(store.health()).isNull();
    store.close();
    assertThat(recorder.end()).isInstanceOf(StoreUnavailableException.class);
    assertThat(store.health()).isNotNull();
    assertThatThrownBy(() -> store.create(PREFIX + "b", bytes("1"), 0))
        .isInstanceOf(StoreUnavailableException.class);
    assertThatThrownBy(() -> store.get(PREFIX + "a")).isInstanceOf(StoreUnavailableException.class);
    assertThatThrownBy(store::revision).isInstanceOf(StoreUnavailableException.class);
    store.close();
  }

  private interface Work {
    void run(int number);
  }

  private static void repeat(int times, Runnable work) {
    for (int i = 0; i < times; i++) {
      work.run();
    }
  }

  private static void inParallel(int threads, Work work) throws InterruptedException {
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> all = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        int number = i;
        all.add(executor.submit(() -> work.run(number)));
      }
      for (Future<?> one : all) {
        one.get();
      }
    } catch (ExecutionException e) {
      throw new AssertionError(e.getCause());
    }
  }
}
