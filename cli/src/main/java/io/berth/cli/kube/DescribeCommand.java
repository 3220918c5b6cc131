package io.berth.cli.kube;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.object.ApiObject;
import io.berth.api.resource.Resources;
import io.berth.client.ApiClient;
import io.berth.client.ListOptions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Shows all of an object for people, and what happened to it. */
@Command(
    name = "describe",
    description = "Show all of an object, and its events.",
    mixinStandardHelpOptions = true)
public final class DescribeCommand implements Runnable {
  @Mixin private Connection connection = new Connection();

  @Parameters(paramLabel = "RESOURCE", description = "Such as 'pod x' or 'deploy/web'.")
  private List<String> words = List.of();

  @Override
  public void run() {
    ApiClient client = connection.client();
    List<String> texts = new ArrayList<>();
    for (ResourceNames.Target target : new ResourceNames(client).targets(words)) {
      String namespace = target.resource().namespaced() ? connection.namespace() : "";
      if (target.name() != null) {
        texts.add(text(client, client.get(target.resource(), namespace, target.name())));
      } else {
        for (ApiObject object :
            client.list(target.resource(), namespace, ListOptions.ALL).items()) {
          texts.add(text(client, object));
        }
      }
    }
    System.out.print(String.join("\n\n", texts));
  }

  private static String text(ApiClient client, ApiObject object) {
    return Description.of(object.tree()) + events(client, object);
  }

  private static String events(ApiClient client, ApiObject object) {
    ListOptions selection = ListOptions.fields("involvedObject.uid=" + object.header().uid());
    String namespace = object.key().namespace().isEmpty() ? "default" : object.key().namespace();
    List<JsonNode> events =
        client.list(Resources.EVENTS, namespace, selection).items().stream()
            .map(ApiObject::tree)
            .sorted(Comparator.comparing(event -> event.path("lastTimestamp").asText("")))
            .toList();
    if (events.isEmpty()) {
      return "Events:  <none>\n";
    }
    Tables table = new Tables();
    table.add(List.of("  Type", "Reason", "Last Seen", "Count", "From", "Message"));
    table.add(List.of("  ----", "------", "---------", "-----", "----", "-------"));
    for (JsonNode event : events) {
      table.add(
          List.of(
              "  " + event.path("type").asText(),
              event.path("reason").asText(),
              event.path("lastTimestamp").asText(""),
              event.path("count").asText("1"),
              event.path("source").path("component").asText(),
              event.path("message").asText().strip()));
    }
    return "Events:\n" + table.text();
  }
}
