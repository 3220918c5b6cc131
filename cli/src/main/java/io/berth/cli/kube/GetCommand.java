package io.berth.cli.kube;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.codec.Yaml;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.transport.ApiException;
import io.berth.api.transport.ApiRequest;
import io.berth.api.transport.Transport;
import io.berth.cli.CommandException;
import io.berth.client.ApiClient;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Shows objects: tables for people, JSON or YAML for programs. */
@Command(name = "get", description = "Show objects.", mixinStandardHelpOptions = true)
public final class GetCommand implements Runnable {
  static final String AS_TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json";

  @Mixin private Connection connection = new Connection();

  @Parameters(
      paramLabel = "RESOURCE",
      description = "Such as 'pods', 'pods,deploy', 'pod x' or 'deploy/web'.")
  private List<String> words = List.of();

  @Option(
      names = {"-A", "--all-namespaces"},
      description = "Of all namespaces.")
  private boolean allNamespaces;

  @Option(
      names = {"-l", "--selector"},
      paramLabel = "SELECTOR",
      description = "By labels.")
  private String labelSelector = "";

  @Option(names = "--field-selector", paramLabel = "SELECTOR", description = "By fields.")
  private String fieldSelector = "";

  @Option(
      names = {"-o", "--output"},
      paramLabel = "FORMAT",
      description = "wide, name, json or yaml.")
  private String output = "";

  @Option(names = "--no-headers", description = "Print no head.")
  private boolean noHeaders;

  @Option(
      names = {"-w", "--watch"},
      description = "Go on printing as objects change.")
  private boolean watch;

  @Override
  public void run() {
    ApiClient client = connection.client();
    List<ResourceNames.Target> targets = new ResourceNames(client).targets(words);
    switch (output) {
      case "", "wide" -> tables(client, targets);
      case "json", "yaml", "name" -> objects(client, targets);
      default -> throw new CommandException("-o " + output + ": expected wide, name, json or yaml");
    }
  }

  private ApiRequest request(ResourceNames.Target target) {
    ResourceDefinition resource = target.resource();
    String namespace = allNamespaces ? null : connection.namespace();
    if (target.name() != null) {
      return ApiRequest.get(resource.path(connection.namespace(), target.name()));
    }
    ApiRequest request = ApiRequest.get(resource.path(namespace));
    if (!labelSelector.isEmpty()) {
      request = request.withQuery("labelSelector", labelSelector);
    }
    return fieldSelector.isEmpty() ? request : request.withQuery("fieldSelector", fieldSelector);
  }

  private void tables(ApiClient client, List<ResourceNames.Target> targets) {
    boolean many = targets.stream().map(ResourceNames.Target::resource).distinct().count() > 1;
    Tables table = new Tables();
    ResourceDefinition last = null;
    ApiException missing = null;
    for (ResourceNames.Target target : targets) {
      JsonNode answer;
      try {
        answer = Json.parse(client.send(request(target).withHeader("accept", AS_TABLE)).body());
      } catch (ApiException e) {
        if (!e.isNotFound() || targets.size() == 1) {
          throw e;
        }
        missing = e;
        continue;
      }
      if (last != null && !target.resource().equals(last) && !table.isEmpty()) {
        System.out.println(table.text());
        table = new Tables();
      }
      if (answer.path("rows").isEmpty()) {
        continue;
      }
      prefix(answer, many ? target.resource() : null);
      table.add(
          answer,
          output.equals("wide"),
          allNamespaces && target.resource().namespaced(),
          table.isEmpty() && !noHeaders);
      last = target.resource();
    }
    System.out.print(table.text());
    if (last == null && missing == null && !watch) {
      System.err.println(
          allNamespaces
              ? "No resources found"
              : "No resources found in " + connection.namespace() + " namespace.");
    }
    if (missing != null) {
      throw missing;
    }
    if (watch) {
      watch(client, targets);
    }
  }

  /** With several resources, names bear their resource in front, as in {@code pod/x}. */
  private static void prefix(JsonNode table, @Nullable ResourceDefinition resource) {
    if (resource != null) {
      String suffix = resource.group().isEmpty() ? "" : "." + resource.group();
      for (JsonNode row : table.path("rows")) {
        ArrayNode cells = (ArrayNode) row.path("cells");
        cells.set(0, resource.singular() + suffix + "/" + cells.get(0).asText());
      }
    }
  }

  private void watch(ApiClient client, List<ResourceNames.Target> targets) {
    if (targets.size() != 1) {
      throw new CommandException("-w takes one resource or object");
    }
    ResourceNames.Target target = targets.getFirst();
    String version =
        Json.parse(client.send(request(target)).body())
            .path("metadata")
            .path("resourceVersion")
            .asText();
    ApiRequest request =
        ApiRequest.get(target.resource().path(allNamespaces ? null : connection.namespace()));
    if (target.name() != null) {
      request = request.withQuery("fieldSelector", "metadata.name=" + target.name());
    } else if (!labelSelector.isEmpty()) {
      request = request.withQuery("labelSelector", labelSelector);
    }
    request =
        request
            .withQuery("watch", "true")
            .withQuery("resourceVersion", version)
            .withHeader("accept", AS_TABLE);
    CountDownLatch ended = new CountDownLatch(1);
    client.transport().stream(request, new RowPrinter(ended));
    try {
      ended.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private final class RowPrinter implements Transport.StreamListener {
    private final CountDownLatch ended;

    RowPrinter(CountDownLatch ended) {
      this.ended = ended;
    }

    @Override
    public void onStart(int status) {}

    @Override
    public void onFrame(byte[] frame) {
      JsonNode event = Json.parse(frame);
      if (event.path("type").asText().equals("ERROR")) {
        System.err.println("berth: " + event.path("object").path("message").asText());
        return;
      }
      Tables table = new Tables();
      table.add(event.path("object"), output.equals("wide"), allNamespaces, false);
      System.out.print(table.text());
    }

    @Override
    public void onClose(@Nullable Throwable cause) {
      if (cause != null) {
        System.err.println("berth: the watch broke: " + cause.getMessage());
      }
      ended.countDown();
    }
  }

  private void objects(ApiClient client, List<ResourceNames.Target> targets) {
    List<JsonNode> objects = new ArrayList<>();
    for (ResourceNames.Target target : targets) {
      JsonNode answer = Json.parse(client.send(request(target)).body());
      if (target.name() != null) {
        objects.add(answer);
      } else {
        for (JsonNode item : answer.path("items")) {
          objects.add(
              Json.object()
                  .put("apiVersion", target.resource().apiVersion())
                  .put("kind", target.resource().kind())
                  .setAll((ObjectNode) item));
        }
      }
    }
    print(objects, targets.size() == 1 && targets.getFirst().name() != null);
  }

  private void print(List<JsonNode> objects, boolean single) {
    if (output.equals("name")) {
      for (JsonNode object : objects) {
        ObjectNames.Named named = ObjectNames.of(object);
        System.out.println(named.resource() + "/" + named.name());
      }
      return;
    }
    JsonNode shown = objects.isEmpty() ? Json.object() : objects.getFirst();
    if (!single) {
      ObjectNode list = Json.object().put("apiVersion", "v1").put("kind", "List");
      list.putArray("items").addAll(objects);
      list.putObject("metadata").put("resourceVersion", "");
      shown = list;
    }
    System.out.print(output.equals("json") ? shown.toPrettyString() + "\n" : Yaml.write(shown));
  }
}
