package io.berth.apiserver.kinds;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.object.Names;
import io.berth.api.validation.FieldError;
import io.berth.apiserver.custom.Conditions;
import io.berth.apiserver.registry.Meta;
import io.berth.apiserver.registry.Strategy;
import io.berth.apiserver.registry.WriteCall;
import java.util.List;
import java.util.function.Consumer;

/** Group versions and the servers behind them; what this server serves itself is available. */
final class ApiServiceStrategy implements Strategy {
  private static final List<String> STATUSES = List.of("True", "False", "Unknown");

  @Override
  public List<String> checkName(String name) {
    return Names.pathSegment(name);
  }

  @Override
  public void prepareCreate(ObjectNode apiService, WriteCall call) {
    if (!apiService.path("spec").hasNonNull("service")) {
      Conditions.set(
          apiService.withObject("/status"),
          new Conditions.Condition(
              "Available", "True", "Local", "Local APIServices are always available"),
          Meta.text(apiService, "creationTimestamp"));
    }
  }

  @Override
  public void validateStatus(ObjectNode apiService, ObjectNode old, Consumer<FieldError> errors) {
    int index = 0;
    for (JsonNode condition : apiService.path("status").path("conditions")) {
      String status = condition.path("status").asText("");
      if (!STATUSES.contains(status)) {
        errors.accept(
            FieldError.notSupported("status.conditions[" + index + "].status", status, STATUSES));
      }
      index++;
    }
  }
}
