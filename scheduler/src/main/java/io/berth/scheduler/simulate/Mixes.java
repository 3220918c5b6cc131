package io.berth.scheduler.simulate;

import io.berth.api.text.Nearest;
import io.berth.scheduler.core.NodeRecord;
import io.berth.scheduler.core.PodShape;
import io.berth.scheduler.core.ResourceIndex;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/** Pods drawn at random, for 1,500 equal nodes of 32 CPUs and 256 GiB. */
public final class Mixes {
  private static final int NODES = 1_500;
  private static final int PODS = 8_000;
  private static final long GIBIBYTE = 1L << 30;
  private static final List<String> NAMES = List.of("uniform", "bimodal");

  private Mixes() {}

  /**
   * A mix of pods: {@code uniform} of 0.25 to 7.75 CPUs and 1 to 60 GiB; {@code bimodal} seven of
   * ten of 0.25 to 2 CPUs and 2 to 16 GiB, the others of 8 to 16 CPUs and 32 to 96 GiB.
   *
   * @throws IllegalArgumentException there is no mix of that name
   */
  public static Workloads of(String name, long seed) {
    if (!NAMES.contains(name)) {
      throw new IllegalArgumentException(
          "no mix "
              + name
              + Nearest.to(name, NAMES)
                  .map(found -> ": did you mean " + found + "?")
                  .orElse(": expected " + String.join(" or ", NAMES)));
    }
    Random random = new Random(seed);
    List<NodeRecord> nodes = new ArrayList<>();
    for (int i = 0; i < NODES; i++) {
      long[] has = {32_000, 256 * GIBIBYTE, 0, 110};
      nodes.add(new NodeRecord("node-" + i, Map.of(), List.of(), false, has, Map.of()));
    }
    Map<PodShape, PodShape> known = new HashMap<>();
    List<PodShape> pods = new ArrayList<>();
    for (int i = 0; i < PODS; i++) {
      PodShape pod = name.equals("uniform") ? uniform(random) : bimodal(random);
      pods.add(known.computeIfAbsent(pod, p -> p));
    }
    return new Workloads(nodes, pods, new ResourceIndex());
  }

  private static PodShape uniform(Random random) {
    return pod(250L * (1 + random.nextInt(31)), 1L + random.nextInt(60));
  }

  private static PodShape bimodal(Random random) {
    return random.nextDouble() < 0.7
        ? pod(250L * (1 + random.nextInt(8)), 2L * (1 + random.nextInt(8)))
        : pod(1_000L * (8 + random.nextInt(9)), 32L + random.nextInt(65));
  }

  private static PodShape pod(long milliCpus, long gibibytes) {
    long[] wants = {milliCpus, gibibytes * GIBIBYTE, 0, 1};
    return PodShape.builder("default").requests(wants).build();
  }
}
