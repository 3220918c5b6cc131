package io.berth.apiserver.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.object.ObjectKey;
import io.berth.api.object.Quantity;
import io.berth.api.quota.QuotaScopes;
import io.berth.api.quota.QuotaUsage;
import io.berth.api.resource.GroupResource;
import io.berth.api.resource.Resources;
import io.berth.api.transport.Errors;
import io.berth.apiserver.registry.AdmissionRequest;
import io.berth.apiserver.registry.AdmissionStep;
import io.berth.apiserver.registry.Meta;
import io.berth.apiserver.registry.ObjectStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Refuses what would use more than the quotas of a namespace allow. What is used is counted before
 * an object is stored, and given back when it was not stored after all and when it is gone. The
 * quota's controller sets what is allowed and counts anew what servers that died left behind.
 */
public final class ResourceQuotas implements AdmissionStep {
  /** What a quota bounds of a pod only where its containers say it. */
  private static final Set<String> MUST_BE_SAID =
      Set.of("cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory");

  private static final GroupResource PODS = Resources.PODS.groupResource();

  private final ParsedObjects quotas;
  private final QuotaLedger ledger;

  public ResourceQuotas(ObjectStore objects) {
    this.quotas = new ParsedObjects(objects, Resources.RESOURCE_QUOTAS);
    this.ledger = new QuotaLedger(objects);
  }

  @Override
  public void validate(AdmissionRequest request) {
    ObjectNode object = request.object();
    if (object == null || request.key().namespace().isEmpty()) {
      return;
    }
    List<JsonNode> bounds = quotas.in(request.key().namespace());
    if (!bounds.isEmpty()) {
      charge(request, object, bounds);
    }
  }

  private void charge(AdmissionRequest request, ObjectNode object, List<JsonNode> bounds) {
    List<JsonNode> charged = new ArrayList<>();
    for (JsonNode quota : bounds) {
      if (request.old() == null) {
        checkSaid(request, object, quota);
      }
      SortedMap<String, Quantity> delta = delta(quota, request, object);
      if (delta.isEmpty()) {
        continue;
      }
      checkKnown(request, quota, delta);
      String why = ledger.add(key(quota), delta, request.call().dryRun());
      if (why != null) {
        charged.forEach(taken -> giveBack(taken, request, object));
        throw Errors.forbidden(request.key().resource(), request.key().name(), why);
      }
      charged.add(quota);
    }
  }

  private static ObjectKey key(JsonNode quota) {
    return ObjectKey.of(
        Resources.RESOURCE_QUOTAS.groupResource(), Meta.namespace(quota), Meta.name(quota));
  }

  /** What the write changes of what a quota bounds. */
  private static SortedMap<String, Quantity> delta(
      JsonNode quota, AdmissionRequest request, JsonNode object) {
    GroupResource resource = request.key().resource();
    SortedMap<String, Quantity> after = bounded(quota, resource, object);
    ObjectNode old = request.old();
    return old == null ? after : QuotaUsage.difference(after, bounded(quota, resource, old));
  }

  private static SortedMap<String, Quantity> bounded(
      JsonNode quota, GroupResource resource, JsonNode object) {
    JsonNode spec = quota.path("spec");
    if (!QuotaScopes.include(spec, resource, object)) {
      return new TreeMap<>();
    }
    SortedMap<String, Quantity> usage = QuotaUsage.of(resource, object);
    usage.keySet().removeIf(name -> !spec.path("hard").has(name));
    return usage;
  }

  /** A pod must say what it asks for where a quota bounds that. */
  private static void checkSaid(AdmissionRequest request, JsonNode pod, JsonNode quota) {
    if (!request.key().resource().equals(PODS)
        || !QuotaScopes.include(quota.path("spec"), PODS, pod)) {
      return;
    }
    Map<String, List<String>> missing = new TreeMap<>();
    for (String list : new String[] {"initContainers", "containers"}) {
      for (JsonNode container : pod.path("spec").path(list)) {
        quota
            .path("spec")
            .path("hard")
            .fieldNames()
            .forEachRemaining(
                name -> {
                  if (MUST_BE_SAID.contains(name) && !says(pod, container, name)) {
                    missing
                        .computeIfAbsent(name, n -> new ArrayList<>())
                        .add(container.path("name").asText());
                  }
                });
      }
    }
    if (!missing.isEmpty()) {
      String what =
          missing.entrySet().stream()
              .map(e -> e.getKey() + " for: " + String.join(",", new TreeSet<>(e.getValue())))
              .collect(Collectors.joining("; "));
      throw Errors.forbidden(
          PODS,
          request.key().name(),
          "failed quota: " + Meta.name(quota) + ": must specify " + what);
    }
  }

  private static boolean says(JsonNode pod, JsonNode container, String name) {
    String kind = name.startsWith("limits.") ? "limits" : "requests";
    String resource = name.substring(name.indexOf('.') + 1);
    return container.path("resources").path(kind).has(resource)
        || pod.path("spec").path("resources").path(kind).has(resource);
  }

  /** Before its controller saw a quota, nobody knows what is used. */
  private static void checkKnown(
      AdmissionRequest request, JsonNode quota, SortedMap<String, Quantity> delta) {
    JsonNode status = quota.path("status");
    List<String> unknown =
        delta.entrySet().stream()
            .filter(amount -> amount.getValue().signum() > 0)
            .map(amount -> amount.getKey())
            .filter(name -> !status.path("hard").has(name) || !status.path("used").has(name))
            .toList();
    if (!unknown.isEmpty()) {
      throw Errors.forbidden(
          request.key().resource(),
          request.key().name(),
          "status unknown for quota: "
              + Meta.name(quota)
              + ", resources: "
              + String.join(",", unknown));
    }
  }

  private void giveBack(JsonNode quota, AdmissionRequest request, JsonNode object) {
    if (!request.call().dryRun()) {
      ledger.add(
          key(quota), QuotaUsage.difference(new TreeMap<>(), delta(quota, request, object)), false);
    }
  }

  @Override
  public void abandoned(AdmissionRequest request) {
    ObjectNode object = request.object();
    if (object != null && !request.key().namespace().isEmpty()) {
      quotas.in(request.key().namespace()).forEach(quota -> giveBack(quota, request, object));
    }
  }

  @Override
  public void removed(AdmissionRequest request) {
    ObjectNode old = request.old();
    if (old == null || request.key().namespace().isEmpty()) {
      return;
    }
    for (JsonNode quota : quotas.in(request.key().namespace())) {
      SortedMap<String, Quantity> usage = bounded(quota, request.key().resource(), old);
      if (!usage.isEmpty()) {
        ledger.add(key(quota), QuotaUsage.difference(new TreeMap<>(), usage), false);
      }
    }
  }
}
