package io.berth.apiserver.store.embedded;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.api.time.SystemEnvironment;
import io.berth.apiserver.store.Store.WriteResult.Written;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Measures what docs/decisions/embedded-store.md says; its bound only catches a collapse. */
@Tag("slow")
class EmbeddedThroughputTest {
  private static final int WRITERS = 64;
  private static final int WRITES = 40_000;
  private static final int BYTES = 2_000;

  @TempDir Path directory;

  @Test
  void concurrentWritersShareTheirSyncs() throws Exception {
    ExecutorService writer = Executors.newSingleThreadExecutor();
    try (SystemEnvironment environment = new SystemEnvironment();
        writer;
        EmbeddedStore store =
            EmbeddedStore.open(directory, environment, writer, EmbeddedOptions.defaults())) {
      run(store, "warm-up", 10_000, 0);
      run(store, "pods", WRITES, 0);
      run(store, "events", WRITES, 3_600);
      assertThat(store.revision()).isGreaterThan(2 * WRITES);
    }
  }

  private static void run(EmbeddedStore store, String name, int writes, long lifetime)
      throws InterruptedException {
    AtomicInteger next = new AtomicInteger();
    long[] nanos = new long[writes];
    long cpu = cpuNanos();
    long start = System.nanoTime();
    try (ExecutorService writers = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < WRITERS; i++) {
        writers.execute(
            () -> {
              for (int n = next.getAndIncrement(); n < writes; n = next.getAndIncrement()) {
                long begun = System.nanoTime();
                String key = "/registry/core/" + name + "/default/object-" + n;
                assertThat(store.create(key, new byte[BYTES], lifetime))
                    .isInstanceOf(Written.class);
                nanos[n] = System.nanoTime() - begun;
              }
            });
      }
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    Arrays.sort(nanos);
    System.out.printf(
        "%s: %.0f writes/s, %.0f us CPU a write, p50 %.1f ms, p99 %.1f ms%n",
        name,
        writes / seconds,
        (cpuNanos() - cpu) / 1e3 / writes,
        nanos[writes / 2] / 1e6,
        nanos[writes * 99 / 100] / 1e6);
    assertThat(writes / seconds).isGreaterThan(100);
  }

  private static long cpuNanos() {
    return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getProcessCpuTime();
  }
}
