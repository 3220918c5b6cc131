package io.berth.scheduler.decide;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.scheduler.cluster.Cluster;
import io.berth.scheduler.cluster.Node;
import io.berth.scheduler.core.NodeRecord;
import io.berth.scheduler.core.NodeTerm;
import io.berth.scheduler.core.PodDetails;
import io.berth.scheduler.core.PodRecord;
import io.berth.scheduler.core.PodShape;
import io.berth.scheduler.core.Requirement;
import io.berth.scheduler.core.ResourceIndex;
import io.berth.scheduler.core.Taint;
import io.berth.scheduler.packing.Packings;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A shape's first decision keeps nothing and looks at few nodes; it must be as the second is. */
class FirstLookTest {
  private Random random = new Random(0);
  private final Cluster cluster = new Cluster(new ResourceIndex());
  private final List<String> placed = new ArrayList<>();
  private int names;

  @ParameterizedTest
  @CsvSource({
    "FragmentationAware, 1",
    "FragmentationAware, 2",
    "FragmentationAware, 3",
    "BestFit, 4",
    "DotProduct, 5",
    "MostAllocated, 6",
    "LeastAllocated, 7",
    "RequestedToCapacityRatio, 8",
  })
  void theFirstDecisionIsAsTheSecond(String policy, long seed) {
    random = new Random(seed);
    for (int i = 0; i < 25; i++) {
      putNode("n" + i);
    }
    try (Decider decider =
        new Decider(cluster, Profiles.standard("test", Packings.of(policy, cluster)))) {
      int found = 0;
      for (int step = 0; step < 1500; step++) {
        happen();
        PodRecord pod = pod(shape());
        Decider.Spot first = decider.look(pod);
        Decider.Spot second = decider.look(pod);
        assertThat(name(first)).as("step %d: %s", step, cluster.nodes()).isEqualTo(name(second));
        if (second != null) {
          found++;
          assertThat(first == null ? null : first.devices()).isEqualTo(second.devices());
          cluster.assume(pod, second.node(), second.devices());
          placed.add(pod.uid());
        }
      }
      assertThat(found).isGreaterThan(500);
    }
  }

  private static String name(Decider.@Nullable Spot spot) {
    return spot == null ? "nowhere" : spot.node().name();
  }

  private void happen() {
    while (placed.size() > 60 || (!placed.isEmpty() && random.nextInt(3) == 0)) {
      cluster.removePod(placed.remove(random.nextInt(placed.size())));
    }
    switch (random.nextInt(12)) {
      case 0 -> putNode("n" + random.nextInt(30));
      case 1 -> cluster.removeNode("n" + random.nextInt(30));
      case 2 -> daemon();
      default -> {}
    }
  }

  /** A pod that does not count as use: it could be nowhere else. */
  private void daemon() {
    Node node = cluster.node("n" + random.nextInt(30));
    if (node != null) {
      PodShape shape =
          shape().toBuilder()
              .requests(new long[] {1, 1, 0, 1})
              .requiredTerms(List.of(named(node.name())))
              .build();
      PodRecord pod = pod(shape);
      cluster.assume(pod, node, new int[0]);
      placed.add(pod.uid());
    }
  }

  private static NodeTerm named(String node) {
    return new NodeTerm(
        List.of(),
        List.of(new Requirement("metadata.name", Requirement.Operator.IN, List.of(node))));
  }

  private PodRecord pod(PodShape shape) {
    String name = "p" + names++;
    return new PodRecord(name, name, shape, 0, "", PodDetails.PLAIN);
  }

  private PodShape shape() {
    long gpu = random.nextInt(3) == 0 ? 250L * random.nextInt(9) : 0;
    long[] wants = {1 + random.nextInt(8), 1 + random.nextInt(8), 0, 1, gpu};
    PodShape.Builder shape = PodShape.builder("default").requests(wants);
    if (random.nextInt(4) == 0) {
      shape.images(List.of("web:1"));
    }
    if (random.nextInt(6) == 0) {
      shape.nodeSelector(Map.of("disk", "ssd"));
    }
    return shape.build();
  }

  private void putNode(String name) {
    int size = 8 << random.nextInt(3);
    long[] has = {size, size, 0, 110, random.nextInt(3) == 0 ? 4000 : 0};
    List<Taint> taints = new ArrayList<>();
    if (random.nextInt(8) == 0) {
      taints.add(new Taint("k", "v", Taint.NO_SCHEDULE));
    }
    if (random.nextInt(200) == 0) {
      taints.add(new Taint("s", "v", Taint.PREFER_NO_SCHEDULE));
    }
    cluster.putNode(
        new NodeRecord(
            name,
            Map.of("disk", random.nextBoolean() ? "ssd" : "hdd"),
            taints,
            random.nextInt(12) == 0,
            has,
            random.nextInt(4) == 0 ? Map.of("web:1", 500L << 20) : Map.of()));
  }
}
