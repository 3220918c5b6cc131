package io.berth.agent.pod;

import io.berth.agent.runtime.RuntimeDriver.Container;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The message that an ended container left, or the end of its log where it is to stand in. */
final class LastWords {
  private static final int MAX_BYTES = 4096;
  private static final int LOG_BYTES = 2048;
  private static final int LOG_LINES = 80;

  /** What the messages of all containers of a pod may take together. */
  private static final int POD_BYTES = 12 * 1024;

  private LastWords() {}

  /** A message's beginning, as much as each of so many containers may say. */
  static String cut(String message, int containers) {
    int most = POD_BYTES / Math.max(1, containers);
    byte[] bytes = message.getBytes(StandardCharsets.UTF_8);
    if (bytes.length <= most) {
      return message;
    }
    int end = most;
    while (end > 0 && (bytes[end] & 0xc0) == 0x80) {
      end--; // not within a character
    }
    return new String(bytes, 0, end, StandardCharsets.UTF_8);
  }

  static String of(PodView pod, PodPaths paths, Container container) {
    Path file = paths.terminationLog(pod.id(), container.name(), container.attempt());
    String words = tail(file, MAX_BYTES);
    boolean fromLog =
        pod.container(container.name())
            .map(def -> def.json().path("terminationMessagePolicy").asText())
            .orElse("")
            .equals("FallbackToLogsOnError");
    if (!words.isEmpty() || !fromLog || container.exitCode() == 0) {
      return words;
    }
    Path log = paths.log(pod.id(), container.name(), container.attempt());
    return text(tail(log, LOG_BYTES * 2));
  }

  /** The lines of a CRI log without their heads. */
  private static String text(String log) {
    List<String> lines =
        log.lines()
            .map(line -> line.split(" ", 4))
            .filter(l -> l.length == 4)
            .map(l -> l[3])
            .toList();
    String text =
        String.join("\n", lines.subList(Math.max(0, lines.size() - LOG_LINES), lines.size()));
    return text.length() <= LOG_BYTES ? text : text.substring(text.length() - LOG_BYTES);
  }

  private static String tail(Path file, int bytes) {
    if (!Files.isReadable(file)) {
      return "";
    }
    try (RandomAccessFile in = new RandomAccessFile(file.toFile(), "r")) {
      long length = in.length();
      in.seek(Math.max(0, length - bytes));
      byte[] read = new byte[(int) Math.min(bytes, length)];
      in.readFully(read);
      return new String(read, StandardCharsets.UTF_8);
    } catch (IOException e) {
      return "Error on reading termination log " + file + ": " + e.getMessage();
    }
  }
}
