package io.berth.cli.image;

import io.berth.agent.images.ContainerdImages;
import io.berth.agent.runtime.ImageStore;
import io.berth.agent.runtime.cri.CriClient;
import io.berth.api.time.SystemEnvironment;
import io.berth.cli.CommandException;
import io.berth.cli.DataDirectory;
import io.berth.cli.up.NodeRuntime;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Images on this machine's node, with no registry. */
@Command(
    name = "image",
    description = "Load and list the node's images.",
    mixinStandardHelpOptions = true,
    subcommands = {ImageCommand.Load.class, ImageCommand.Ls.class})
public final class ImageCommand {
  private ImageCommand() {}

  /** The node's image store, as long as the work takes. */
  abstract static class OnNode implements Runnable {
    @Option(names = "--data-dir", paramLabel = "DIR", description = "The cluster's data directory.")
    private @Nullable Path dataDirectory;

    @Override
    public void run() {
      DataDirectory directory = DataDirectory.of(dataDirectory);
      try (SystemEnvironment environment = new SystemEnvironment()) {
        Path socket = NodeRuntime.containerdSocket(environment, directory);
        if (!Files.exists(socket)) {
          throw new CommandException(
              "no node runs in " + directory.root() + ": start one with 'berth up'");
        }
        try (CriClient client = new CriClient(socket)) {
          work(new ContainerdImages(environment, client, directory.agent().resolve("images")));
        }
      }
    }

    abstract void work(ImageStore images);
  }

  /** Loads archives. */
  @Command(
      name = "load",
      description = "Load archives written by 'docker save' or as OCI layouts.",
      mixinStandardHelpOptions = true)
  static final class Load extends OnNode {
    @Parameters(paramLabel = "FILE", arity = "1..*", description = "The archives.")
    private List<Path> files = List.of();

    @Override
    void work(ImageStore images) {
      for (Path file : files) {
        if (!Files.isReadable(file)) {
          throw new CommandException("cannot read " + file);
        }
        images.load(file).forEach(name -> System.out.println("Loaded " + name));
      }
    }
  }

  /** Lists images. */
  @Command(name = "ls", description = "List the node's images.", mixinStandardHelpOptions = true)
  static final class Ls extends OnNode {
    @Override
    void work(ImageStore images) {
      System.out.printf("%-48s %-20s %s%n", "IMAGE", "ID", "SIZE");
      for (ImageStore.Image image : images.list()) {
        String id = image.id().replace("sha256:", "");
        for (String name : image.names()) {
          System.out.printf(
              "%-48s %-20s %s%n",
              name, id.substring(0, Math.min(12, id.length())), size(image.sizeBytes()));
        }
      }
    }

    private static String size(long bytes) {
      return bytes < 1 << 20
          ? String.format(Locale.ROOT, "%.1f KiB", bytes / 1024.0)
          : String.format(Locale.ROOT, "%.1f MiB", bytes / 1024.0 / 1024);
    }
  }
}
