package io.berth.apiserver.store.embedded;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.berth.apiserver.store.CompactedException;
import io.berth.apiserver.store.HybridEnvironment;
import io.berth.apiserver.store.Store;
import io.berth.apiserver.store.Store.WriteResult.Written;
import io.berth.apiserver.store.StoreUnavailableException;
import io.berth.apiserver.store.WatchRecorder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedStoreRecoveryTest {
  private static final String PREFIX = "/registry/core/configmaps/default/";

  @TempDir Path directory;

  private final HybridEnvironment environment = new HybridEnvironment();
  private final ExecutorService writer = Executors.newSingleThreadExecutor();

  @AfterEach
  void stop() {
    environment.close();
    writer.close();
  }

  private EmbeddedStore open() {
    return EmbeddedStore.open(directory, environment, writer, EmbeddedOptions.defaults());
  }

  private static long create(Store store, String name, int bytes) {
    return ((Written) store.create(PREFIX + name, new byte[bytes], 0)).revision();
  }

  @Test
  void aReopenedStoreGoesOnWithItsHistory() {
    long start;
    long last;
    try (EmbeddedStore store = open()) {
      start = store.revision();
      create(store, "a", 10);
      last = create(store, "b", 10);
    }
    try (EmbeddedStore store = open()) {
      assertThat(store.revision()).isEqualTo(last);
      WatchRecorder recorder = new WatchRecorder();
      store.watch(PREFIX, start, recorder);
      assertThat(recorder.through(last)).hasSize(2);
      assertThat(create(store, "c", 10)).isEqualTo(last + 1);
    }
  }

  @Test
  void aDatabaseThatWasPutBackBeginsAboveEveryRevisionServed() throws IOException {
    Path backup = directory.resolve("backup");
    try (EmbeddedStore store = open()) {
      create(store, "a", 10);
    }
    Files.copy(directory.resolve("berth.db"), backup);
    long served;
    try (EmbeddedStore store = open()) {
      served = create(store, "b", 10);
    }
    Files.copy(backup, directory.resolve("berth.db"), StandardCopyOption.REPLACE_EXISTING);
    try (EmbeddedStore store = open()) {
      assertThat(store.revision()).isGreaterThanOrEqualTo(served);
      assertThat(create(store, "c", 10)).isGreaterThan(served);
      assertThat(store.range(PREFIX, null, 0, 0).entries()).hasSize(2);
      WatchRecorder stale = new WatchRecorder();
      store.watch(PREFIX, served - 1, stale);
      assertThat(stale.end()).isInstanceOf(CompactedException.class);
    }
  }

  @Test
  void aDatabaseCopiedToAnotherDirectoryIsRaisedByFar() throws IOException {
    long served;
    try (EmbeddedStore store = open()) {
      served = create(store, "a", 10);
    }
    Files.delete(directory.resolve("revision.ceiling"));
    try (EmbeddedStore store = open()) {
      assertThat(store.revision()).isGreaterThanOrEqualTo(served + RevisionCeiling.RESTORED);
      store.compact(store.revision());
      assertThat(store.get(PREFIX + "a")).isPresent();
    }
  }

  @Test
  void aLostTailAfterTheMachineDiedIsJumpedOver() throws IOException {
    RevisionCeiling before = new RevisionCeiling(directory, "boot-1");
    before.cover(100);
    assertThat(new RevisionCeiling(directory, "boot-1").firstRevision(95)).isEqualTo(95);
    assertThat(new RevisionCeiling(directory, "boot-2").firstRevision(95))
        .isEqualTo(100 + RevisionCeiling.STEP);
    before.closeAt(120);
    assertThat(new RevisionCeiling(directory, "boot-2").firstRevision(120)).isEqualTo(120);
    assertThat(new RevisionCeiling(directory, "boot-1").firstRevision(90)).isEqualTo(120);
  }

  @Test
  void aSecondOpenerLearnsWhoHoldsTheDirectory() {
    try (EmbeddedStore store = open()) {
      assertThatThrownBy(this::open)
          .isInstanceOf(StoreUnavailableException.class)
          .hasMessageContaining(directory.toString())
          .hasMessageContaining("in use by process " + ProcessHandle.current().pid());
      assertThat(store.health()).isNull();
    }
    open().close();
  }

  @Test
  void aNewerFormatIsRefusedAndLeftAlone() {
    List<List<String>> newer = new ArrayList<>(Schema.STEPS);
    newer.add(List.of("CREATE TABLE later (a INTEGER)"));
    EmbeddedStore.open(directory, environment, writer, EmbeddedOptions.defaults(), newer).close();
    assertThatThrownBy(this::open)
        .isInstanceOf(StoreUnavailableException.class)
        .hasMessageContaining("newer version of Berth")
        .hasMessageContaining("format 2");
    EmbeddedStore.open(directory, environment, writer, EmbeddedOptions.defaults(), newer).close();
  }

  @Test
  void anOlderFormatIsMigratedWithAllThatItHolds() {
    try (EmbeddedStore store = open()) {
      create(store, "a", 10);
    }
    List<List<String>> newer = new ArrayList<>(Schema.STEPS);
    newer.add(List.of("CREATE TABLE later (a INTEGER)"));
    try (EmbeddedStore store =
        EmbeddedStore.open(directory, environment, writer, EmbeddedOptions.defaults(), newer)) {
      assertThat(store.get(PREFIX + "a")).isPresent();
    }
  }

  @Test
  void anotherProgramsFileIsRefused() throws IOException {
    Files.write(
        directory.resolve("berth.db"), "not a database at all, but long enough".getBytes(UTF_8));
    assertThatThrownBy(this::open)
        .isInstanceOf(StoreUnavailableException.class)
        .hasMessageContaining("berth.db")
        .hasMessageContaining("damaged");
  }

  @Test
  void aDamagedPageIsNamedAndWritesElsewhereGoOn() throws IOException {
    try (EmbeddedStore store = open()) {
      for (int i = 0; i < 50; i++) {
        create(store, "k" + i, 10_000);
      }
    }
    try (FileChannel file =
        FileChannel.open(directory.resolve("berth.db"), StandardOpenOption.WRITE)) {
      for (long page = 6; page < 60; page++) {
        file.write(ByteBuffer.wrap("garbage garbage garbage garbage".getBytes(UTF_8)), page * 4096);
      }
    }
    try (EmbeddedStore store = open()) {
      assertThatThrownBy(() -> store.range(PREFIX, null, 0, 0))
          .isInstanceOf(StoreUnavailableException.class)
          .hasMessageContaining("damaged");
      assertThat(store.health()).contains("damaged");
    }
  }

  @Test
  void aFullDiskIsSaidAndNothingAcknowledgedIsLost() {
    int acknowledged;
    EmbeddedOptions small = EmbeddedOptions.defaults().withMaxPages(100);
    try (EmbeddedStore store = EmbeddedStore.open(directory, environment, writer, small)) {
      acknowledged = fill(store);
      assertThat(store.health()).contains("no space left");
      assertThat(store.range(PREFIX, null, 0, 0).entries()).hasSize(acknowledged);
    }
    try (EmbeddedStore store = open()) {
      assertThat(store.range(PREFIX, null, 0, 0).entries()).hasSize(acknowledged);
      create(store, "after", 10_000);
      assertThat(store.health()).isNull();
    }
  }

  @Test
  @Tag("real")
  void aStoreOnAFullDiskGoesOnWhenThereIsRoomAgain() throws Exception {
    Path disk = Files.createDirectory(directory.resolve("disk"));
    run("mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", disk.toString());
    try (EmbeddedStore store =
        EmbeddedStore.open(disk, environment, writer, EmbeddedOptions.defaults())) {
      int acknowledged = fill(store);
      assertThat(store.health()).contains(disk.toString());
      run("mount", "-o", "remount,size=50m", disk.toString());
      environment.advance(Duration.ofSeconds(1));
      store.compact(1); // behind the probe in the queue
      assertThat(store.health()).isNull();
      create(store, "after", 10_000);
      assertThat(store.range(PREFIX, null, 0, 0).entries()).hasSize(acknowledged + 1);
    } finally {
      run("umount", disk.toString());
    }
  }

  /** Writes until the disk is full; how many writes were acknowledged. */
  private static int fill(Store store) {
    int acknowledged = 0;
    try {
      while (acknowledged < 1_000) {
        create(store, "k" + acknowledged, 10_000);
        acknowledged++;
      }
    } catch (StoreUnavailableException e) {
      assertThat(e.getMessage()).containsAnyOf("no space left", "is full");
    }
    assertThat(acknowledged).isBetween(5, 999);
    return acknowledged;
  }

  private static void run(String... command) throws Exception {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor()).as(String.join(" ", command) + ": " + output).isZero();
  }

  @Test
  void healthFindsOutByItselfThatTheDiskTakesWritesAgain() {
    EmbeddedOptions small = EmbeddedOptions.defaults().withMaxPages(40);
    try (EmbeddedStore store = EmbeddedStore.open(directory, environment, writer, small)) {
      assertThatThrownBy(() -> create(store, "large", 1_000_000))
          .isInstanceOf(StoreUnavailableException.class);
      assertThat(store.health()).isNotNull();
      environment.advance(Duration.ofSeconds(1));
      store.compact(1); // behind the probe in the queue
      assertThat(store.health()).isNull();
      assertThat(create(store, "small", 10)).isPositive();
    }
  }

  @Test
  void writesBehindAFullQueueAreRefusedAfterAWhile() {
    EmbeddedOptions impatient =
        new EmbeddedOptions(1, 2, 1 << 20, 16, 1 << 20, 1, Duration.ofMillis(50), 0);
    List<Runnable> held = new ArrayList<>();
    try (EmbeddedStore store = EmbeddedStore.open(directory, environment, held::add, impatient)) {
      for (int i = 0; i < 2; i++) {
        String name = "k" + i;
        assertThatThrownBy(() -> create(store, name, 1)).hasMessageContaining("did not answer");
      }
      assertThatThrownBy(() -> create(store, "k2", 1)).hasMessageContaining("too many writes wait");
      held.removeFirst().run();
      assertThat(store.range(PREFIX, null, 0, 0).entries()).hasSize(2);
    }
  }

  @Test
  void sweepingRemovesReplacedVersionsFromTheFile() throws Exception {
    try (EmbeddedStore store = open()) {
      long revision = create(store, "a", 10);
      for (int i = 0; i < 100; i++) {
        revision = ((Written) store.update(PREFIX + "a", new byte[10], revision, 0)).revision();
      }
      long gone = create(store, "b", 10);
      store.delete(PREFIX + "b", gone);
      store.compact(store.revision());
    }
    try (var connection =
        new Database(directory.resolve("berth.db"), EmbeddedOptions.defaults()).openReader()) {
      assertThat(Schema.number(connection, "SELECT count(*) FROM history")).isEqualTo(1);
      assertThat(Schema.number(connection, "SELECT count(*) FROM latest")).isEqualTo(1);
    }
  }
}
