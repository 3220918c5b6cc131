package io.berth.api.validation;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.object.Names;
import io.berth.api.object.Quantity;
import io.berth.api.object.Text;
import java.util.Set;

/** Requests and limits. */
final class ResourceRules {
  private static final Set<String> STANDARD = Set.of("cpu", "memory", "ephemeral-storage");

  private ResourceRules() {}

  static void container(JsonNode resources, String path, Report report) {
    JsonNode limits = resources.path("limits");
    JsonNode requests = resources.path("requests");
    amounts(limits, path + ".limits", report);
    amounts(requests, path + ".requests", report);
    for (var request : requests.properties()) {
      String name = request.getKey();
      JsonNode limit = limits.path(name);
      Quantity wanted = Quantity.of(request.getValue());
      boolean overcommits = STANDARD.contains(name);
      if (limit.isMissingNode()) {
        if (!overcommits) {
          report.required(path + ".limits", "Limit must be set for non overcommitable resources");
        }
      } else if (overcommits && wanted.compareTo(Quantity.of(limit)) > 0) {
        report.invalid(
            path + ".requests",
            wanted.toString(),
            "must be less than or equal to " + name + " limit of " + limit.asText());
      } else if (!overcommits && wanted.compareTo(Quantity.of(limit)) != 0) {
        report.invalid(
            path + ".requests",
            wanted.toString(),
            "must be equal to " + name + " limit of " + limit.asText());
      }
    }
  }

  static void overhead(JsonNode overhead, String path, Report report) {
    amounts(overhead, path, report);
  }

  /** What a node has: any resource, none of it negative. */
  static void capacity(JsonNode amounts, String path, Report report) {
    for (var amount : amounts.properties()) {
      Quantity quantity = Quantity.of(amount.getValue());
      if (quantity.signum() < 0) {
        report.invalid(
            path + "[" + amount.getKey() + "]", quantity.toString(), Report.NOT_NEGATIVE);
      }
    }
  }

  private static void amounts(JsonNode amounts, String path, Report report) {
    for (var amount : amounts.properties()) {
      String name = amount.getKey();
      String at = path + "[" + name + "]";
      report.invalid(at, name, Names.qualifiedName(name));
      if (!name.contains("/") && !STANDARD.contains(name) && !name.startsWith("hugepages-")) {
        report.invalid(at, name, "must be a standard resource type or fully qualified");
        report.invalid(at, name, "must be a standard resource for containers");
      }
      Quantity quantity = Quantity.of(amount.getValue());
      if (quantity.signum() < 0) {
        report.invalid(at, quantity.toString(), Report.NOT_NEGATIVE);
      }
      if (name.contains("/") && quantity.milliValue() % 1000 != 0) {
        report.add(
            FieldError.invalidRaw(at, Text.quote(quantity.toString()), "must be an integer"));
      }
    }
  }
}
