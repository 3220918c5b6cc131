package io.berth.api.validation;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.object.Names;
import io.berth.api.object.Quantity;
import io.berth.api.object.Text;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** What a ResourceQuota may bound, and of which pods and claims. */
final class QuotaRules {
  /** What is counted whole. */
  private static final Set<String> COUNTS =
      Set.of(
          "configmaps",
          "persistentvolumeclaims",
          "pods",
          "replicationcontrollers",
          "resourcequotas",
          "secrets",
          "services",
          "services.loadbalancers",
          "services.nodeports");

  private static final Set<String> COMPUTE =
      Set.of("cpu", "limits.cpu", "limits.memory", "memory", "requests.cpu", "requests.memory");

  private static final Set<String> AMOUNTS =
      Set.of(
          "ephemeral-storage",
          "limits.ephemeral-storage",
          "requests.ephemeral-storage",
          "requests.storage");

  private static final Set<String> SCOPES =
      Set.of(
          "BestEffort",
          "CrossNamespacePodAffinity",
          "NotBestEffort",
          "NotTerminating",
          "PriorityClass",
          "Terminating",
          "VolumeAttributesClass");

  private static final List<List<String>> OPPOSITES =
      List.of(List.of("BestEffort", "NotBestEffort"), List.of("NotTerminating", "Terminating"));

  private static final String UNSUITED = "unsupported scope applied to resource";

  private QuotaRules() {}

  static void check(JsonNode spec, Report report) {
    JsonNode hard = spec.path("hard");
    for (var amount : hard.properties()) {
      bound(amount.getKey(), amount.getValue(), report);
    }
    scopes(spec.path("scopes"), hard, report);
    JsonNode selector = spec.path("scopeSelector");
    Report.each(
        selector.path("matchExpressions"),
        "spec.scopeSelector.matchExpressions",
        (expression, at) -> {
          String scope = expression.path("scopeName").asText("");
          if (!SCOPES.contains(scope)) {
            report.invalid(at + ".scopeName", scope, "unsupported scope");
          }
          for (long i = unsuited(scope, hard); i > 0; i--) {
            report.add(FieldError.invalidRaw("spec.scopeSelector", selector.toString(), UNSUITED));
          }
        });
  }

  private static void bound(String name, JsonNode amount, Report report) {
    String at = "spec.hard[" + name + "]";
    report.invalid(at, name, Names.qualifiedName(name));
    if (!name.contains("/") && !standard(name)) {
      if (!name.equals("storage")) {
        report.invalid(at, name, "must be a standard resource type or fully qualified");
      }
      report.invalid(at, name, "must be a standard resource for quota");
    }
    Quantity quantity = Quantity.of(amount);
    if (quantity.signum() < 0) {
      report.invalid(at, quantity.toString(), Report.NOT_NEGATIVE);
    }
    if (COUNTS.contains(name) && quantity.milliValue() % 1000 != 0) {
      report.add(FieldError.invalidRaw(at, Text.quote(quantity.toString()), "must be an integer"));
    }
  }

  private static boolean standard(String name) {
    return COUNTS.contains(name)
        || COMPUTE.contains(name)
        || AMOUNTS.contains(name)
        || name.startsWith("hugepages-")
        || name.startsWith("requests.hugepages-");
  }

  private static void scopes(JsonNode scopes, JsonNode hard, Report report) {
    Set<String> names = new HashSet<>();
    for (JsonNode scope : scopes) {
      String name = scope.asText("");
      names.add(name);
      if (!SCOPES.contains(name)) {
        report.add(FieldError.invalidRaw("spec.scopes", scopes.toString(), "unsupported scope"));
      }
      for (long i = unsuited(name, hard); i > 0; i--) {
        report.add(FieldError.invalidRaw("spec.scopes", scopes.toString(), UNSUITED));
      }
    }
    for (List<String> pair : OPPOSITES) {
      if (names.containsAll(pair)) {
        report.add(FieldError.invalidRaw("spec.scopes", scopes.toString(), "conflicting scopes"));
      }
    }
  }

  /** How many of the bounds a scope cannot choose by. */
  private static long unsuited(String scope, JsonNode hard) {
    return hard.properties().stream()
        .filter(amount -> standard(amount.getKey()) && !suits(scope, amount.getKey()))
        .count();
  }

  private static boolean suits(String scope, String name) {
    return switch (scope) {
      case "BestEffort" -> name.equals("pods");
      case "CrossNamespacePodAffinity",
          "NotBestEffort",
          "NotTerminating",
          "PriorityClass",
          "Terminating" ->
          name.equals("pods") || COMPUTE.contains(name);
      case "VolumeAttributesClass" ->
          name.equals("persistentvolumeclaims") || name.equals("requests.storage");
      default -> true; // said already that there is no such scope
    };
  }
}
