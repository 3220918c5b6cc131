package io.berth.apiserver.kinds;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.object.Names;
import io.berth.api.validation.FieldError;
import io.berth.apiserver.registry.Strategy;
import java.util.function.Consumer;

/** Runtime classes: the handler is a DNS label and stays. */
final class RuntimeClassStrategy implements Strategy {
  @Override
  public void validateCreate(ObjectNode runtimeClass, Consumer<FieldError> errors) {
    String handler = runtimeClass.path("handler").asText("");
    Names.dns1123Label(handler)
        .forEach(wrong -> errors.accept(FieldError.invalid("handler", handler, wrong)));
  }

  @Override
  public void validateUpdate(ObjectNode runtimeClass, ObjectNode old, Consumer<FieldError> errors) {
    Immutable.check(runtimeClass, old, "handler", errors);
  }
}
