package io.berth.apiserver.kinds;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.object.Times;
import io.berth.api.resource.Resources;
import io.berth.api.transport.Errors;
import io.berth.api.validation.FieldError;
import io.berth.apiserver.registry.WriteCall;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * The {@code approval} of a certificate signing request: its conditions, alone. Whether they say
 * yes or no is told here and nowhere else.
 */
final class CertificateApproval {
  /** The conditions that decide; the others are the signer's. */
  static final Set<String> DECISIONS = Set.of("Approved", "Denied");

  private CertificateApproval() {}

  static void narrow(ObjectNode next, ObjectNode proposed, WriteCall call) {
    JsonNode before = next.path("status").path("conditions").deepCopy();
    JsonNode wanted = proposed.path("status").path("conditions");
    ObjectNode status = next.withObject("/status");
    if (wanted.isEmpty()) {
      status.remove("conditions");
    } else {
      status.set("conditions", wanted.deepCopy());
    }
    stamp(status.path("conditions"), before, call);
    refuse(status.path("conditions"), before, call);
  }

  private static void refuse(JsonNode conditions, JsonNode before, WriteCall call) {
    List<FieldError> errors = new ArrayList<>();
    if (!find(conditions, "Approved").isMissingNode()
        && !find(conditions, "Denied").isMissingNode()) {
      errors.add(
          FieldError.invalidRaw(
              "status.conditions",
              "\"Denied\"",
              "Approved and Denied conditions are mutually exclusive"));
    }
    for (JsonNode old : before) {
      String type = old.path("type").asText("");
      if (find(conditions, type).isMissingNode()) {
        errors.add(
            FieldError.forbidden(
                "status.conditions",
                "updates may not remove a condition of type \"" + type + "\""));
      }
    }
    if (!errors.isEmpty()) {
      throw Errors.invalid(Resources.CERTIFICATE_SIGNING_REQUESTS, call.info().name(), errors);
    }
  }

  /** Gives times to the conditions that have none. */
  static void stamp(JsonNode conditions, JsonNode before, WriteCall call) {
    for (JsonNode condition : conditions) {
      if (!(condition instanceof ObjectNode open)) {
        continue;
      }
      if (!open.hasNonNull("status")) {
        open.put("status", "True");
      }
      JsonNode old = find(before, open.path("type").asText(""));
      String now = Times.seconds(call.now());
      if (!open.hasNonNull("lastUpdateTime")) {
        open.put("lastUpdateTime", now);
      }
      if (!open.hasNonNull("lastTransitionTime")) {
        boolean same = old.path("status").equals(open.path("status"));
        JsonNode since = old.path("lastTransitionTime");
        open.put("lastTransitionTime", same && since.isTextual() ? since.asText() : now);
      }
    }
  }

  /** The condition of a type, a missing node where there is none. */
  static JsonNode find(JsonNode conditions, String type) {
    for (JsonNode condition : conditions) {
      if (condition.path("type").asText("").equals(type)) {
        return condition;
      }
    }
    return MissingNode.getInstance();
  }

  /** The conditions with the deciding ones of another list in place of their own. */
  static ArrayNode withDecisionsOf(JsonNode decided, JsonNode conditions, ArrayNode into) {
    decided.forEach(c -> addIf(c, true, into));
    conditions.forEach(c -> addIf(c, false, into));
    return into;
  }

  private static void addIf(JsonNode condition, boolean deciding, ArrayNode into) {
    if (DECISIONS.contains(condition.path("type").asText("")) == deciding) {
      into.add(condition.deepCopy());
    }
  }
}
