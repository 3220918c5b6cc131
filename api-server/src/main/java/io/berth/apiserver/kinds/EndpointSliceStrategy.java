package io.berth.apiserver.kinds;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.validation.FieldError;
import io.berth.apiserver.registry.Strategy;
import java.util.function.Consumer;

/** Endpoint slices: of one type of address, for good. */
final class EndpointSliceStrategy implements Strategy {
  @Override
  public boolean countsGenerations() {
    return true;
  }

  @Override
  public void validateUpdate(ObjectNode slice, ObjectNode old, Consumer<FieldError> errors) {
    Immutable.check(slice, old, "addressType", errors);
  }
}
