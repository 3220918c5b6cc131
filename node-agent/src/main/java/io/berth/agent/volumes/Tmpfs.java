package io.berth.agent.volumes;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** File systems in memory, by the machine's {@code mount} command. */
final class Tmpfs {
  private static final Path MOUNTS = Path.of("/proc/self/mountinfo");

  private Tmpfs() {}

  /** Mounts one unless there is one already; a size of 0 means the machine's default. */
  static void mount(Path directory, long sizeBytes) throws IOException {
    if (mounted().contains(directory)) {
      return;
    }
    String options = "mode=0777" + (sizeBytes > 0 ? ",size=" + sizeBytes : "");
    run("mount", "-t", "tmpfs", "-o", options, "tmpfs", directory.toString());
  }

  /** Unmounts everything at or below a directory. */
  static void unmountAll(Path root) throws IOException {
    for (Path path : mounted().reversed()) {
      if (path.startsWith(root)) {
        run("umount", path.toString());
      }
    }
  }

  private static List<Path> mounted() throws IOException {
    List<Path> paths = new ArrayList<>();
    if (Files.exists(MOUNTS)) {
      for (String line : Files.readAllLines(MOUNTS)) {
        paths.add(Path.of(line.split(" ")[4].replace("\\040", " ")));
      }
    }
    return paths;
  }

  private static void run(String... command) throws IOException {
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
            .start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    try {
      if (process.waitFor() != 0) {
        throw new IOException(String.join(" ", command) + ": " + output.strip());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }
}
