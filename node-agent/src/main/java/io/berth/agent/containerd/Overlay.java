package io.berth.agent.containerd;

import io.berth.agent.process.Command;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Finds out whether overlay mounts work below a directory: they fail on top of another overlay, as
 * in a container without a volume.
 */
final class Overlay {
  private Overlay() {}

  static boolean works(Command command, Path directory) throws IOException {
    Path probe = directory.resolve("overlay-probe");
    for (String part : new String[] {"lower", "upper", "work", "merged"}) {
      Files.createDirectories(probe.resolve(part));
    }
    String options = "lowerdir=%1$s/lower,upperdir=%1$s/upper,workdir=%1$s/work".formatted(probe);
    Path merged = probe.resolve("merged");
    boolean mounted =
        command
            .attempt("mount", "-t", "overlay", "overlay", "-o", options, merged.toString())
            .succeeded();
    if (mounted) {
      command.attempt("umount", merged.toString());
    }
    command.attempt("rm", "-rf", "--one-file-system", probe.toString());
    return mounted;
  }
}
