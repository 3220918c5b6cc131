package io.berth.apiserver.kinds;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.object.Names;
import io.berth.api.validation.FieldError;
import io.berth.apiserver.registry.Meta;
import io.berth.apiserver.registry.Strategy;
import java.util.List;
import java.util.function.Consumer;

/** Stateful sets: who they are, and what their pods keep, stays. */
final class StatefulSetStrategy implements Strategy {
  private static final List<String> CHANGEABLE =
      List.of(
          "replicas",
          "ordinals",
          "template",
          "updateStrategy",
          "revisionHistoryLimit",
          "persistentVolumeClaimRetentionPolicy",
          "minReadySeconds");

  @Override
  public List<String> checkName(String name) {
    return Names.dns1123Label(name);
  }

  @Override
  public boolean countsGenerations() {
    return true;
  }

  @Override
  public void validateUpdate(ObjectNode set, ObjectNode old, Consumer<FieldError> errors) {
    ObjectNode rest = set.path("spec").deepCopy();
    CHANGEABLE.forEach(field -> Meta.copy(field, old.path("spec"), rest));
    if (!rest.equals(old.path("spec"))) {
      errors.accept(
          FieldError.forbidden(
              "spec",
              "updates to statefulset spec for fields other than 'replicas', 'ordinals',"
                  + " 'template', 'updateStrategy', 'revisionHistoryLimit',"
                  + " 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are"
                  + " forbidden"));
    }
  }
}
