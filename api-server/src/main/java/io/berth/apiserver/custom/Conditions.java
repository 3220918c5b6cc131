package io.berth.apiserver.custom;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** Conditions in a status. Pure. */
public final class Conditions {
  /** What is said; when it began to be so is worked out. */
  public record Condition(String type, String status, String reason, String message) {}

  private Conditions() {}

  /**
   * Sets a condition; its time is kept while its status is.
   *
   * @param now RFC 3339
   */
  public static void set(ObjectNode status, Condition condition, String now) {
    ArrayNode conditions = status.withArrayProperty("conditions");
    ObjectNode entry = null;
    for (JsonNode known : conditions) {
      if (known.path("type").asText().equals(condition.type())) {
        entry = (ObjectNode) known;
      }
    }
    if (entry == null) {
      entry = conditions.addObject().put("type", condition.type());
    }
    if (!entry.path("status").asText().equals(condition.status())) {
      entry.put("status", condition.status()).put("lastTransitionTime", now);
    }
    entry.put("reason", condition.reason()).put("message", condition.message());
  }

  /** Whether there is such a condition. */
  public static boolean is(JsonNode object, String type, String status) {
    for (JsonNode condition : object.path("status").path("conditions")) {
      if (condition.path("type").asText().equals(type)) {
        return condition.path("status").asText().equals(status);
      }
    }
    return false;
  }
}
