package io.berth.agent.volumes;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/** Whether a node selector, as a persistent volume's node affinity has one, takes a node. */
final class NodeTerms {
  private NodeTerms() {}

  /** One of its terms has to hold; none takes no node. */
  static boolean match(JsonNode selector, JsonNode node) {
    return stream(selector.path("nodeSelectorTerms")).anyMatch(term -> takes(term, node));
  }

  private static boolean takes(JsonNode term, JsonNode node) {
    JsonNode labels = term.path("matchExpressions");
    JsonNode fields = term.path("matchFields");
    JsonNode metadata = node.path("metadata");
    return !(labels.isEmpty() && fields.isEmpty())
        && stream(labels).allMatch(e -> holds(e, metadata.path("labels").path(key(e))))
        && stream(fields)
            .allMatch(e -> key(e).equals("metadata.name") && holds(e, metadata.path("name")));
  }

  private static String key(JsonNode expression) {
    return expression.path("key").asText();
  }

  private static boolean holds(JsonNode expression, JsonNode value) {
    boolean there = !value.isMissingNode();
    boolean listed =
        stream(expression.path("values")).anyMatch(v -> v.asText().equals(value.asText()));
    return switch (expression.path("operator").asText()) {
      case "In" -> there && listed;
      case "NotIn" -> !there || !listed;
      case "Exists" -> there;
      case "DoesNotExist" -> !there;
      case "Gt" -> there && compare(expression, value) > 0;
      case "Lt" -> there && compare(expression, value) < 0;
      default -> false;
    };
  }

  /** 0 where one of them is no number: then neither is greater. */
  private static int compare(JsonNode expression, JsonNode value) {
    try {
      long bound = Long.parseLong(expression.path("values").path(0).asText());
      return Long.compare(Long.parseLong(value.asText()), bound);
    } catch (NumberFormatException e) {
      return 0;
    }
  }

  private static Stream<JsonNode> stream(JsonNode list) {
    return StreamSupport.stream(list.spliterator(), false);
  }
}
