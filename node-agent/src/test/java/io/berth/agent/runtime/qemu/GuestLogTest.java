package io.berth.agent.runtime.qemu;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GuestLogTest {
  private static final long T0 = 1_700_000_000_000_000_000L;
  @TempDir Path directory;
  private Path file = Path.of("");
  private GuestLog log = new GuestLog(Path.of("nowhere"));

  @BeforeEach
  void open() {
    file = directory.resolve("pod/0.log");
    log = new GuestLog(file);
  }

  private long out(int stream, long sequence, String text) throws Exception {
    return log.append(stream, T0 + sequence, sequence, text.getBytes(StandardCharsets.UTF_8));
  }

  @Test
  void linesBecomeRecordsOfTheirStream() throws Exception {
    assertThat(out(0, 1, "a\nb\n")).isEqualTo(1);
    assertThat(out(1, 2, "c\n")).isEqualTo(2);
    assertThat(file)
        .hasContent(
            """
            2023-11-14T22:13:20.000000001Z stdout F a
            2023-11-14T22:13:20.000000001Z stdout F b
            2023-11-14T22:13:20.000000002Z stderr F c
            """);
  }

  @Test
  void aLineWithoutItsEndIsNotAcknowledgedUntilItComes() throws Exception {
    assertThat(out(0, 1, "whole\nhal")).isZero();
    assertThat(out(1, 2, "other\n")).isZero();
    assertThat(out(0, 3, "f\n")).isEqualTo(3);
    assertThat(Files.readString(file)).contains("stdout F half\n");
  }

  @Test
  void aLongLineIsWrittenInParts() throws Exception {
    out(0, 1, "x".repeat(40_000) + "\n");
    assertThat(Files.readAllLines(file))
        .extracting(l -> l.split(" ", 4)[2] + l.split(" ", 4)[3].length())
        .containsExactly("P16384", "P16384", "F7232");
  }

  @Test
  void whatIsSentAgainAfterTheAgentsEndIsWrittenOnce() throws Exception {
    out(0, 1, "one\n");
    out(0, 2, "two\nthr");
    log = new GuestLog(file);
    assertThat(out(0, 1, "one\n")).isEqualTo(1);
    out(0, 2, "two\nthr");
    out(0, 3, "ee\n");
    assertThat(Files.readAllLines(file))
        .extracting(l -> l.split(" ", 4)[3])
        .containsExactly("one", "two", "three");
  }

  @Test
  void whatIsSentAgainIsKnownThoughTheLogWasRotatedMeanwhile() throws Exception {
    out(0, 1, "one\n");
    Path old = file.resolveSibling(file.getFileName() + ".20260101-000000.000");
    Files.move(file, old);
    log = new GuestLog(file);
    out(0, 1, "one\n");
    assertThat(file).doesNotExist();
    out(0, 2, "two\n");
    assertThat(Files.readString(file)).endsWith(" two\n");
  }

  @Test
  void theEndWritesWhatIsLeft() throws Exception {
    out(0, 1, "rest");
    log.finish(Instant.ofEpochSecond(1_700_000_001));
    assertThat(file).hasContent("2023-11-14T22:13:21.000000000Z stdout F rest\n");
  }
}
