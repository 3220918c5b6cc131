package io.berth.cli.kube;

import io.berth.api.codec.Json;
import io.berth.api.transport.ApiRequest;
import io.berth.cli.CommandException;
import io.berth.client.ApiClient;
import io.berth.client.PatchType;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Sets a number of replicas. */
@Command(
    name = "scale",
    description = "Set the number of replicas.",
    mixinStandardHelpOptions = true)
public final class ScaleCommand implements Runnable {
  @Mixin private Connection connection = new Connection();

  @Parameters(paramLabel = "RESOURCE", description = "Such as 'deploy/web'.")
  private List<String> words = List.of();

  @Option(names = "--replicas", required = true, paramLabel = "N", description = "How many.")
  private int replicas;

  @Override
  public void run() {
    ApiClient client = connection.client();
    for (ResourceNames.Target target : new ResourceNames(client).targets(words)) {
      if (target.name() == null) {
        throw new CommandException("name what to scale, such as 'deploy/web'");
      }
      if (!target.resource().hasSubresource("scale")) {
        throw new CommandException(target.resource().plural() + " cannot be scaled");
      }
      var patch = Json.object();
      patch.putObject("spec").put("replicas", replicas);
      String path = target.resource().path(connection.namespace(), target.name(), "scale");
      client.send(ApiRequest.patch(path, PatchType.MERGE.contentType(), Json.bytes(patch)));
      System.out.println(ObjectNames.of(target.resource(), target.name()) + " scaled");
    }
  }
}
