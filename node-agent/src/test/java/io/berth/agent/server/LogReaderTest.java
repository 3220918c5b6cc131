package io.berth.agent.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.api.time.SystemEnvironment;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LogReaderTest {
  @TempDir Path directory;
  private final SystemEnvironment environment = new SystemEnvironment();

  private static LogQuery query(boolean follow, long tail, @Nullable Instant since) {
    return new LogQuery(follow, tail, since, false, -1, false);
  }

  private static String line(int second, String tag, String text) {
    return String.format("2026-01-01T00:00:%02d.000000001Z stdout %s %s%n", second, tag, text);
  }

  private void append(Path file, String text) throws Exception {
    Files.writeString(file, text, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }

  private String read(LogQuery query) throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    new LogReader(directory.resolve("0.log"), query, environment, out).copy(() -> false);
    return out.toString(StandardCharsets.UTF_8);
  }

  @Test
  void linesInPartsAreJoined() throws Exception {
    append(directory.resolve("0.log"), line(1, "P", "a") + line(1, "F", "b") + line(2, "F", "c"));
    assertThat(read(query(false, -1, null))).isEqualTo("ab\nc\n");
  }

  @Test
  void theLastLinesAreFoundAcrossRotatedFiles() throws Exception {
    append(directory.resolve("0.log.20260101-000000.000"), line(1, "F", "1") + line(2, "F", "2"));
    append(directory.resolve("0.log.20260101-000001.000"), line(3, "F", "3") + line(4, "F", "4"));
    append(directory.resolve("0.log"), line(5, "F", "5"));
    assertThat(read(query(false, -1, null))).isEqualTo("1\n2\n3\n4\n5\n");
    assertThat(read(query(false, 0, null))).isEmpty();
    assertThat(read(query(false, 1, null))).isEqualTo("5\n");
    assertThat(read(query(false, 2, null))).isEqualTo("4\n5\n");
    assertThat(read(query(false, 4, null))).isEqualTo("2\n3\n4\n5\n");
    assertThat(read(query(false, 9, null))).isEqualTo("1\n2\n3\n4\n5\n");
  }

  @Test
  void whatIsOlderIsLeftOut() throws Exception {
    append(directory.resolve("0.log"), line(1, "F", "old") + line(9, "F", "new"));
    assertThat(read(query(false, -1, Instant.parse("2026-01-01T00:00:05Z")))).isEqualTo("new\n");
  }

  @Test
  void followingLosesNothingToRotation() throws Exception {
    Path file = directory.resolve("0.log");
    append(file, line(0, "F", "0"));
    AtomicBoolean growing = new AtomicBoolean(true);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    CompletableFuture<Void> done = new CompletableFuture<>();
    environment
        .executor()
        .execute(
            () -> {
              try {
                new LogReader(file, query(true, -1, null), environment, out).copy(growing::get);
                done.complete(null);
              } catch (Exception e) {
                done.completeExceptionally(e);
              }
            });
    StringBuilder expected = new StringBuilder("0\n");
    for (int i = 1; i < 60; i++) {
      if (i % 20 == 0) {
        Files.move(file, directory.resolve("0.log.20260101-0000" + i + ".000"));
      }
      append(file, line(i, "F", Integer.toString(i)));
      expected.append(i).append('\n');
      java.util.concurrent.locks.LockSupport.parkNanos(5_000_000);
    }
    growing.set(false);
    done.get(20, TimeUnit.SECONDS);
    assertThat(out.toString(StandardCharsets.UTF_8)).isEqualTo(expected.toString());
  }

  @Test
  void aLineInPartsHasOneTime() throws Exception {
    append(directory.resolve("0.log"), line(1, "P", "a") + line(2, "F", "b") + line(3, "F", "c"));
    assertThat(read(new LogQuery(false, -1, null, true, -1, false)))
        .isEqualTo("2026-01-01T00:00:01.000000001Z ab\n2026-01-01T00:00:03.000000001Z c\n");
    assertThat(read(new LogQuery(false, -1, null, true, 33, false)))
        .isEqualTo("2026-01-01T00:00:01.000000001Z ab");
  }

  @Test
  void whatIsWrittenAfterTheRenameAndBeforeTheNewFileIsNotLost() throws Exception {
    Path file = directory.resolve("0.log");
    append(file, line(0, "F", "0"));
    AtomicBoolean growing = new AtomicBoolean(true);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    CompletableFuture<Void> done = new CompletableFuture<>();
    environment
        .executor()
        .execute(
            () -> {
              try {
                new LogReader(file, query(true, -1, null), environment, out).copy(growing::get);
                done.complete(null);
              } catch (Exception e) {
                done.completeExceptionally(e);
              }
            });
    await(out, "0\n");
    Path old = directory.resolve("0.log.20260101-000001.000");
    Files.move(file, old);
    java.util.concurrent.locks.LockSupport.parkNanos(300_000_000); // several looks of the reader
    append(old, line(1, "F", "1"));
    await(out, "0\n1\n");
    append(file, line(2, "F", "2"));
    append(old, line(1, "F", "late"));
    await(out, "0\n1\nlate\n2\n");
    growing.set(false);
    done.get(20, TimeUnit.SECONDS);
  }

  private static void await(ByteArrayOutputStream out, String text) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (!out.toString(StandardCharsets.UTF_8).equals(text)) {
      assertThat(System.nanoTime()).as(out.toString(StandardCharsets.UTF_8)).isLessThan(end);
      java.util.concurrent.locks.LockSupport.parkNanos(2_000_000);
    }
  }
}
