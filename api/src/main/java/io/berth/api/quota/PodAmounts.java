package io.berth.api.quota;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.object.Quantity;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What a whole pod asks for, or may use: its containers together, or whichever of the containers
 * that run before them needs more, and its overhead. Pure.
 */
public final class PodAmounts {
  private PodAmounts() {}

  /** What the pod asks for, by resource. */
  public static SortedMap<String, Quantity> requests(JsonNode spec) {
    return of(spec, "requests");
  }

  /** What the pod may use, by resource; a resource without a limit is not there. */
  public static SortedMap<String, Quantity> limits(JsonNode spec) {
    return of(spec, "limits");
  }

  /**
   * What the containers ask for or may use together, without the pod's own say and overhead.
   *
   * @param kind {@code requests} or {@code limits}
   */
  public static SortedMap<String, Quantity> ofContainers(JsonNode spec, String kind) {
    SortedMap<String, Quantity> sum = new TreeMap<>();
    for (JsonNode container : spec.path("containers")) {
      merge(sum, amounts(container, kind), Sum.ADD);
    }
    SortedMap<String, Quantity> sidecars = new TreeMap<>();
    SortedMap<String, Quantity> before = new TreeMap<>();
    for (JsonNode container : spec.path("initContainers")) {
      SortedMap<String, Quantity> own = amounts(container, kind);
      if (container.path("restartPolicy").asText("").equals("Always")) {
        merge(sidecars, own, Sum.ADD);
        merge(before, sidecars, Sum.LARGER);
      } else {
        merge(own, sidecars, Sum.ADD);
        merge(before, own, Sum.LARGER);
      }
    }
    merge(sum, sidecars, Sum.ADD);
    merge(sum, before, Sum.LARGER);
    return sum;
  }

  private static SortedMap<String, Quantity> of(JsonNode spec, String kind) {
    SortedMap<String, Quantity> sum = ofContainers(spec, kind);
    for (var amount : spec.path("resources").path(kind).properties()) {
      sum.put(amount.getKey(), Quantity.of(amount.getValue())); // the pod's own say goes before
    }
    SortedMap<String, Quantity> overhead = amounts(spec.path("overhead"));
    overhead.keySet().removeIf(name -> kind.equals("limits") && !sum.containsKey(name));
    merge(sum, overhead, Sum.ADD);
    return sum;
  }

  private enum Sum {
    ADD,
    LARGER
  }

  private static SortedMap<String, Quantity> amounts(JsonNode container, String kind) {
    return amounts(container.path("resources").path(kind));
  }

  private static SortedMap<String, Quantity> amounts(JsonNode list) {
    SortedMap<String, Quantity> amounts = new TreeMap<>();
    list.properties().forEach(a -> amounts.put(a.getKey(), Quantity.of(a.getValue())));
    return amounts;
  }

  private static void merge(SortedMap<String, Quantity> into, Map<String, Quantity> more, Sum how) {
    more.forEach(
        (name, amount) ->
            into.merge(
                name, amount, (a, b) -> how == Sum.ADD ? a.add(b) : a.compareTo(b) >= 0 ? a : b));
  }
}
