package io.berth.controllers.object;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A pod's toleration.
 *
 * @param key empty with the operator {@code Exists} tolerates every taint
 * @param seconds how long a {@code NoExecute} taint is tolerated, null for ever
 */
public record Toleration(
    String key, String operator, String value, String effect, @Nullable Long seconds) {
  public static List<Toleration> listOf(JsonNode tolerations) {
    List<Toleration> list = new ArrayList<>();
    for (JsonNode toleration : tolerations) {
      JsonNode seconds = toleration.path("tolerationSeconds");
      list.add(
          new Toleration(
              toleration.path("key").asText(),
              toleration.path("operator").asText("Equal"),
              toleration.path("value").asText(),
              toleration.path("effect").asText(),
              seconds.isNumber() ? seconds.asLong() : null));
    }
    return List.copyOf(list);
  }

  public boolean tolerates(Taint taint) {
    if (!effect.isEmpty() && !effect.equals(taint.effect())) {
      return false;
    }
    if (!key.isEmpty() && !key.equals(taint.key())) {
      return false;
    }
    return operator.equals("Exists") || (!key.isEmpty() && value.equals(taint.value()));
  }
}
