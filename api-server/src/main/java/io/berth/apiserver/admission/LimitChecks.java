package io.berth.apiserver.admission;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.object.Quantity;
import io.berth.api.quota.PodAmounts;
import java.math.MathContext;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Holds what pods and claims ask for against one item of a limit range. Pure. */
final class LimitChecks {
  /** What is asked for, and what may be used. */
  private record Amounts(Map<String, Quantity> requests, Map<String, Quantity> limits) {}

  private LimitChecks() {}

  static void pod(JsonNode item, JsonNode spec, List<String> errors) {
    switch (item.path("type").asText()) {
      case "Container" -> {
        for (String list : new String[] {"containers", "initContainers"}) {
          for (JsonNode container : spec.path(list)) {
            JsonNode resources = container.path("resources");
            check(
                item,
                "Container",
                new Amounts(amounts(resources.path("requests")), amounts(resources.path("limits"))),
                errors);
          }
        }
      }
      case "Pod" ->
          check(
              item, "Pod", new Amounts(PodAmounts.requests(spec), PodAmounts.limits(spec)), errors);
      default -> {} // of another kind
    }
  }

  static void claim(JsonNode item, JsonNode spec, List<String> errors) {
    String type = "PersistentVolumeClaim";
    if (!item.path("type").asText().equals(type)) {
      return;
    }
    Map<String, Quantity> requests = amounts(spec.path("resources").path("requests"));
    for (String name : names(item.path("min"))) {
      Quantity bound = Quantity.of(item.path("min").get(name));
      String rule = "minimum " + name + " usage per " + type + " is " + bound;
      Quantity asked = requests.get(name);
      if (asked == null) {
        errors.add(rule + ".  No request is specified");
      } else if (asked.compareTo(bound) < 0) {
        errors.add(rule + ", but request is " + asked);
      }
    }
    for (String name : names(item.path("max"))) {
      Quantity bound = Quantity.of(item.path("max").get(name));
      String rule = "maximum " + name + " usage per " + type + " is " + bound;
      Quantity asked = requests.get(name);
      if (asked == null) {
        errors.add(rule + ".  No request is specified");
      } else if (asked.compareTo(bound) > 0) {
        errors.add(rule + ", but request is " + asked);
      }
    }
  }

  private static void check(JsonNode item, String type, Amounts amounts, List<String> errors) {
    for (String name : names(item.path("min"))) {
      atLeast(name, type, Quantity.of(item.path("min").get(name)), amounts, errors);
    }
    for (String name : names(item.path("max"))) {
      atMost(name, type, Quantity.of(item.path("max").get(name)), amounts, errors);
    }
    for (String name : names(item.path("maxLimitRequestRatio"))) {
      ratio(name, type, Quantity.of(item.path("maxLimitRequestRatio").get(name)), amounts, errors);
    }
  }

  private static void atLeast(
      String name, String type, Quantity bound, Amounts amounts, List<String> errors) {
    String rule = "minimum " + name + " usage per " + type + " is " + bound;
    Quantity request = amounts.requests().get(name);
    Quantity limit = amounts.limits().get(name);
    if (request == null) {
      errors.add(rule + ".  No request is specified");
    } else if (request.compareTo(bound) < 0) {
      errors.add(rule + ", but request is " + request);
    } else if (limit != null && limit.compareTo(bound) < 0) {
      errors.add(rule + ", but limit is " + limit);
    }
  }

  private static void atMost(
      String name, String type, Quantity bound, Amounts amounts, List<String> errors) {
    String rule = "maximum " + name + " usage per " + type + " is " + bound;
    Quantity request = amounts.requests().get(name);
    Quantity limit = amounts.limits().get(name);
    if (limit == null) {
      errors.add(rule + ".  No limit is specified");
    } else if (limit.compareTo(bound) > 0) {
      errors.add(rule + ", but limit is " + limit);
    } else if (request != null && request.compareTo(bound) > 0) {
      errors.add(rule + ", but request is " + request);
    }
  }

  private static void ratio(
      String name, String type, Quantity bound, Amounts amounts, List<String> errors) {
    String rule = name + " max limit to request ratio per " + type + " is " + bound + ", but ";
    Quantity request = amounts.requests().get(name);
    Quantity limit = amounts.limits().get(name);
    if (none(request)) {
      errors.add(rule + "no request is specified or request is 0");
    } else if (none(limit)) {
      errors.add(rule + "no limit is specified or limit is 0");
    } else if (request != null && limit != null) {
      double ratio = limit.amount().divide(request.amount(), MathContext.DECIMAL64).doubleValue();
      if (ratio > bound.amount().doubleValue()) {
        errors.add(rule + String.format(Locale.ROOT, "provided ratio is %f", ratio));
      }
    }
  }

  private static boolean none(@Nullable Quantity quantity) {
    return quantity == null || quantity.isZero();
  }

  private static SortedSet<String> names(JsonNode amounts) {
    TreeSet<String> names = new TreeSet<>();
    amounts.fieldNames().forEachRemaining(names::add);
    return names;
  }

  private static Map<String, Quantity> amounts(JsonNode list) {
    Map<String, Quantity> amounts = new TreeMap<>();
    list.properties().forEach(a -> amounts.put(a.getKey(), Quantity.of(a.getValue())));
    return amounts;
  }
}
