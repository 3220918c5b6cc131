package io.berth.scheduler.reader;

import static io.berth.scheduler.core.Amounts.max;
import static io.berth.scheduler.core.Amounts.none;
import static io.berth.scheduler.core.Amounts.plus;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.object.Quantity;
import io.berth.scheduler.core.ResourceIndex;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Reads amounts of resources. Safe for use by many threads. */
final class Amounts {
  private static final int REMEMBERED = 10_000;

  private final ResourceIndex resources;

  /** The same few quantities come again and again. */
  private final Map<String, Quantity> parsed = new ConcurrentHashMap<>();

  Amounts(ResourceIndex resources) {
    this.resources = resources;
  }

  /**
   * What a pod takes of a node: the larger of what its containers take together and what any init
   * container takes while the sidecars started before it run; amounts given for the whole pod
   * instead of that; the overhead on top.
   */
  long[] requests(JsonNode spec) {
    long[] sidecars = none();
    long[] initPeak = none();
    for (JsonNode container : spec.path("initContainers")) {
      long[] own = of(container.path("resources").path("requests"));
      long[] running = plus(sidecars, own);
      initPeak = max(initPeak, running);
      if (container.path("restartPolicy").asText().equals("Always")) {
        sidecars = running;
      }
    }
    long[] sum = sidecars;
    for (JsonNode container : spec.path("containers")) {
      sum = plus(sum, of(container.path("resources").path("requests")));
    }
    long[] total = max(sum, initPeak);
    for (var entry : spec.path("resources").path("requests").properties()) {
      total = with(total, entry.getKey(), entry.getValue());
    }
    total = plus(total, of(spec.path("overhead")));
    return io.berth.scheduler.core.Amounts.with(total, ResourceIndex.PODS, 1);
  }

  /** A resource list as amounts by slot. */
  long[] of(JsonNode list) {
    long[] amounts = none();
    for (var entry : list.properties()) {
      amounts = with(amounts, entry.getKey(), entry.getValue());
    }
    return amounts;
  }

  private long[] with(long[] amounts, String name, JsonNode quantity) {
    int slot = resources.slot(name);
    Quantity value = parse(name, quantity.asText());
    return io.berth.scheduler.core.Amounts.with(
        amounts, slot, slot == ResourceIndex.CPU ? value.milliValue() : value.value());
  }

  private Quantity parse(String name, String text) {
    if (parsed.size() > REMEMBERED) {
      parsed.clear();
    }
    try {
      return parsed.computeIfAbsent(text, Quantity::parse);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          name + " is no amount: \"" + text + "\": " + e.getMessage(), e);
    }
  }
}
