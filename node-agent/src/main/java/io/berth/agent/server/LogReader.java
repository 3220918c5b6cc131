package io.berth.agent.server;

import io.berth.agent.pod.LogRotation;
import io.berth.api.time.Environment;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads a container's log from its files, rotated ones included, and turns the CRI format ({@code
 * time stream P|F text}) into what the container wrote. While it follows, a file that was renamed
 * is read to its end before the next is begun, so that rotation loses nothing. Blocks; holds one
 * line and one buffer.
 */
final class LogReader {
  private static final Duration LOOK = Duration.ofMillis(50);
  private static final int BUFFER = 32 * 1024;

  /** Longer lines come in parts, as runtimes write them. */
  private static final int MAX_LINE = 1 << 20;

  private final Path file;
  private final LogQuery query;
  private final Environment environment;
  private final OutputStream out;
  private final ByteArrayOutputStream line = new ByteArrayOutputStream();
  private final ByteArrayOutputStream pending = new ByteArrayOutputStream();
  private long left;
  private boolean inLine;

  LogReader(Path file, LogQuery query, Environment environment, OutputStream out) {
    this.file = file;
    this.query = query;
    this.environment = environment;
    this.out = out;
    this.left = query.limitBytes() < 0 ? Long.MAX_VALUE : query.limitBytes();
  }

  /**
   * Writes what is asked for.
   *
   * @param growing whether more may still be written into the log
   * @throws IOException the reader of the output is gone, or a file cannot be read
   */
  void copy(BooleanSupplier growing) throws IOException, InterruptedException {
    List<Path> files = new ArrayList<>(LogRotation.rotated(file));
    files.add(file);
    Start start = query.tailLines() < 0 ? new Start(0, 0) : tail(files, query.tailLines());
    boolean newest = start.file() == files.size() - 1;
    Object lastRead = read(files.get(start.file()), start.offset(), growing, newest);
    // From one file to the next by what they are: their names change meanwhile.
    while (left > 0 && lastRead != null) {
      Path next = after(lastRead);
      if (next == null) {
        break;
      }
      lastRead = read(next, 0, growing, next.equals(file));
    }
    flush();
  }

  private record Start(int file, long offset) {}

  /** Where the last lines begin. */
  private static Start tail(List<Path> files, long lines) throws IOException {
    long wanted = lines;
    for (int i = files.size() - 1; i >= 0; i--) {
      if (!Files.exists(files.get(i))) {
        continue;
      }
      try (RandomAccessFile in = new RandomAccessFile(files.get(i).toFile(), "r")) {
        long end = in.length();
        if (wanted == 0) {
          return new Start(i, end);
        }
        byte[] block = new byte[BUFFER];
        for (long at = end; at > 0; ) {
          int length = (int) Math.min(block.length, at);
          at -= length;
          in.seek(at);
          in.readFully(block, 0, length);
          for (int b = length - 1; b >= 0; b--) {
            boolean closesLastLine = at + b == end - 1;
            if (block[b] == '\n' && !closesLastLine && --wanted == 0) {
              return new Start(i, at + b + 1);
            }
          }
        }
        wanted -= end > 0 ? 1 : 0; // the first line has no newline before it
        if (wanted == 0) {
          return new Start(i, 0);
        }
      }
    }
    return new Start(0, 0);
  }

  /**
   * Reads a file to its end, and on as it grows.
   *
   * @return what identifies the file, whatever its name is now; null where there is no such file
   */
  private @Nullable Object read(Path path, long from, BooleanSupplier growing, boolean current)
      throws IOException, InterruptedException {
    if (!Files.exists(path) && !await(path, growing)) {
      return null;
    }
    try (RandomAccessFile in = new RandomAccessFile(path.toFile(), "r")) {
      Object identity = identity(path);
      in.seek(from);
      byte[] buffer = new byte[BUFFER];
      boolean once = false;
      while (left > 0) {
        int length = in.read(buffer);
        if (length > 0) {
          take(buffer, length);
          once = false;
          continue;
        }
        flush();
        boolean over =
            !query.follow() || !current || continued(path, identity) || !growing.getAsBoolean();
        if (over && (once || !query.follow())) {
          return identity;
        }
        once = over; // what was written before it was over is read all the same
        pause();
      }
      return identity;
    }
  }

  /**
   * Whether another file has been begun under the name. One that was only renamed is still written
   * to, and for a moment so is one that has a successor.
   */
  private static boolean continued(Path path, @Nullable Object identity) throws IOException {
    Object now = identity(path);
    return now != null && !now.equals(identity);
  }

  private boolean await(Path path, BooleanSupplier growing)
      throws IOException, InterruptedException {
    while (query.follow() && growing.getAsBoolean() && !Files.exists(path)) {
      out.flush(); // fails once nobody reads any more
      pause();
    }
    return Files.exists(path);
  }

  /** The file that was begun after the one read last, or null where that is the newest. */
  private @Nullable Path after(Object lastRead) throws IOException {
    List<Path> files = new ArrayList<>(LogRotation.rotated(file));
    files.add(file);
    for (int i = 0; i < files.size() - 1; i++) {
      if (lastRead.equals(identity(files.get(i)))) {
        return files.get(i + 1);
      }
    }
    boolean newest = lastRead.equals(identity(file)) || !Files.exists(file);
    return newest ? null : files.getFirst();
  }

  private static @Nullable Object identity(Path path) throws IOException {
    try {
      return Files.readAttributes(path, BasicFileAttributes.class).fileKey();
    } catch (NoSuchFileException e) {
      return null;
    }
  }

  private void pause() throws InterruptedException {
    CountDownLatch over = new CountDownLatch(1);
    environment.timers().after(LOOK, over::countDown);
    over.await();
  }

  private void take(byte[] buffer, int length) throws IOException {
    for (int i = 0; i < length && left > 0; i++) {
      line.write(buffer[i]);
      if (buffer[i] == '\n' || line.size() >= MAX_LINE) {
        line(line.toByteArray());
        line.reset();
      }
    }
  }

  private void line(byte[] record) throws IOException {
    int time = indexOf(record, 0);
    int stream = time < 0 ? -1 : indexOf(record, time + 1);
    int tag = stream < 0 ? -1 : indexOf(record, stream + 1);
    if (tag < 0) {
      emit(record, 0, record.length); // not in the format: as it is
      return;
    }
    String stamp = new String(record, 0, time, StandardCharsets.UTF_8);
    if (before(stamp)) {
      return;
    }
    if (query.timestamps() && !inLine) {
      byte[] head = (stamp + " ").getBytes(StandardCharsets.UTF_8);
      emit(head, 0, head.length);
    }
    boolean partial = record[stream + 1] == 'P';
    inLine = partial;
    int end = partial && record[record.length - 1] == '\n' ? record.length - 1 : record.length;
    emit(record, tag + 1, end);
  }

  private boolean before(String stamp) {
    Instant since = query.since();
    if (since == null) {
      return false;
    }
    try {
      return io.berth.api.object.Times.parse(stamp).isBefore(since);
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  private static int indexOf(byte[] record, int from) {
    for (int i = from; i < record.length; i++) {
      if (record[i] == ' ') {
        return i;
      }
    }
    return -1;
  }

  private void emit(byte[] bytes, int from, int to) throws IOException {
    int length = (int) Math.min(to - from, left);
    left -= length;
    pending.write(bytes, from, length);
    if (pending.size() >= BUFFER) {
      flush();
    }
  }

  private void flush() throws IOException {
    if (pending.size() > 0) {
      pending.writeTo(out);
      pending.reset();
    }
    out.flush();
  }
}
