package io.berth.agent.containerd;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What the kernel lets this process do. */
final class Capabilities {
  private static final int CAP_SYS_RESOURCE = 24;

  private Capabilities() {}

  /** Whether OOM scores may be lowered, and limits raised. */
  static boolean haveSysResource() {
    try {
      return Files.readAllLines(Path.of("/proc/self/status")).stream()
          .filter(line -> line.startsWith("CapEff:"))
          .map(line -> Long.parseUnsignedLong(line.substring("CapEff:".length()).strip(), 16))
          .anyMatch(set -> (set >>> CAP_SYS_RESOURCE & 1) == 1);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
