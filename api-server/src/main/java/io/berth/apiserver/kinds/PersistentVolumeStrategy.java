package io.berth.apiserver.kinds;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.object.Times;
import io.berth.api.validation.FieldError;
import io.berth.api.validation.VolumeSources;
import io.berth.apiserver.registry.Strategy;
import io.berth.apiserver.registry.WriteCall;
import java.util.function.Consumer;

/** Volumes: where they lie stays; when they change phase is noted. */
final class PersistentVolumeStrategy implements Strategy {
  private static final String CHANGED = "lastPhaseTransitionTime";

  @Override
  public void prepareCreate(ObjectNode volume, WriteCall call) {
    volume.withObject("/status").put(CHANGED, Times.seconds(call.now()));
  }

  @Override
  public void prepareStatus(ObjectNode volume, ObjectNode old, WriteCall call) {
    ObjectNode status = volume.withObject("/status");
    JsonNode before = old.path("status");
    if (!status.path("phase").equals(before.path("phase"))
        && (!status.hasNonNull(CHANGED) || status.path(CHANGED).equals(before.path(CHANGED)))) {
      status.put(CHANGED, Times.seconds(call.now()));
    }
  }

  @Override
  public void validateUpdate(ObjectNode volume, ObjectNode old, Consumer<FieldError> errors) {
    for (String source : VolumeSources.PERSISTENT) {
      if (Immutable.changed(volume, old, "spec." + source)) {
        errors.accept(
            FieldError.forbidden(
                "spec.persistentvolumesource",
                "spec.persistentvolumesource is immutable after creation"));
        break;
      }
    }
    Immutable.check(volume, old, "spec.volumeMode", errors);
    if (old.path("spec").hasNonNull("nodeAffinity")) {
      Immutable.check(volume, old, "spec.nodeAffinity", errors);
    }
  }
}
