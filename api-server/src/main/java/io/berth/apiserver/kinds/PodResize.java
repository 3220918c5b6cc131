package io.berth.apiserver.kinds;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.defaults.Defaults;
import io.berth.api.object.QosClass;
import io.berth.api.resource.Resources;
import io.berth.api.transport.Errors;
import io.berth.api.validation.FieldError;
import io.berth.apiserver.registry.Meta;
import io.berth.apiserver.registry.WriteCall;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** The {@code resize} of a pod: what its containers may use of processors and memory, alone. */
final class PodResize {
  private static final Set<String> CHANGEABLE = Set.of("cpu", "memory");
  private static final String ONLY = "only cpu and memory resources are mutable";

  private PodResize() {}

  static void narrow(ObjectNode next, ObjectNode proposed, WriteCall call) {
    Defaults.apply(Resources.PODS, proposed);
    ObjectNode before = next.withObject("/spec").deepCopy();
    JsonNode wanted = proposed.path("spec");
    List<FieldError> errors = new ArrayList<>();
    for (String list : List.of("containers", "initContainers")) {
      take(next, before, wanted, list, errors);
    }
    Meta.copy("resources", wanted, next.withObject("/spec"));
    checkAmounts(before.path("resources"), wanted.path("resources"), "spec.resources", errors);
    if (errors.isEmpty() && !next.path("spec").equals(wanted)) {
      errors.add(FieldError.forbidden("spec", ONLY));
    }
    String qos = QosClass.of(before).text();
    if (errors.isEmpty() && !QosClass.of(next.path("spec")).text().equals(qos)) {
      errors.add(
          FieldError.invalid(
              "metadata", qos, "Pod QOS Class may not change as a result of resizing"));
    }
    if (!errors.isEmpty()) {
      throw Errors.invalid(Resources.PODS, call.info().name(), errors);
    }
  }

  private static void take(
      ObjectNode next, JsonNode before, JsonNode wanted, String list, List<FieldError> errors) {
    JsonNode containers = next.path("spec").path(list);
    for (int i = 0; i < containers.size() && i < wanted.path(list).size(); i++) {
      Meta.copy("resources", wanted.path(list).get(i), (ObjectNode) containers.get(i));
      checkAmounts(
          before.path(list).path(i).path("resources"),
          containers.get(i).path("resources"),
          "spec." + list + "[" + i + "].resources",
          errors);
    }
  }

  private static void checkAmounts(
      JsonNode before, JsonNode now, String path, List<FieldError> errors) {
    for (String kind : List.of("limits", "requests")) {
      Set<String> names = new TreeSet<>();
      before.path(kind).fieldNames().forEachRemaining(names::add);
      now.path(kind).fieldNames().forEachRemaining(names::add);
      for (String name : names) {
        JsonNode was = before.path(kind).path(name);
        JsonNode is = now.path(kind).path(name);
        if (!CHANGEABLE.contains(name) && !was.equals(is)) {
          errors.add(FieldError.forbidden(path + "." + kind, ONLY));
        } else if (!was.isMissingNode() && is.isMissingNode()) {
          errors.add(
              FieldError.forbidden(path + "." + kind, "resource " + kind + " cannot be removed"));
        }
      }
    }
  }
}
