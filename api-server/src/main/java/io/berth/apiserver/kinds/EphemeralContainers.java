package io.berth.apiserver.kinds;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.defaults.Defaults;
import io.berth.api.resource.Resources;
import io.berth.api.transport.Errors;
import io.berth.api.validation.FieldError;
import io.berth.apiserver.registry.Meta;
import io.berth.apiserver.registry.WriteCall;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The {@code ephemeralcontainers} of a pod: more may be added, none goes or changes. */
final class EphemeralContainers {
  private static final String FIELD = "ephemeralContainers";
  private static final String PATH = "spec." + FIELD;

  private EphemeralContainers() {}

  static void narrow(ObjectNode next, ObjectNode proposed, WriteCall call) {
    Defaults.apply(Resources.PODS, proposed);
    JsonNode before = next.path("spec").path(FIELD).deepCopy();
    JsonNode wanted = proposed.path("spec").path(FIELD);
    List<FieldError> errors = new ArrayList<>();
    Map<String, JsonNode> now = byName(wanted);
    byName(before)
        .forEach(
            (name, container) -> {
              JsonNode kept = now.get(name);
              if (kept == null) {
                errors.add(
                    FieldError.forbidden(
                        PATH,
                        "existing ephemeral containers \"" + name + "\" may not be removed\n"));
              } else if (!kept.equals(container)) {
                errors.add(
                    FieldError.forbidden(
                        PATH,
                        "existing ephemeral containers \"" + name + "\" may not be changed\n"));
              }
            });
    if (!errors.isEmpty()) {
      throw Errors.invalid(Resources.PODS, call.info().name(), errors);
    }
    Meta.copy(FIELD, proposed.path("spec"), next.withObject("/spec"));
  }

  private static Map<String, JsonNode> byName(JsonNode containers) {
    Map<String, JsonNode> byName = new LinkedHashMap<>();
    containers.forEach(container -> byName.put(container.path("name").asText(""), container));
    return byName;
  }
}
