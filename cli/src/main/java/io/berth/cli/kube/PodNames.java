package io.berth.cli.kube;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.object.ApiObject;
import io.berth.api.object.LabelSelector;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.resource.Resources;
import io.berth.cli.CommandException;
import io.berth.client.ApiClient;
import io.berth.client.ListOptions;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Finds the pod that a command is to work on: {@code NAME}, {@code pod/NAME}, or what has pods,
 * such as {@code deploy/NAME} and {@code service/NAME}. Of many, a ready one is taken before a
 * running one before any other, and the oldest of these.
 */
final class PodNames {
  private PodNames() {}

  /**
   * @throws CommandException what is named has no pods
   */
  static String resolve(ApiClient client, String namespace, String word) {
    int slash = word.indexOf('/');
    if (slash < 0) {
      return word;
    }
    String name = word.substring(slash + 1);
    ResourceDefinition resource = new ResourceNames(client).resource(word.substring(0, slash));
    if (resource.equals(Resources.PODS)) {
      return name;
    }
    LabelSelector selector = selector(client.get(resource, namespace, name).tree());
    List<JsonNode> pods =
        selector.equals(LabelSelector.NOTHING)
            ? List.of()
            : client
                .list(Resources.PODS, namespace, ListOptions.labels(selector.toString()))
                .items()
                .stream()
                .map(ApiObject::tree)
                .toList();
    return pods.stream()
        .min(Comparator.comparingInt(PodNames::rank).thenComparing(PodNames::created))
        .map(pod -> pod.path("metadata").path("name").asText())
        .orElseThrow(() -> new CommandException(ObjectNames.of(resource, name) + " has no pods"));
  }

  /** A map of labels in Services and replication controllers, a selector in all else. */
  private static LabelSelector selector(JsonNode object) {
    JsonNode selector = object.path("spec").path("selector");
    if (selector.has("matchLabels") || selector.has("matchExpressions")) {
      return LabelSelector.of(selector);
    }
    Map<String, String> labels = new HashMap<>();
    selector.properties().forEach(label -> labels.put(label.getKey(), label.getValue().asText()));
    return labels.isEmpty() ? LabelSelector.NOTHING : LabelSelector.ofLabels(labels);
  }

  private static int rank(JsonNode pod) {
    for (JsonNode condition : pod.path("status").path("conditions")) {
      if (condition.path("type").asText().equals("Ready")
          && condition.path("status").asText().equals("True")) {
        return 0;
      }
    }
    return pod.path("status").path("phase").asText().equals("Running") ? 1 : 2;
  }

  private static String created(JsonNode pod) {
    return pod.path("metadata").path("creationTimestamp").asText();
  }
}
