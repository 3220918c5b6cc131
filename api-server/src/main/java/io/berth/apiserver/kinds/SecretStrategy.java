package io.berth.apiserver.kinds;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.validation.FieldError;
import io.berth.apiserver.registry.Strategy;
import java.util.function.Consumer;

/** Secrets. */
final class SecretStrategy implements Strategy {
  @Override
  public void validateUpdate(ObjectNode secret, ObjectNode old, Consumer<FieldError> errors) {
    Immutable.check(secret, old, "type", errors);
    ImmutableData.check(secret, old, errors, "data");
  }
}
