package io.berth.apiserver.kinds;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.object.QosClass;
import io.berth.api.validation.FieldError;
import io.berth.apiserver.registry.Narrowing;
import io.berth.apiserver.registry.Strategy;
import io.berth.apiserver.registry.WriteCall;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Pods. */
final class PodStrategy implements Strategy {
  @Override
  public boolean countsGenerations() {
    return true;
  }

  @Override
  public boolean returnsDeleted() {
    return true;
  }

  @Override
  public void prepareCreate(ObjectNode pod, WriteCall call) {
    LabelKeys.merge(pod);
    ObjectNode status = pod.putObject("status");
    status.put("phase", "Pending").put("qosClass", QosClass.of(pod.path("spec")).text());
    if (!pod.path("spec").path("schedulingGates").isEmpty()) {
      status
          .putArray("conditions")
          .addObject()
          .put("type", "PodScheduled")
          .put("status", "False")
          .put("reason", "SchedulingGated")
          .put("message", "Scheduling is blocked due to non-empty scheduling gates");
    }
  }

  @Override
  public void validateCreate(ObjectNode pod, Consumer<FieldError> errors) {
    if (!pod.path("spec").path("ephemeralContainers").isEmpty()) {
      errors.accept(FieldError.forbidden("spec.ephemeralContainers", "cannot be set on create"));
    }
  }

  @Override
  public @Nullable Narrowing narrowing(String subresource) {
    return switch (subresource) {
      case "resize" -> PodResize::narrow;
      case "ephemeralcontainers" -> EphemeralContainers::narrow;
      default -> null;
    };
  }

  @Override
  public void validateUpdate(ObjectNode pod, ObjectNode old, Consumer<FieldError> errors) {
    PodChanges.check(pod.path("spec"), old.path("spec"), errors);
  }

  /** None for a pod that runs nowhere or has ended: nobody would end it. */
  @Override
  public Long gracePeriod(ObjectNode pod, @Nullable Long asked) {
    String phase = pod.path("status").path("phase").asText("");
    if (pod.path("spec").path("nodeName").asText("").isEmpty()
        || phase.equals("Succeeded")
        || phase.equals("Failed")) {
      return 0L;
    }
    JsonNode own = pod.path("spec").path("terminationGracePeriodSeconds");
    long seconds = asked != null ? asked : own.asLong(0);
    return seconds < 0 ? 1 : seconds;
  }
}
