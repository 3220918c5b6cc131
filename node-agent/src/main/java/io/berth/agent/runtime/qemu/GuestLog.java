package io.berth.agent.runtime.qemu;

import io.berth.agent.pod.LogRotation;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A container's log in the CRI format, one record a line: time, stream, F (full) or P (the line
 * goes on), text. The guest sends again what was not acknowledged, so that an agent that died in
 * between loses nothing; what the file already has is told by its time and left out. For one
 * thread.
 */
final class GuestLog {
  private static final int LONGEST_LINE = 16 * 1024;
  private static final String[] STREAMS = {"stdout", "stderr"};
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.nnnnnnnnn'Z'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  /** A line of which the end has not come yet. */
  private static final class Partial {
    final ByteArrayOutputStream text = new ByteArrayOutputStream();
    long since;
  }

  private final Path file;
  private final Partial[] partials = {new Partial(), new Partial()};
  private Instant written;
  private long received;

  GuestLog(Path file) {
    this.file = file;
    this.written = lastTime(file);
  }

  /**
   * Takes a piece of output.
   *
   * @return the sequence number up to which all output is in the file
   */
  long append(int stream, long timeNanos, long sequence, byte[] bytes) throws IOException {
    Instant time = GuestChannel.instant(timeNanos);
    boolean known = !time.isAfter(written);
    Partial partial = partials[stream & 1];
    ByteArrayOutputStream records = new ByteArrayOutputStream();
    int from = 0;
    for (int i = 0; i < bytes.length; i++) {
      boolean end = bytes[i] == '\n';
      if (!end && partial.text.size() + i + 1 - from < LONGEST_LINE) {
        continue;
      }
      partial.text.write(bytes, from, end ? i - from : i + 1 - from);
      record(records, time, stream, end ? "F" : "P", partial);
      from = i + 1;
    }
    if (from < bytes.length) {
      partial.since = partial.text.size() == 0 ? sequence : partial.since;
      partial.text.write(bytes, from, bytes.length - from);
    }
    if (!known && records.size() > 0) {
      write(records.toByteArray());
      written = time;
    }
    received = sequence;
    return acknowledged();
  }

  /** Writes what came without a line's end, as nothing will follow. */
  void finish(Instant time) throws IOException {
    ByteArrayOutputStream records = new ByteArrayOutputStream();
    for (int stream = 0; stream < partials.length; stream++) {
      if (partials[stream].text.size() > 0) {
        record(records, time, stream, "F", partials[stream]);
      }
    }
    if (records.size() > 0) {
      write(records.toByteArray());
    }
  }

  /** Adds a line of the agent's own. */
  void note(Instant time, String text) throws IOException {
    Partial line = new Partial();
    line.text.writeBytes(text.getBytes(StandardCharsets.UTF_8));
    ByteArrayOutputStream records = new ByteArrayOutputStream();
    record(records, time, 1, "F", line);
    write(records.toByteArray());
  }

  private long acknowledged() {
    long upTo = received;
    for (Partial partial : partials) {
      if (partial.text.size() > 0) {
        upTo = Math.min(upTo, partial.since - 1);
      }
    }
    return upTo;
  }

  private static void record(
      ByteArrayOutputStream records, Instant time, int stream, String tag, Partial line) {
    String head = TIME.format(time) + " " + STREAMS[stream & 1] + " " + tag + " ";
    records.writeBytes(head.getBytes(StandardCharsets.US_ASCII));
    records.writeBytes(line.text.toByteArray());
    records.write('\n');
    line.text.reset();
  }

  /** Opened each time: the file may have been rotated away, or deleted. */
  private void write(byte[] records) throws IOException {
    if (!Files.exists(file)) {
      Path parent = file.getParent();
      if (parent != null) {
        Files.createDirectories(parent);
      }
    }
    Files.write(file, records, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }

  /** The time of the last record, be it in a file that was rotated away, or long ago. */
  private static Instant lastTime(Path file) {
    try {
      List<Path> files = new ArrayList<>(LogRotation.rotated(file));
      files.add(file);
      for (Path candidate : files.reversed()) {
        Instant time = lastTimeIn(candidate);
        if (!time.equals(Instant.EPOCH)) {
          return time;
        }
      }
    } catch (IOException e) {
      // as if there were none
    }
    return Instant.EPOCH;
  }

  private static Instant lastTimeIn(Path file) {
    try (RandomAccessFile in = new RandomAccessFile(file.toFile(), "r")) {
      long start = Math.max(0, in.length() - 2L * LONGEST_LINE - 256);
      byte[] tail = new byte[(int) (in.length() - start)];
      in.seek(start);
      in.readFully(tail);
      String text = new String(tail, StandardCharsets.ISO_8859_1).stripTrailing();
      String last = text.substring(text.lastIndexOf('\n') + 1);
      return Instant.parse(last.substring(0, Math.max(0, last.indexOf(' '))));
    } catch (IOException | DateTimeParseException e) {
      return Instant.EPOCH;
    }
  }
}
