package io.berth.apiserver.kinds;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.validation.FieldError;
import io.berth.apiserver.registry.Strategy;
import java.util.function.Consumer;

/** Config maps. */
final class ConfigMapStrategy implements Strategy {
  @Override
  public void validateUpdate(ObjectNode map, ObjectNode old, Consumer<FieldError> errors) {
    ImmutableData.check(map, old, errors, "data", "binaryData");
  }
}
