package io.berth.apiserver.kinds;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.validation.FieldError;
import io.berth.apiserver.registry.Strategy;
import java.util.function.Consumer;

/** Runtime classes: the handler stays. */
final class RuntimeClassStrategy implements Strategy {
  @Override
  public void validateUpdate(ObjectNode runtimeClass, ObjectNode old, Consumer<FieldError> errors) {
    Immutable.check(runtimeClass, old, "handler", errors);
  }
}
