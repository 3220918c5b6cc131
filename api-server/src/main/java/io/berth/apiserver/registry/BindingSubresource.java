package io.berth.apiserver.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.object.ObjectKey;
import io.berth.api.object.Times;
import io.berth.api.resource.GroupResource;
import io.berth.api.transport.ApiException;
import io.berth.api.transport.Errors;
import io.berth.api.validation.FieldError;
import io.berth.apiserver.registry.Updates.Part;
import java.util.List;

/**
 * The {@code binding} of a pod: gives it its node, once. A uid or resourceVersion in the Binding's
 * metadata holds the scheduler's decision to the pod that it saw.
 */
final class BindingSubresource {
  static final String API_VERSION = "v1";
  static final String KIND = "Binding";

  /** What conflicts are about, as clients know it. */
  private static final GroupResource BINDINGS = new GroupResource("", "pods/binding");

  private BindingSubresource() {}

  /**
   * @throws ApiException 409 where the pod has a node, is being deleted or is another one
   */
  static void bind(Updates updates, ObjectKey key, WriteCall call, ObjectNode binding) {
    check(key, binding);
    updates.update(key, Part.ANY, call.withOwnersAsGiven(), pod -> bound(key, call, pod, binding));
  }

  private static void check(ObjectKey key, ObjectNode binding) {
    JsonNode target = binding.path("target");
    String kind = target.path("kind").asText("");
    if (!kind.isEmpty() && !kind.equals("Node")) {
      throw invalid(key, FieldError.notSupported("target.kind", kind, List.of("Node", "<empty>")));
    }
    if (target.path("name").asText("").isEmpty()) {
      throw invalid(key, FieldError.required("target.name", ""));
    }
  }

  private static ApiException invalid(ObjectKey key, FieldError error) {
    return Errors.invalid("", KIND, key.name(), List.of(error));
  }

  private static ObjectNode bound(
      ObjectKey key, WriteCall call, ObjectNode pod, ObjectNode binding) {
    String uid = Meta.uid(binding);
    if (!uid.isEmpty() && !uid.equals(Meta.uid(pod))) {
      throw Errors.uidConflict(key.resource(), key.name(), uid, Meta.uid(pod));
    }
    String revision = Meta.text(binding, "resourceVersion");
    String actual = Meta.text(pod, "resourceVersion");
    if (!revision.isEmpty() && !revision.equals(actual)) {
      throw Errors.revisionConflict(key.resource(), key.name(), revision, actual);
    }
    refuseUnfit(key, pod);
    String node = binding.path("target").path("name").asText();
    pod.withObject("/spec").put("nodeName", node);
    pod.withObject("/status").remove("nominatedNodeName"); // the room is taken
    for (var annotation : binding.path("metadata").path("annotations").properties()) {
      Meta.of(pod)
          .withObject("/annotations")
          .put(annotation.getKey(), annotation.getValue().asText(""));
    }
    setScheduled(pod, call);
    Meta.of(pod).remove("resourceVersion");
    return pod;
  }

  private static void refuseUnfit(ObjectKey key, ObjectNode pod) {
    if (Meta.deleting(pod)) {
      throw Errors.conflict(
          BINDINGS,
          key.name(),
          "pod " + key.name() + " is being deleted, cannot be assigned to a host");
    }
    String node = pod.path("spec").path("nodeName").asText("");
    if (!node.isEmpty()) {
      throw Errors.conflict(
          BINDINGS,
          key.name(),
          "pod " + key.name() + " is already assigned to node \"" + node + "\"");
    }
    if (!pod.path("spec").path("schedulingGates").isEmpty()) {
      throw Errors.conflict(
          BINDINGS, key.name(), "pod " + key.name() + " has non-empty .spec.schedulingGates");
    }
  }

  private static void setScheduled(ObjectNode pod, WriteCall call) {
    ArrayNode conditions = pod.withObject("/status").withArray("conditions");
    for (int i = conditions.size() - 1; i >= 0; i--) {
      if (conditions.get(i).path("type").asText().equals("PodScheduled")) {
        conditions.remove(i);
      }
    }
    conditions
        .addObject()
        .put("type", "PodScheduled")
        .put("status", "True")
        .putNull("lastProbeTime")
        .put("lastTransitionTime", Times.seconds(call.now()));
  }
}
