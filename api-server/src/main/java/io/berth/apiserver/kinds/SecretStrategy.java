package io.berth.apiserver.kinds;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.validation.FieldError;
import io.berth.apiserver.registry.Strategy;
import io.berth.apiserver.registry.WriteCall;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.function.Consumer;

/** Secrets: {@code stringData} is a way to write {@code data} and is never stored. */
final class SecretStrategy implements Strategy {
  @Override
  public void prepareCreate(ObjectNode secret, WriteCall call) {
    encode(secret);
    if (secret.path("type").asText("").isEmpty()) {
      secret.put("type", "Opaque");
    }
  }

  @Override
  public void prepareUpdate(ObjectNode secret, ObjectNode old, WriteCall call) {
    encode(secret);
    if (secret.path("type").asText("").isEmpty()) {
      secret.set("type", old.path("type"));
    }
  }

  private static void encode(ObjectNode secret) {
    JsonNode plain = secret.remove("stringData");
    if (plain == null || plain.isEmpty()) {
      return;
    }
    ObjectNode data = secret.withObject("/data");
    for (var entry : plain.properties()) {
      byte[] bytes = entry.getValue().asText().getBytes(StandardCharsets.UTF_8);
      data.put(entry.getKey(), Base64.getEncoder().encodeToString(bytes));
    }
  }

  @Override
  public void validateUpdate(ObjectNode secret, ObjectNode old, Consumer<FieldError> errors) {
    Immutable.check(secret, old, "type", errors);
    ImmutableData.check(secret, old, errors, "data");
  }
}
