package io.berth.controllers.namespace;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.object.Times;
import io.berth.controllers.object.Reading;
import java.time.Instant;
import java.util.stream.Collectors;

/** The conditions that tell how far a namespace's deletion is. */
final class DeletionConditions {
  private final ArrayNode before;
  private final ArrayNode conditions = Json.object().arrayNode();
  private final Instant now;

  private DeletionConditions(JsonNode before, Instant now) {
    this.before = before instanceof ArrayNode array ? array : Json.object().arrayNode();
    this.now = now;
  }

  static ArrayNode of(JsonNode before, Content content, Instant now) {
    DeletionConditions conditions = new DeletionConditions(before, now);
    conditions.discovery(content);
    conditions.set(
        "NamespaceDeletionGroupVersionParsingFailure",
        false,
        "ParsedGroupVersions",
        "All legacy kube types successfully parsed");
    conditions.failures(content);
    conditions.remaining(content);
    conditions.finalizers(content);
    return conditions.conditions;
  }

  private void discovery(Content content) {
    String type = "NamespaceDeletionDiscoveryFailure";
    if (content.undiscovered().isEmpty()) {
      set(type, false, "ResourcesDiscovered", "All resources successfully discovered");
      return;
    }
    String each =
        content.undiscovered().stream()
            .map(version -> version + ": stale GroupVersion discovery: " + version)
            .collect(Collectors.joining(", "));
    set(
        type,
        true,
        "DiscoveryFailed",
        "Discovery failed for some groups, %d failing: unable to retrieve the complete list of server APIs: %s"
            .formatted(content.undiscovered().size(), each));
  }

  private void failures(Content content) {
    if (content.failures().isEmpty()) {
      set(
          "NamespaceDeletionContentFailure",
          false,
          "ContentDeleted",
          "All content successfully deleted, may be waiting on finalization");
    } else {
      set(
          "NamespaceDeletionContentFailure",
          true,
          "ContentDeletionFailed",
          "Failed to delete all resource types, %d remaining: %s"
              .formatted(content.failures().size(), String.join(", ", content.failures())));
    }
  }

  private void remaining(Content content) {
    if (content.remaining().isEmpty()) {
      set("NamespaceContentRemaining", false, "ContentRemoved", "All content successfully removed");
    } else {
      set(
          "NamespaceContentRemaining",
          true,
          "SomeResourcesRemain",
          "Some resources are remaining: " + content.remainingText());
    }
  }

  private void finalizers(Content content) {
    if (content.finalizers().isEmpty()) {
      set(
          "NamespaceFinalizersRemaining",
          false,
          "ContentHasNoFinalizers",
          "All content-preserving finalizers finished");
    } else {
      set(
          "NamespaceFinalizersRemaining",
          true,
          "SomeFinalizersRemain",
          "Some content in the namespace has finalizers remaining: " + content.finalizersText());
    }
  }

  private void set(String type, boolean status, String reason, String message) {
    JsonNode known = Reading.condition(before, type);
    String text = status ? "True" : "False";
    String since = known.path("lastTransitionTime").asText();
    boolean keeps = known.path("status").asText().equals(text) && !since.isEmpty();
    ObjectNode condition = Json.object().put("type", type).put("status", text);
    condition.put("lastTransitionTime", keeps ? since : Times.seconds(now));
    conditions.add(condition.put("reason", reason).put("message", message));
  }
}
