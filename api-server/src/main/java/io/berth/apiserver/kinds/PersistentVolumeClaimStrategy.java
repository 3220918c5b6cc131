package io.berth.apiserver.kinds;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.object.Quantity;
import io.berth.api.validation.FieldError;
import io.berth.apiserver.registry.Meta;
import io.berth.apiserver.registry.Strategy;
import io.berth.apiserver.registry.WriteCall;
import java.util.function.Consumer;

/** Claims to volumes: a bound one may ask for more room and for another class of attributes. */
final class PersistentVolumeClaimStrategy implements Strategy {
  private static final String RULE =
      "spec is immutable after creation except resources.requests and volumeAttributesClassName for"
          + " bound claims";

  /** Both fields for what a volume begins with are kept alike. */
  @Override
  public void prepareCreate(ObjectNode claim, WriteCall call) {
    ObjectNode spec = claim.withObject("/spec");
    if (spec.hasNonNull("dataSource") && !spec.hasNonNull("dataSourceRef")) {
      spec.set("dataSourceRef", spec.get("dataSource").deepCopy());
    } else if (spec.hasNonNull("dataSourceRef")
        && !spec.hasNonNull("dataSource")
        && spec.path("dataSourceRef").path("namespace").asText("").isEmpty()) {
      spec.set("dataSource", spec.get("dataSourceRef").deepCopy());
    }
  }

  @Override
  public void validateUpdate(ObjectNode claim, ObjectNode old, Consumer<FieldError> errors) {
    JsonNode before = old.path("spec");
    ObjectNode rest = claim.path("spec").deepCopy();
    if (before.path("volumeName").asText("").isEmpty()) {
      Meta.copy("volumeName", before, rest);
    }
    if (before.path("storageClassName").isMissingNode()) {
      Meta.copy("storageClassName", before, rest); // given later, by whoever sets the default
    }
    if (old.path("status").path("phase").asText("").equals("Bound")) {
      checkGrowth(claim, old, errors);
      copyRequests(before, rest);
      if (rest.hasNonNull("volumeAttributesClassName")) {
        Meta.copy("volumeAttributesClassName", before, rest);
      }
    }
    if (!rest.equals(before)) {
      errors.accept(FieldError.forbidden("spec", RULE));
    }
  }

  private static void copyRequests(JsonNode before, ObjectNode rest) {
    if (before.path("resources").has("requests")) {
      Meta.copy("requests", before.path("resources"), rest.withObject("/resources"));
    }
  }

  private static void checkGrowth(ObjectNode claim, ObjectNode old, Consumer<FieldError> errors) {
    JsonNode now = storage(claim);
    JsonNode before = storage(old);
    if (now.isMissingNode() || before.isMissingNode()) {
      return;
    }
    Quantity asked = Quantity.of(now);
    JsonNode has = old.path("status").path("capacity").path("storage");
    boolean shrinks = asked.compareTo(Quantity.of(before)) < 0;
    if (shrinks && (has.isMissingNode() || asked.compareTo(Quantity.of(has)) < 0)) {
      errors.accept(
          FieldError.forbidden(
              "spec.resources.requests.storage", "field can not be less than status.capacity"));
    }
  }

  private static JsonNode storage(JsonNode claim) {
    return claim.path("spec").path("resources").path("requests").path("storage");
  }
}
