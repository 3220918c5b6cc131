package io.berth.apiserver.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.object.ObjectKey;
import io.berth.api.resource.Resources;
import io.berth.api.transport.ApiException;
import io.berth.api.transport.Errors;
import io.berth.apiserver.registry.AdmissionRequest;
import io.berth.apiserver.registry.AdmissionRequest.Operation;
import io.berth.apiserver.registry.AdmissionStep;
import io.berth.apiserver.registry.Meta;
import io.berth.apiserver.registry.ObjectStore;
import io.berth.apiserver.registry.Stored;
import java.util.Comparator;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Turns the priority class of a new pod or pod group into a number; without one it gets the class
 * that is marked as default, else a pod priority 0. Only one class may be the default, and those of
 * the system stay.
 */
public final class PodPriorities implements AdmissionStep {
  /** Known before their objects are there. */
  private static final Map<String, Integer> SYSTEM =
      Map.of("system-cluster-critical", 2_000_000_000, "system-node-critical", 2_000_001_000);

  private static final String PREEMPTION = "preemptionPolicy";
  private static final String LOWER = "PreemptLowerPriority";

  private final ObjectStore objects;
  private final ParsedObjects classes;

  public PodPriorities(ObjectStore objects) {
    this.objects = objects;
    this.classes = new ParsedObjects(objects, Resources.PRIORITY_CLASSES);
  }

  @Override
  public void admit(AdmissionRequest request) {
    if (request.operation() == Operation.DELETE) {
      checkDelete(request);
      return;
    }
    ObjectNode spec = NewPods.spec(request);
    if (spec == null) {
      ofGroup(request);
      return;
    }
    JsonNode priorityClass = classOf(request, spec);
    int priority = priorityClass == null ? 0 : priorityClass.path("value").asInt();
    String policy = priorityClass == null ? "" : priorityClass.path(PREEMPTION).asText("");
    checkGiven(request, spec, priority, policy.isEmpty() ? LOWER : policy);
    spec.put("priority", priority);
    spec.put(PREEMPTION, policy.isEmpty() ? LOWER : policy);
  }

  /** A pod group without a class, where none is the default, leaves its pods their own priority. */
  private void ofGroup(AdmissionRequest request) {
    ObjectNode group = request.object();
    if (group == null
        || request.operation() != Operation.CREATE
        || !request.key().resource().equals(Resources.POD_GROUPS.groupResource())) {
      return;
    }
    ObjectNode spec = group.withObject("/spec");
    JsonNode priorityClass = classOf(request, spec);
    int priority = priorityClass == null ? 0 : priorityClass.path("value").asInt();
    checkNumber(request, spec, priority, "pod group");
    if (priorityClass != null) {
      spec.put("priority", priority);
    }
  }

  private static void checkDelete(AdmissionRequest request) {
    ObjectKey key = request.key();
    if (key.resource().equals(Resources.PRIORITY_CLASSES.groupResource())
        && SYSTEM.containsKey(key.name())) {
      throw refused(request, "this is a system priority class and cannot be deleted");
    }
  }

  private @Nullable JsonNode classOf(AdmissionRequest request, ObjectNode spec) {
    String name = spec.path("priorityClassName").asText("");
    if (name.isEmpty()) {
      JsonNode otherwise = defaultClass();
      if (otherwise != null) {
        spec.put("priorityClassName", Meta.name(otherwise));
      }
      return otherwise;
    }
    Optional<Stored> found =
        objects.find(ObjectKey.of(Resources.PRIORITY_CLASSES.groupResource(), "", name));
    if (found.isPresent()) {
      return found.get().tree();
    }
    Integer system = SYSTEM.get(name);
    if (system == null) {
      throw refused(request, "no PriorityClass with name " + name + " was found");
    }
    return Json.object().put("value", system);
  }

  private @Nullable JsonNode defaultClass() {
    return classes.in(null).stream()
        .filter(c -> c.path("globalDefault").asBoolean())
        .min(Comparator.comparingInt(c -> c.path("value").asInt()))
        .orElse(null);
  }

  private static void checkGiven(
      AdmissionRequest request, ObjectNode spec, int priority, String policy) {
    checkNumber(request, spec, priority, "pod");
    JsonNode preemption = spec.path(PREEMPTION);
    if (preemption.isTextual() && !preemption.asText().equals(policy)) {
      throw refused(
          request,
          "the string value of PreemptionPolicy ("
              + preemption.asText()
              + ") must not be provided in pod spec; priority admission controller computed "
              + policy
              + " from the given PriorityClass name");
    }
  }

  private static void checkNumber(
      AdmissionRequest request, ObjectNode spec, int priority, String what) {
    JsonNode given = spec.path("priority");
    if (given.isNumber() && given.asInt() != priority) {
      throw refused(
          request,
          "the integer value of priority ("
              + given.asInt()
              + ") must not be provided in "
              + what
              + " spec; priority admission controller computed "
              + priority
              + " from the given PriorityClass name");
    }
  }

  @Override
  public void validate(AdmissionRequest request) {
    ObjectNode object = request.object();
    if (object == null
        || !request.key().resource().equals(Resources.PRIORITY_CLASSES.groupResource())
        || !object.path("globalDefault").asBoolean()) {
      return;
    }
    JsonNode other = defaultClass();
    if (other != null && !Meta.name(other).equals(request.key().name())) {
      throw refused(
          request,
          "PriorityClass "
              + Meta.name(other)
              + " is already marked as default. Only one default can exist");
    }
  }

  private static ApiException refused(AdmissionRequest request, String why) {
    return Errors.forbidden(request.key().resource(), request.key().name(), why);
  }
}
