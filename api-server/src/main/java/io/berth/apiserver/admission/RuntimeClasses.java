package io.berth.apiserver.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.object.ObjectKey;
import io.berth.api.object.Quantity;
import io.berth.api.object.Text;
import io.berth.api.resource.Resources;
import io.berth.api.transport.ApiException;
import io.berth.api.transport.Errors;
import io.berth.apiserver.registry.AdmissionRequest;
import io.berth.apiserver.registry.AdmissionStep;
import io.berth.apiserver.registry.ObjectStore;
import java.util.HashSet;
import java.util.Set;

/**
 * Brings what a RuntimeClass says into the new pods that name it: the overhead that they cost
 * beside their containers, and the nodes that can run them.
 */
public final class RuntimeClasses implements AdmissionStep {
  private final ObjectStore objects;

  public RuntimeClasses(ObjectStore objects) {
    this.objects = objects;
  }

  @Override
  public void admit(AdmissionRequest request) {
    ObjectNode spec = NewPods.spec(request);
    if (spec == null) {
      return;
    }
    String name = spec.path("runtimeClassName").asText("");
    if (name.isEmpty()) {
      if (!spec.path("overhead").isEmpty()) {
        throw rejected(
            request, "Pod Overhead set without corresponding RuntimeClass defined Overhead");
      }
      return;
    }
    ObjectKey key = ObjectKey.of(Resources.RUNTIME_CLASSES.groupResource(), "", name);
    JsonNode runtimeClass =
        objects
            .find(key)
            .map(stored -> stored.tree())
            .orElseThrow(
                () -> rejected(request, "RuntimeClass " + Text.quote(name) + " not found"));
    setOverhead(request, spec, runtimeClass.path("overhead").path("podFixed"));
    setScheduling(request, spec, runtimeClass.path("scheduling"));
  }

  private static void setOverhead(AdmissionRequest request, ObjectNode spec, JsonNode overhead) {
    JsonNode given = spec.path("overhead");
    if (overhead.isEmpty()) {
      if (!given.isEmpty()) {
        throw rejected(
            request, "Pod Overhead set without corresponding RuntimeClass defined Overhead");
      }
      return;
    }
    if (!given.isEmpty() && !sameAmounts(given, overhead)) {
      throw rejected(request, "Pod's Overhead doesn't match RuntimeClass's defined Overhead");
    }
    spec.set("overhead", overhead);
  }

  private static boolean sameAmounts(JsonNode a, JsonNode b) {
    Set<String> names = new HashSet<>();
    a.fieldNames().forEachRemaining(names::add);
    b.fieldNames().forEachRemaining(names::add);
    for (String name : names) {
      if (!a.has(name)
          || !b.has(name)
          || Quantity.of(a.get(name)).compareTo(Quantity.of(b.get(name))) != 0) {
        return false;
      }
    }
    return true;
  }

  private static void setScheduling(
      AdmissionRequest request, ObjectNode spec, JsonNode scheduling) {
    for (var wanted : scheduling.path("nodeSelector").properties()) {
      ObjectNode selector = spec.withObject("/nodeSelector");
      JsonNode given = selector.get(wanted.getKey());
      if (given != null && !given.equals(wanted.getValue())) {
        throw rejected(
            request,
            "conflict: runtimeClass.scheduling.nodeSelector["
                + wanted.getKey()
                + "] = "
                + wanted.getValue().asText()
                + "; pod.spec.nodeSelector["
                + wanted.getKey()
                + "] = "
                + given.asText());
      }
      selector.set(wanted.getKey(), wanted.getValue());
    }
    for (JsonNode toleration : scheduling.path("tolerations")) {
      ArrayNode tolerations = spec.withArray("tolerations");
      if (!contains(tolerations, toleration)) {
        tolerations.add(toleration);
      }
    }
  }

  private static boolean contains(ArrayNode array, JsonNode element) {
    for (JsonNode each : array) {
      if (each.equals(element)) {
        return true;
      }
    }
    return false;
  }

  private static ApiException rejected(AdmissionRequest request, String why) {
    return Errors.forbidden(request.key().resource(), request.key().name(), "pod rejected: " + why);
  }
}
