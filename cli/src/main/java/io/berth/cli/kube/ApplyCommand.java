package io.berth.cli.kube;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.transport.ApiException;
import io.berth.cli.CommandException;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Creates or changes objects so that they are as their manifests say. */
@Command(
    name = "apply",
    description = "Make objects as manifests say.",
    mixinStandardHelpOptions = true)
public final class ApplyCommand implements Runnable {
  @Mixin private Connection connection = new Connection();

  @Option(
      names = {"-f", "--filename"},
      required = true,
      paramLabel = "FILE",
      description = "A file, a folder, or - for standard input; may be repeated.")
  private List<String> files = List.of();

  @Override
  public void run() {
    List<ObjectNode> objects = Manifests.read(files);
    Applier applier = new Applier(connection.client(), connection.namespace());
    int failed = 0;
    for (ObjectNode object : objects) {
      try {
        System.out.println(applier.apply(object));
      } catch (ApiException e) {
        failed++;
        System.err.println("Error from server (" + e.reason() + "): " + e.getMessage());
      }
    }
    if (failed > 0) {
      throw new CommandException(failed + " of " + objects.size() + " objects were not applied");
    }
  }
}
