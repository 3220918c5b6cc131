package io.berth.api.quota;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.object.Quantity;
import io.berth.api.resource.GroupResource;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** Which objects a quota is for: all, or those in all of its scopes. Pure. */
public final class QuotaScopes {
  private QuotaScopes() {}

  /** Whether a quota's spec is for an object. */
  public static boolean include(JsonNode quotaSpec, GroupResource resource, JsonNode object) {
    JsonNode scopes = quotaSpec.path("scopes");
    JsonNode selected = quotaSpec.path("scopeSelector").path("matchExpressions");
    if (scopes.isEmpty() && selected.isEmpty()) {
      return true;
    }
    for (JsonNode scope : scopes) {
      if (!in(scope.asText(""), "Exists", Set.of(), resource, object)) {
        return false;
      }
    }
    for (JsonNode expression : selected) {
      Set<String> values = new HashSet<>();
      expression.path("values").forEach(value -> values.add(value.asText("")));
      String operator = expression.path("operator").asText("");
      if (!in(expression.path("scopeName").asText(""), operator, values, resource, object)) {
        return false;
      }
    }
    return true;
  }

  private static boolean in(
      String scope, String operator, Set<String> values, GroupResource resource, JsonNode object) {
    JsonNode spec = object.path("spec");
    if (scope.equals("VolumeAttributesClass")) {
      return resource.toString().equals("persistentvolumeclaims")
          && matches(operator, values, spec.path("volumeAttributesClassName").asText(""));
    }
    if (!resource.toString().equals("pods")) {
      return false;
    }
    return switch (scope) {
      case "Terminating" -> spec.hasNonNull("activeDeadlineSeconds");
      case "NotTerminating" -> !spec.hasNonNull("activeDeadlineSeconds");
      case "BestEffort" -> bestEffort(spec);
      case "NotBestEffort" -> !bestEffort(spec);
      case "PriorityClass" -> matches(operator, values, spec.path("priorityClassName").asText(""));
      case "CrossNamespacePodAffinity" -> crossesNamespaces(spec.path("affinity"));
      default -> false;
    };
  }

  private static boolean matches(String operator, Set<String> values, String value) {
    return switch (operator) {
      case "In" -> values.contains(value);
      case "NotIn" -> !values.contains(value);
      case "Exists" -> !value.isEmpty();
      case "DoesNotExist" -> value.isEmpty();
      default -> false;
    };
  }

  /** Whether no container asks for processors or memory. */
  private static boolean bestEffort(JsonNode spec) {
    for (String list : List.of("containers", "initContainers")) {
      for (JsonNode container : spec.path(list)) {
        for (String kind : List.of("requests", "limits")) {
          for (String name : List.of("cpu", "memory")) {
            JsonNode amount = container.path("resources").path(kind).path(name);
            if (!amount.isMissingNode() && Quantity.of(amount).signum() > 0) {
              return false;
            }
          }
        }
      }
    }
    return true;
  }

  private static boolean crossesNamespaces(JsonNode affinity) {
    for (String kind : List.of("podAffinity", "podAntiAffinity")) {
      JsonNode terms = affinity.path(kind);
      for (JsonNode term : terms.path("requiredDuringSchedulingIgnoredDuringExecution")) {
        if (crosses(term)) {
          return true;
        }
      }
      for (JsonNode weighted : terms.path("preferredDuringSchedulingIgnoredDuringExecution")) {
        if (crosses(weighted.path("podAffinityTerm"))) {
          return true;
        }
      }
    }
    return false;
  }

  private static boolean crosses(JsonNode term) {
    return !term.path("namespaces").isEmpty() || term.hasNonNull("namespaceSelector");
  }
}
