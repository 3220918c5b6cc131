package io.berth.scheduler.simulate;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.scheduler.core.NodeRecord;
import io.berth.scheduler.core.NodeTerm;
import io.berth.scheduler.core.PodShape;
import io.berth.scheduler.core.Requirement;
import io.berth.scheduler.core.ResourceIndex;
import io.berth.scheduler.decide.Profiles;
import io.berth.scheduler.packing.Packings;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OfflineTest {
  private static List<NodeRecord> nodes(int count) {
    List<NodeRecord> nodes = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      long[] has = {i % 4 == 0 ? 16 : 8, 32, 0, 110};
      nodes.add(new NodeRecord("n" + i, Map.of(), List.of(), false, has, Map.of()));
    }
    return nodes;
  }

  private static PodShape pod(long cpu, long memory) {
    return PodShape.builder("default").requests(new long[] {cpu, memory, 0, 1}).build();
  }

  private static List<Offline.Attempt> attempts(Workloads given) {
    try {
      return new Offline(given, Packings.names()).run(Runnable::run, () -> 0, () -> {});
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4})
  void theBestIsNoWorseThanOneByOneAndWithinTheBounds(long seed) {
    Random random = new Random(seed);
    List<PodShape> pods = new ArrayList<>();
    for (int i = 0; i < 120; i++) {
      pods.add(pod(1 + random.nextInt(6), 1 + random.nextInt(16)));
    }
    Workloads given = new Workloads(nodes(100), pods, new ResourceIndex());
    Offline.Attempt best = attempts(given).getFirst();
    Simulation.Result oneByOne =
        new Simulation(
                given,
                given.scarcest(),
                cluster -> Profiles.standard("x", Packings.of("FragmentationAware", cluster)),
                () -> 0,
                () -> {})
            .run();

    assertThat(best.result().failed()).isZero();
    assertThat(best.result().nodesUsed())
        .isBetween(Bounds.of(given).largest(), oneByOne.nodesUsed());
  }

  @Test
  void podsThatNameTheirNodeGetItsRoomBeforeBiggerOnes() {
    Requirement named = new Requirement("metadata.name", Requirement.Operator.IN, List.of("n1"));
    PodShape bound =
        pod(1, 1).toBuilder()
            .requiredTerms(List.of(new NodeTerm(List.of(), List.of(named))))
            .build();
    List<NodeRecord> two = nodes(2);
    Workloads given =
        new Workloads(two, List.of(pod(8, 8), pod(8, 8), pod(7, 8), bound), new ResourceIndex());

    assertThat(attempts(given)).allSatisfy(a -> assertThat(a.result().failed()).isZero());
  }
}
