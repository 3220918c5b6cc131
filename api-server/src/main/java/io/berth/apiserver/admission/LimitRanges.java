package io.berth.apiserver.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.resource.GroupResource;
import io.berth.api.resource.Resources;
import io.berth.api.transport.Errors;
import io.berth.apiserver.registry.AdmissionRequest;
import io.berth.apiserver.registry.AdmissionRequest.Operation;
import io.berth.apiserver.registry.AdmissionStep;
import io.berth.apiserver.registry.Meta;
import io.berth.apiserver.registry.ObjectStore;
import java.util.ArrayList;
import java.util.List;

/**
 * Gives the containers of new pods what their namespace's limit ranges say where they say nothing,
 * and refuses pods and claims that are outside of the ranges.
 */
public final class LimitRanges implements AdmissionStep {
  private static final String ANNOTATION = "kubernetes.io/limit-ranger";

  private final ParsedObjects ranges;

  public LimitRanges(ObjectStore objects) {
    this.ranges = new ParsedObjects(objects, Resources.LIMIT_RANGES);
  }

  @Override
  public void admit(AdmissionRequest request) {
    ObjectNode spec = NewPods.spec(request);
    if (spec == null) {
      return;
    }
    List<String> set = new ArrayList<>();
    for (JsonNode range : ranges.in(request.key().namespace())) {
      for (JsonNode item : range.path("spec").path("limits")) {
        if (item.path("type").asText().equals("Container")) {
          fill(spec, "containers", "container", item, set);
          fill(spec, "initContainers", "init container", item, set);
        }
      }
    }
    ObjectNode pod = request.object();
    if (!set.isEmpty() && pod != null) {
      Meta.of(pod)
          .withObject("/annotations")
          .put(ANNOTATION, "LimitRanger plugin set: " + String.join("; ", set));
    }
  }

  private static void fill(
      ObjectNode spec, String list, String word, JsonNode item, List<String> set) {
    for (JsonNode container : spec.path(list)) {
      if (container instanceof ObjectNode open) {
        ObjectNode resources = open.withObject("/resources");
        String name = " for " + word + " " + open.path("name").asText();
        fill(resources, "requests", item.path("defaultRequest"), " request" + name, set);
        fill(resources, "limits", item.path("default"), " limit" + name, set);
      }
    }
  }

  private static void fill(
      ObjectNode resources, String field, JsonNode defaults, String what, List<String> set) {
    List<String> names = new ArrayList<>();
    for (var amount : defaults.properties()) {
      if (!resources.path(field).has(amount.getKey())) {
        resources.withObject("/" + field).set(amount.getKey(), amount.getValue());
        names.add(amount.getKey());
      }
    }
    if (!names.isEmpty()) {
      names.sort(null);
      set.add(String.join(", ", names) + what);
    }
  }

  @Override
  public void validate(AdmissionRequest request) {
    ObjectNode object = request.object();
    if (object == null) {
      return;
    }
    GroupResource resource = request.key().resource();
    boolean pods = resource.equals(Resources.PODS.groupResource());
    boolean claims = resource.equals(Resources.PERSISTENT_VOLUME_CLAIMS.groupResource());
    String sub = request.call().info().subresource();
    boolean checked =
        request.operation() == Operation.CREATE
            ? sub.isEmpty()
            : (pods && sub.equals("resize")) || (claims && sub.isEmpty());
    if (!checked || (!pods && !claims)) {
      return;
    }
    List<String> errors = new ArrayList<>();
    for (JsonNode range : ranges.in(request.key().namespace())) {
      for (JsonNode item : range.path("spec").path("limits")) {
        if (pods) {
          LimitChecks.pod(item, object.path("spec"), errors);
        } else {
          LimitChecks.claim(item, object.path("spec"), errors);
        }
      }
    }
    if (!errors.isEmpty()) {
      String why = errors.size() == 1 ? errors.getFirst() : errors.toString();
      throw Errors.forbidden(resource, request.key().name(), why);
    }
  }
}
