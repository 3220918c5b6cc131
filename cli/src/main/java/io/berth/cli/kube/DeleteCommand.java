package io.berth.cli.kube;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.object.ApiObject;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.transport.ApiException;
import io.berth.cli.CommandException;
import io.berth.client.ApiClient;
import io.berth.client.DeleteOptions;
import io.berth.client.ListOptions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Deletes objects and waits until they are gone. */
@Command(name = "delete", description = "Delete objects.", mixinStandardHelpOptions = true)
public final class DeleteCommand implements Runnable {
  @Mixin private Connection connection = new Connection();

  @Parameters(
      paramLabel = "RESOURCE",
      arity = "0..*",
      description = "Such as 'pod x' or 'deploy/web'.")
  private List<String> words = List.of();

  @Option(
      names = {"-f", "--filename"},
      paramLabel = "FILE",
      description = "What these manifests name.")
  private List<String> files = List.of();

  @Option(
      names = {"-l", "--selector"},
      paramLabel = "SELECTOR",
      description = "By labels.")
  private String labelSelector = "";

  @Option(names = "--all", description = "All of the resource in the namespace.")
  private boolean all;

  @Option(
      names = "--grace-period",
      paramLabel = "SECONDS",
      description = "Instead of the object's own.")
  private @Nullable Long gracePeriod;

  @Option(names = "--force", description = "With --grace-period=0: do not wait for the node.")
  private boolean force;

  @Option(
      names = "--cascade",
      paramLabel = "HOW",
      description = "background, foreground or orphan.")
  private String cascade = "background";

  @Option(names = "--ignore-not-found", description = "What is not there is no error.")
  private boolean ignoreNotFound;

  @Option(
      names = "--wait",
      negatable = true,
      defaultValue = "true",
      fallbackValue = "true",
      description = "Wait until the objects are gone.")
  private boolean wait;

  @Option(names = "--timeout", paramLabel = "SECONDS", description = "How long to wait at most.")
  private long timeoutSeconds = 300;

  private record Doomed(ResourceDefinition resource, String namespace, String name, String uid) {}

  @Override
  public void run() {
    ApiClient client = connection.client();
    List<Doomed> doomed = new ArrayList<>();
    List<ApiException> failures = new ArrayList<>();
    for (Doomed object : find(client)) {
      try {
        client.delete(object.resource(), object.namespace(), object.name(), options(object));
        String forced = force ? " force" : "";
        System.out.println(
            ObjectNames.of(object.resource(), object.name()).resource()
                + " \""
                + object.name()
                + "\""
                + forced
                + " deleted");
        doomed.add(object);
      } catch (ApiException e) {
        failures.add(e);
      }
    }
    if (wait && !force) {
      await(client, doomed);
    }
    if (!failures.isEmpty()) {
      throw failures.getFirst();
    }
  }

  private DeleteOptions options(Doomed object) {
    String policy =
        switch (cascade) {
          case "background" -> "Background";
          case "foreground" -> "Foreground";
          case "orphan" -> "Orphan";
          default ->
              throw new CommandException(
                  "--cascade " + cascade + ": expected background, foreground or orphan");
        };
    return new DeleteOptions(force ? Long.valueOf(0) : gracePeriod, object.uid(), null, policy);
  }

  private List<Doomed> find(ApiClient client) {
    ResourceNames names = new ResourceNames(client);
    List<Doomed> found = new ArrayList<>();
    if (!files.isEmpty()) {
      List<ObjectNode> objects = Manifests.read(files);
      for (ObjectNode object : objects.reversed()) {
        ResourceDefinition resource =
            names.resource(object.path("apiVersion").asText(), object.path("kind").asText());
        String own = object.path("metadata").path("namespace").asText();
        add(
            client,
            resource,
            own.isEmpty() ? connection.namespace() : own,
            object.path("metadata").path("name").asText(),
            found);
      }
      return found;
    }
    for (ResourceNames.Target target : names.targets(words)) {
      if (target.name() != null) {
        add(client, target.resource(), connection.namespace(), target.name(), found);
      } else if (all || !labelSelector.isEmpty()) {
        ListOptions options = ListOptions.labels(labelSelector);
        for (ApiObject object :
            client.list(target.resource(), connection.namespace(), options).items()) {
          found.add(doomed(target.resource(), object));
        }
      } else {
        throw new CommandException("name the objects to delete, or give -l SELECTOR or --all");
      }
    }
    return found;
  }

  private void add(
      ApiClient client,
      ResourceDefinition resource,
      String namespace,
      String name,
      List<Doomed> found) {
    try {
      found.add(
          doomed(resource, client.get(resource, resource.namespaced() ? namespace : "", name)));
    } catch (ApiException e) {
      if (!e.isNotFound() || !ignoreNotFound) {
        throw e;
      }
    }
  }

  private static Doomed doomed(ResourceDefinition resource, ApiObject object) {
    return new Doomed(
        resource, object.key().namespace(), object.key().name(), object.header().uid());
  }

  private void await(ApiClient client, List<Doomed> doomed) {
    Waiting waiting = new Waiting(connection.environment(), Duration.ofSeconds(timeoutSeconds));
    for (Doomed object : doomed) {
      boolean gone =
          waiting.until(
              () -> {
                Optional<ApiObject> now =
                    client.find(object.resource(), object.namespace(), object.name());
                return now.isEmpty() || !now.get().header().uid().equals(object.uid());
              });
      if (!gone) {
        throw new CommandException(
            object.resource().singular()
                + " \""
                + object.name()
                + "\" is still there after "
                + timeoutSeconds
                + " s: see its finalizers with 'berth get "
                + object.resource().singular()
                + " "
                + object.name()
                + " -o yaml'");
      }
    }
  }
}
