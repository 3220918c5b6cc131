package io.berth.apiserver.store.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.apiserver.store.HybridEnvironment;
import io.berth.apiserver.store.Store;
import io.berth.apiserver.store.StoreKeys;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A child process writes from several threads and prints what was acknowledged; it is killed with
 * SIGKILL at a random moment, again and again on the same file. What it printed must be there.
 */
@Tag("real")
class CrashTest {
  private static final int KILLS = 50;
  private static final long LONGEST_RUN_MILLIS = 250;

  @TempDir Path directory;

  private final Random random = new Random(20_26);

  /** The last acknowledged state of each key: the revision, negative where it was deleted. */
  private final Map<String, Long> acknowledged = new HashMap<>();

  private long newest;
  private long writes;

  @Test
  void whatWasAcknowledgedSurvivesSigkill() throws Exception {
    for (int i = 0; i < KILLS; i++) {
      runAndKill();
      check();
    }
    System.out.println("acknowledged writes: " + writes);
    assertThat(writes).isGreaterThan(KILLS);
  }

  private void runAndKill() throws IOException, InterruptedException {
    Process child =
        new ProcessBuilder(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-Xmx96m",
                    "-XX:TieredStopAtLevel=1",
                    "-XX:+UseSerialGC",
                    "-Xshare:auto",
                    "--enable-native-access=ALL-UNNAMED",
                    "-cp",
                    System.getProperty("java.class.path"),
                    CrashWriter.class.getName(),
                    directory.toString(),
                    Long.toString(random.nextLong())))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (BufferedReader out =
        new BufferedReader(new InputStreamReader(child.getInputStream(), StandardCharsets.UTF_8))) {
      assertThat(out.readLine()).isEqualTo("ready");
      long nanos = random.nextLong(LONGEST_RUN_MILLIS) * 1_000_000;
      Thread killer =
          Thread.startVirtualThread(
              () -> {
                LockSupport.parkNanos(nanos);
                child.toHandle().destroyForcibly(); // unlike the process's own, leaves its output
              });
      out.lines().forEach(this::note);
      killer.join();
    }
    child.waitFor();
  }

  /** A line is {@code key revision}, whole or not at all: it is written in one call. */
  private void note(String line) {
    String[] parts = line.split(" ");
    if (parts.length != 3 || !parts[2].equals("ok")) {
      return; // cut off by the kill
    }
    long revision = Long.parseLong(parts[1]);
    acknowledged.merge(parts[0], revision, (a, b) -> Math.abs(a) > Math.abs(b) ? a : b);
    newest = Math.max(newest, Math.abs(revision));
    writes++;
  }

  private void check() {
    HybridEnvironment environment = new HybridEnvironment();
    ExecutorService writer = Executors.newSingleThreadExecutor();
    try (environment;
        writer;
        EmbeddedStore store =
            EmbeddedStore.open(directory, environment, writer, EmbeddedOptions.defaults())) {
      assertThat(store.revision()).isGreaterThanOrEqualTo(newest);
      Map<String, Store.Entry> stored = new HashMap<>();
      for (Store.Entry entry : store.range(StoreKeys.ROOT, null, 0, 0).entries()) {
        stored.put(entry.key(), entry);
        CrashWriter.checkWhole(entry);
      }
      acknowledged.forEach((key, revision) -> check(key, revision, stored.get(key)));
      newest = store.revision();
    }
  }

  /** Later writes of the key may have been carried out without an answer. */
  private static void check(String key, long revision, Store.@Nullable Entry entry) {
    if (revision > 0) {
      boolean there = entry != null && entry.modRevision() >= revision;
      boolean deletedLater = entry == null;
      assertThat(there || deletedLater).as(key + "@" + revision).isTrue();
      assertThat(deletedLater && !CrashWriter.deletes(key)).as(key + " is lost").isFalse();
    } else {
      assertThat(entry == null || entry.modRevision() > -revision).as(key + " is back").isTrue();
    }
  }
}
