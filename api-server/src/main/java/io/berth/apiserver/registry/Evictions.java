package io.berth.apiserver.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.object.ApiObject;
import io.berth.api.object.LabelSelector;
import io.berth.api.object.ObjectKey;
import io.berth.api.object.Times;
import io.berth.api.resource.Resources;
import io.berth.api.transport.ApiException;
import io.berth.api.transport.Errors;
import io.berth.apiserver.registry.Updates.Part;
import io.berth.apiserver.server.RequestInfo;
import io.berth.apiserver.server.Verb;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The {@code eviction} of a pod: deletes it where its disruption budget allows. The budget's status
 * is counted down under its revision first, so that no two evictions use the same allowance.
 */
final class Evictions {
  static final String API_VERSION = "policy/v1";

  /** What older clients send; it says the same. */
  static final String BETA_VERSION = "policy/v1beta1";

  static final String KIND = "Eviction";

  private static final String VIOLATES =
      "Cannot evict pod as it would violate the pod's disruption budget.";

  /** Evictions that the budget's controller has not seen yet, at most. */
  private static final int MAX_DISRUPTED = 2000;

  /** A pod in these phases serves nobody, or not yet. */
  private static final Set<String> UNGUARDED = Set.of("Succeeded", "Failed", "Pending");

  private static final int RETRY_SECONDS = 10;

  private final ObjectStore objects;
  private final Updates updates;
  private final Deletes deletes;

  Evictions(ObjectStore objects, Updates updates, Deletes deletes) {
    this.objects = objects;
    this.updates = updates;
    this.deletes = deletes;
  }

  /**
   * @throws ApiException 404 where there is no such pod, 429 where its budget does not allow it
   */
  void evict(ObjectKey pod, DeleteOptions options, WriteCall call) {
    ObjectNode tree =
        objects.newest(pod).orElseThrow(() -> Errors.notFound(pod.resource(), pod.name())).tree();
    if (guarded(tree)) {
      List<ApiObject> budgets = budgets(tree);
      if (budgets.size() > 1) {
        throw new ApiException(
            500,
            "",
            "This pod has more than one PodDisruptionBudget, which the eviction subresource does"
                + " not support.");
      }
      if (budgets.size() == 1) {
        use(budgets.getFirst(), tree, call);
      }
      markDisrupted(pod, call);
    }
    deletes.delete(pod, options, call);
  }

  private static boolean guarded(JsonNode pod) {
    return !Meta.deleting(pod) && !UNGUARDED.contains(pod.path("status").path("phase").asText(""));
  }

  private List<ApiObject> budgets(JsonNode pod) {
    Map<String, String> labels = new HashMap<>();
    pod.path("metadata")
        .path("labels")
        .properties()
        .forEach(label -> labels.put(label.getKey(), label.getValue().asText("")));
    List<ApiObject> matching = new ArrayList<>();
    for (ApiObject budget :
        objects.list(Resources.POD_DISRUPTION_BUDGETS.groupResource(), Meta.namespace(pod))) {
      JsonNode selector = budget.tree().path("spec").path("selector");
      if (selector.isObject() && LabelSelector.of(selector).matches(labels)) {
        matching.add(budget);
      }
    }
    return matching;
  }

  /**
   * Takes the disruption from the budget, unless the pod does not serve and need not be counted.
   */
  private void use(ApiObject budget, JsonNode pod, WriteCall call) {
    if (!ready(pod) && evictsUnready(budget.tree())) {
      return;
    }
    RequestInfo info =
        new RequestInfo(
            Verb.UPDATE,
            Resources.POD_DISRUPTION_BUDGETS,
            budget.key().namespace(),
            budget.key().name(),
            "status");
    WriteCall write = call.on(info);
    updates.update(
        budget.key(),
        Part.STATUS,
        write,
        current -> {
          count(current, Meta.name(pod), call);
          Meta.of(current).remove("resourceVersion");
          return current;
        });
  }

  private static boolean ready(JsonNode pod) {
    for (JsonNode condition : pod.path("status").path("conditions")) {
      if (condition.path("type").asText().equals("Ready")) {
        return condition.path("status").asText().equals("True");
      }
    }
    return false;
  }

  private static boolean evictsUnready(JsonNode budget) {
    JsonNode status = budget.path("status");
    int desired = status.path("desiredHealthy").asInt();
    return budget.path("spec").path("unhealthyPodEvictionPolicy").asText("").equals("AlwaysAllow")
        || (desired > 0 && status.path("currentHealthy").asInt() >= desired);
  }

  private static void count(ObjectNode budget, String pod, WriteCall call) {
    String name = Meta.name(budget);
    ObjectNode status = budget.withObject("/status");
    if (status.path("observedGeneration").asLong(0)
        < budget.path("metadata").path("generation").asLong(0)) {
      throw violation(
          "The disruption budget " + name + " is still being processed by the server.",
          RETRY_SECONDS);
    }
    int allowed = status.path("disruptionsAllowed").asInt(0);
    if (allowed < 0) {
      throw forbidden(name, "pdb disruptions allowed is negative");
    }
    if (status.path("disruptedPods").size() > MAX_DISRUPTED) {
      throw forbidden(
          name, "DisruptedPods map too big - too many evictions not confirmed by PDB controller");
    }
    if (allowed == 0) {
      throw violation(
          "The disruption budget "
              + name
              + " needs "
              + status.path("desiredHealthy").asInt()
              + " healthy pods and has "
              + status.path("currentHealthy").asInt()
              + " currently",
          0);
    }
    status.put("disruptionsAllowed", allowed - 1);
    if (allowed == 1) {
      setExhausted(status, call);
    }
    status.withObject("/disruptedPods").put(pod, Times.seconds(call.now()));
  }

  private static void setExhausted(ObjectNode status, WriteCall call) {
    for (JsonNode condition : status.path("conditions")) {
      if (condition instanceof ObjectNode open
          && open.path("type").asText().equals("DisruptionAllowed")) {
        if (!open.path("status").asText().equals("False")) {
          open.put("lastTransitionTime", Times.seconds(call.now()));
        }
        open.put("status", "False").put("reason", "InsufficientPods").put("message", "");
      }
    }
  }

  private static ApiException forbidden(String budget, String why) {
    return Errors.forbidden(Resources.POD_DISRUPTION_BUDGETS.groupResource(), budget, why);
  }

  private static ApiException violation(String cause, int retrySeconds) {
    ApiException refused = Errors.tooManyRequests(VIOLATES, retrySeconds);
    ObjectNode details = refused.details();
    ObjectNode all = details == null ? Json.object() : details;
    all.putArray("causes").addObject().put("reason", "DisruptionBudget").put("message", cause);
    return new ApiException(refused.code(), refused.reason(), VIOLATES, all);
  }

  /** Says on the pod why it goes. */
  private void markDisrupted(ObjectKey pod, WriteCall call) {
    if (call.dryRun()) {
      return;
    }
    updates.update(
        pod,
        Part.ANY,
        call.withOwnersAsGiven(),
        current -> {
          ArrayNode conditions = current.withObject("/status").withArray("conditions");
          conditions.removeIf(c -> c.path("type").asText().equals("DisruptionTarget"));
          conditions
              .addObject()
              .put("type", "DisruptionTarget")
              .put("status", "True")
              .put("reason", "EvictionByEvictionAPI")
              .put("message", "Eviction API: evicting")
              .put("lastTransitionTime", Times.seconds(call.now()));
          Meta.of(current).remove("resourceVersion");
          return current;
        });
  }
}
