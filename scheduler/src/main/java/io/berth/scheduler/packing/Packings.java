package io.berth.scheduler.packing;

import io.berth.api.text.Nearest;
import io.berth.scheduler.cluster.Cluster;
import io.berth.scheduler.packing.PlainPackings.Point;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** The strategies by the names that configuration and commands use, the default first. */
public final class Packings {
  /** Kubernetes' curve for packing: the fuller the better. */
  private static final List<Point> FULLER_IS_BETTER = List.of(new Point(0, 0), new Point(100, 10));

  private static final Map<String, Function<Cluster, Packing>> BY_NAME = byName();

  private Packings() {}

  private static Map<String, Function<Cluster, Packing>> byName() {
    Map<String, Function<Cluster, Packing>> all = new LinkedHashMap<>();
    all.put(FragmentationAware.NAME, FragmentationAware::new);
    all.put("MostAllocated", cluster -> PlainPackings.mostAllocated(PlainPackings.CPU_AND_MEMORY));
    all.put(
        "LeastAllocated", cluster -> PlainPackings.leastAllocated(PlainPackings.CPU_AND_MEMORY));
    all.put(
        "RequestedToCapacityRatio",
        cluster ->
            PlainPackings.requestedToCapacityRatio(PlainPackings.CPU_AND_MEMORY, FULLER_IS_BETTER));
    all.put("BestFit", PlainPackings::bestFit);
    all.put("DotProduct", PlainPackings::dotProduct);
    return all;
  }

  public static List<String> names() {
    return List.copyOf(BY_NAME.keySet());
  }

  /**
   * A strategy with the settings that it has where none are given.
   *
   * @throws IllegalArgumentException there is none of that name
   */
  public static Packing of(String name, Cluster cluster) {
    return maker(name).apply(cluster);
  }

  /**
   * Makes the strategy of that name for a cluster.
   *
   * @throws IllegalArgumentException there is none of that name
   */
  public static Function<Cluster, Packing> maker(String name) {
    Function<Cluster, Packing> maker = BY_NAME.get(name);
    if (maker == null) {
      throw new IllegalArgumentException(
          Nearest.to(name, BY_NAME.keySet())
              .map(found -> "no strategy " + name + ": did you mean " + found + "?")
              .orElse(
                  "no strategy "
                      + name
                      + ": expected one of "
                      + String.join(", ", BY_NAME.keySet())));
    }
    return maker;
  }
}
