package io.berth.apiserver.kinds;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.validation.FieldError;
import java.util.function.Consumer;

/** Bindings of roles: the role stays, since whoever may change subjects may not change grants. */
final class RoleBindingStrategy extends RoleStrategy {
  @Override
  public void validateUpdate(ObjectNode binding, ObjectNode old, Consumer<FieldError> errors) {
    JsonNode role = binding.path("roleRef");
    if (!role.equals(old.path("roleRef"))) {
      errors.accept(FieldError.invalidRaw("roleRef", role.toString(), "cannot change roleRef"));
    }
  }
}
