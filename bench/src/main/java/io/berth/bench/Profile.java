package io.berth.bench;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedFrame;
import jdk.jfr.consumer.RecordingFile;

/**
 * Where the time of JVMs on this machine goes, by the JDK's flight recorder, which samples each
 * running thread a hundred times a second. A sample counts for the innermost package of Berth on
 * its stack, and once more for the library that it ended in.
 */
final class Profile {
  /** Records nothing. */
  static final Profile NONE = new Profile(List.of());

  private static final String NAME = "berth-bench";
  private static final String OWN = "io.berth.";
  private static final int ROWS = 12;
  private static final String SETTINGS =
      """
      <?xml version="1.0" encoding="UTF-8"?>
      <configuration version="2.0">
        <event name="jdk.ExecutionSample">
          <setting name="enabled">true</setting>
          <setting name="period">10 ms</setting>
        </event>
      </configuration>
      """;

  private final List<Long> pids;

  private Profile(List<Long> pids) {
    this.pids = pids;
  }

  /**
   * @param pids JVMs of this user
   */
  static Profile of(List<Long> pids) {
    return new Profile(List.copyOf(pids));
  }

  void begin() {
    for (long pid : pids) {
      Path settings = temporary(".jfc");
      try {
        Files.writeString(settings, SETTINGS);
        jcmd(pid, "JFR.start", "name=" + NAME, "settings=" + settings);
      } catch (IOException e) {
        throw new IllegalStateException("cannot write " + settings + ": " + e.getMessage(), e);
      } finally {
        delete(settings);
      }
    }
  }

  /** Prints what was seen since the beginning. */
  void end(PrintStream out) {
    for (long pid : pids) {
      Path recording = temporary(".jfr");
      try {
        jcmd(pid, "JFR.stop", "name=" + NAME, "filename=" + recording);
        print(recording, out);
      } finally {
        delete(recording);
      }
    }
  }

  private static void print(Path recording, PrintStream out) {
    Map<String, Integer> parts = new HashMap<>();
    Map<String, Integer> libraries = new HashMap<>();
    int samples = 0;
    try (RecordingFile file = new RecordingFile(recording)) {
      while (file.hasMoreEvents()) {
        RecordedEvent event = file.readEvent();
        if (event.getEventType().getName().equals("jdk.ExecutionSample")
            && event.getStackTrace() != null) {
          List<RecordedFrame> frames = event.getStackTrace().getFrames();
          parts.merge(part(frames), 1, Integer::sum);
          libraries.merge(library(frames.getFirst()), 1, Integer::sum);
          samples++;
        }
      }
    } catch (IOException e) {
      throw new IllegalStateException("cannot read the recording: " + e.getMessage(), e);
    }
    List<String> left = rows(parts, samples);
    List<String> right = rows(libraries, samples);
    out.printf(Locale.ROOT, "    %-44s %s%n", samples + " samples, by part", "by code that ran");
    for (int i = 0; i < Math.max(left.size(), right.size()); i++) {
      out.printf(
          Locale.ROOT,
          "    %-44s %s%n",
          i < left.size() ? left.get(i) : "",
          i < right.size() ? right.get(i) : "");
    }
  }

  private static List<String> rows(Map<String, Integer> counts, int samples) {
    List<String> rows = new ArrayList<>();
    counts.entrySet().stream()
        .sorted(Map.Entry.<String, Integer>comparingByValue(Comparator.reverseOrder()))
        .limit(ROWS)
        .forEach(
            e ->
                rows.add(
                    String.format(
                        Locale.ROOT, "%5.1f %% %s", 100.0 * e.getValue() / samples, e.getKey())));
    return rows;
  }

  private static String part(List<RecordedFrame> frames) {
    for (RecordedFrame frame : frames) {
      String type = frame.getMethod().getType().getName();
      if (type.startsWith(OWN)) {
        return packageOf(type.substring(OWN.length()));
      }
    }
    return "outside of Berth's code";
  }

  /** The first three names of a package: {@code io.netty.handler}, {@code java.util}. */
  private static String library(RecordedFrame frame) {
    String[] names = packageOf(frame.getMethod().getType().getName()).split("\\.");
    return String.join(".", List.of(names).subList(0, Math.min(3, names.length)));
  }

  private static String packageOf(String type) {
    int dot = type.lastIndexOf('.');
    return dot < 0 ? type : type.substring(0, dot);
  }

  private static void jcmd(long pid, String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "jcmd").toString());
    command.add(Long.toString(pid));
    command.addAll(List.of(arguments));
    try {
      Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
      String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (process.waitFor() != 0) {
        throw new IllegalArgumentException(
            "process " + pid + " cannot be profiled: " + output.strip());
      }
    } catch (IOException e) {
      throw new IllegalStateException("cannot run jcmd: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  private static Path temporary(String ending) {
    try {
      return Files.createTempFile("berth-bench", ending);
    } catch (IOException e) {
      throw new IllegalStateException("cannot make a temporary file: " + e.getMessage(), e);
    }
  }

  private static void delete(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      // Left behind in the directory for temporary files.
    }
  }
}
