package io.berth.apiserver.kinds;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.validation.FieldError;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/** What may change in the spec of a pod that exists: images, tolerations to add, deadlines. */
final class PodChanges {
  private static final String RULE =
      "pod updates may not change fields other than `spec.containers[*].image`,"
          + "`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only"
          + " additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to"
          + " be set to 1 if it was previously negative)";
  private static final String GRACE = "terminationGracePeriodSeconds";

  private PodChanges() {}

  static void check(JsonNode spec, JsonNode old, Consumer<FieldError> errors) {
    for (String list : List.of("containers", "initContainers")) {
      if (spec.path(list).size() != old.path(list).size()) {
        errors.accept(
            FieldError.forbidden("spec." + list, "pod updates may not add or remove containers"));
        return;
      }
    }
    checkDeadline(spec, old, errors);
    checkTolerations(spec.path("tolerations"), old.path("tolerations"), errors);
    checkGates(spec.path("schedulingGates"), old.path("schedulingGates"), errors);
    List<String> changed = changed(allowed(spec, old), old);
    if (!changed.isEmpty()) {
      errors.accept(
          FieldError.forbidden("spec", RULE + "\nchanged: " + String.join(", ", changed)));
    }
  }

  /** The new spec with all that may change put back, so that the rest can be compared. */
  private static ObjectNode allowed(JsonNode spec, JsonNode old) {
    ObjectNode rest = spec.deepCopy();
    for (String list : List.of("containers", "initContainers")) {
      for (int i = 0; i < rest.path(list).size(); i++) {
        copy("image", old.path(list).path(i), (ObjectNode) rest.path(list).get(i));
      }
    }
    copy("activeDeadlineSeconds", old, rest);
    copy("tolerations", old, rest);
    copy("schedulingGates", old, rest);
    if (old.path(GRACE).asLong(0) < 0 && rest.path(GRACE).asLong() == 1) {
      copy(GRACE, old, rest);
    }
    if (!old.path("schedulingGates").isEmpty()) {
      copy("nodeSelector", old, rest);
      copy("affinity", old, rest);
    }
    return rest;
  }

  private static void copy(String field, JsonNode from, ObjectNode to) {
    if (from.has(field)) {
      to.set(field, from.get(field));
    } else {
      to.remove(field);
    }
  }

  private static List<String> changed(ObjectNode spec, JsonNode old) {
    List<String> changed = new ArrayList<>();
    spec.properties()
        .forEach(
            field -> {
              if (!field.getValue().equals(old.path(field.getKey()))) {
                changed.add("spec." + field.getKey());
              }
            });
    old.fieldNames()
        .forEachRemaining(
            field -> {
              if (!spec.has(field)) {
                changed.add("spec." + field);
              }
            });
    return changed;
  }

  private static void checkDeadline(JsonNode spec, JsonNode old, Consumer<FieldError> errors) {
    String field = "activeDeadlineSeconds";
    if (!old.hasNonNull(field)) {
      return;
    }
    if (!spec.hasNonNull(field)) {
      errors.accept(
          FieldError.invalidRaw(
              "spec." + field, "null", "must not update from a positive integer to nil value"));
    } else if (spec.path(field).asLong() > old.path(field).asLong()) {
      errors.accept(
          FieldError.invalid(
              "spec." + field,
              spec.path(field).asLong(),
              "must be less than or equal to previous value"));
    }
  }

  private static void checkTolerations(JsonNode now, JsonNode old, Consumer<FieldError> errors) {
    for (JsonNode toleration : old) {
      if (!contains(now, toleration)) {
        errors.accept(
            FieldError.forbidden(
                "spec.tolerations",
                "existing toleration can not be modified except its tolerationSeconds"));
        return;
      }
    }
  }

  private static boolean contains(JsonNode tolerations, JsonNode wanted) {
    for (JsonNode each : tolerations) {
      if (withoutSeconds(each).equals(withoutSeconds(wanted))) {
        return true;
      }
    }
    return false;
  }

  private static JsonNode withoutSeconds(JsonNode toleration) {
    ObjectNode rest = toleration.deepCopy();
    rest.remove("tolerationSeconds");
    return rest;
  }

  private static void checkGates(JsonNode now, JsonNode old, Consumer<FieldError> errors) {
    for (int i = 0; i < now.size(); i++) {
      boolean known = false;
      for (JsonNode gate : old) {
        known |= gate.path("name").equals(now.get(i).path("name"));
      }
      if (!known) {
        errors.accept(
            FieldError.forbidden(
                "spec.schedulingGates[" + i + "].name",
                "only deletion is allowed, but found new scheduling gate '"
                    + now.get(i).path("name").asText()
                    + "'"));
      }
    }
  }
}
