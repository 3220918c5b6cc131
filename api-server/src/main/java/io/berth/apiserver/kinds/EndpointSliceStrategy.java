package io.berth.apiserver.kinds;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.validation.FieldError;
import io.berth.apiserver.registry.Strategy;
import java.util.List;
import java.util.function.Consumer;

/** Endpoint slices: of one type of address, for good. */
final class EndpointSliceStrategy implements Strategy {
  private static final List<String> TYPES = List.of("FQDN", "IPv4", "IPv6");

  @Override
  public boolean countsGenerations() {
    return true;
  }

  @Override
  public void validateCreate(ObjectNode slice, Consumer<FieldError> errors) {
    String type = slice.path("addressType").asText("");
    if (!type.isEmpty() && !TYPES.contains(type)) {
      errors.accept(FieldError.notSupported("addressType", type, TYPES));
    }
  }

  @Override
  public void validateUpdate(ObjectNode slice, ObjectNode old, Consumer<FieldError> errors) {
    validateCreate(slice, errors);
    Immutable.check(slice, old, "addressType", errors);
  }
}
