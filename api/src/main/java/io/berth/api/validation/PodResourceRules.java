package io.berth.api.validation;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.object.Quantity;
import io.berth.api.quota.PodAmounts;
import java.util.List;

/** What a pod asks for as a whole, beside what its containers ask for. */
final class PodResourceRules {
  private static final List<String> SUPPORTED = List.of("cpu", "hugepages-", "memory");
  private static final String HUGE_PAGES = "hugepages-";

  private PodResourceRules() {}

  static void check(JsonNode spec, String path, Report report) {
    JsonNode resources = spec.path("resources");
    if (resources.isMissingNode() || resources.isNull()) {
      return;
    }
    ResourceRules.container(resources, path + ".resources", report);
    for (String kind : List.of("limits", "requests")) {
      for (var amount : resources.path(kind).properties()) {
        String name = amount.getKey();
        if (!supported(name)) {
          report.add(
              FieldError.notSupported(
                  path + ".resources." + kind + "[" + name + "]", name, SUPPORTED));
        }
      }
    }
    requests(spec, path + ".resources.requests", report);
    limits(spec, path + ".resources.limits", report);
  }

  private static boolean supported(String name) {
    return SUPPORTED.contains(name) || name.startsWith(HUGE_PAGES);
  }

  private static void requests(JsonNode spec, String path, Report report) {
    JsonNode whole = spec.path("resources").path("requests");
    PodAmounts.ofContainers(spec, "requests")
        .forEach(
            (name, together) -> {
              JsonNode own = whole.path(name);
              if (supported(name)
                  && !own.isMissingNode()
                  && together.compareTo(Quantity.of(own)) > 0) {
                report.invalid(
                    path + "[" + name + "]",
                    own.asText(),
                    "must be greater than or equal to aggregate container requests of " + together);
              }
            });
  }

  /** Containers may together have more than the pod, but none of them alone. */
  private static void limits(JsonNode spec, String path, Report report) {
    JsonNode whole = spec.path("resources").path("limits");
    for (String list : List.of("containers", "initContainers")) {
      for (JsonNode container : spec.path(list)) {
        for (var limit : container.path("resources").path("limits").properties()) {
          String name = limit.getKey();
          Quantity own = Quantity.of(limit.getValue());
          JsonNode most = whole.path(name);
          if (supported(name) && !most.isMissingNode() && own.compareTo(Quantity.of(most)) > 0) {
            report.invalid(
                path + "[" + name + "]",
                own.toString(),
                "must be less than or equal to pod limits of " + most.asText());
          }
        }
      }
    }
  }
}
