package io.berth.scheduler.simulate;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.scheduler.core.NodeRecord;
import io.berth.scheduler.core.PodShape;
import io.berth.scheduler.core.ResourceIndex;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BoundsTest {
  private static final int NOT_AT_ALL = 1_000;

  private static Workloads given(long[][] nodes, long[][] pods) {
    List<NodeRecord> all = new ArrayList<>();
    for (long[] has : nodes) {
      long[] amounts = {has[0], has[1], 0, 110};
      all.add(new NodeRecord("n" + all.size(), Map.of(), List.of(), false, amounts, Map.of()));
    }
    List<PodShape> list = new ArrayList<>();
    for (long[] wants : pods) {
      long[] amounts = {wants[0], wants[1], 0, 1};
      list.add(PodShape.builder("default").requests(amounts).build());
    }
    return new Workloads(all, list, new ResourceIndex());
  }

  @Test
  void theVolumeIsCoveredByTheLargestNodes() {
    long[][] nodes = {{10, 10}, {4, 4}, {4, 4}, {4, 4}};
    long[][] pods = {{3, 1}, {3, 1}, {3, 1}, {3, 1}, {3, 1}};
    assertThat(Bounds.of(given(nodes, pods)).volume()).isEqualTo(3); // 15 of 10 + 4 + 4
  }

  @Test
  void podsOfMoreThanHalfANodeStandAloneAndLeaveRoomForSmallOnesOnly() {
    long[][] nodes = {{10, 99}, {10, 99}, {10, 99}, {10, 99}, {10, 99}};
    long[][] pods = {{6, 1}, {6, 1}, {6, 1}};
    assertThat(Bounds.of(given(nodes, pods)).volume()).isEqualTo(2);
    assertThat(Bounds.of(given(nodes, pods)).bigItems()).isEqualTo(3);

    long[][] withOthers = {{6, 1}, {6, 1}, {6, 1}, {5, 1}, {5, 1}, {5, 1}};
    assertThat(Bounds.of(given(nodes, withOthers)).volume()).isEqualTo(4);
    assertThat(Bounds.of(given(nodes, withOthers)).bigItems()).isEqualTo(5);
  }

  @Test
  void allResourcesAtOnceNeedMoreNodesThanEachByItself() {
    // Two nodes have the CPU and two others the memory.
    long[][] nodes = {{10, 1}, {10, 1}, {1, 10}, {1, 10}};
    long[][] pods = {{1, 10}, {10, 1}, {1, 8}, {8, 1}};
    Bounds bounds = Bounds.of(given(nodes, pods));
    assertThat(bounds.volume()).isEqualTo(2);
    assertThat(bounds.lp()).isEqualTo(4);
  }

  @Test
  void podsThatCannotAllBePlacedHaveABoundAboveTheNumberOfNodes() {
    assertThat(Bounds.of(given(new long[][] {{10, 10}}, new long[][] {{6, 1}, {6, 1}})).largest())
        .isGreaterThan(1);
    assertThat(Bounds.of(given(new long[][] {{10, 0}}, new long[][] {{6, 1}})).largest())
        .isGreaterThan(1);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 4, 5, 6, 7, 8})
  void noPlacementUsesFewerNodesThanABoundSays(int seed) {
    Random random = new Random(seed);
    for (int round = 0; round < 60; round++) {
      long[][] nodes = new long[5][];
      for (int j = 0; j < nodes.length; j++) {
        nodes[j] = new long[] {5 + random.nextInt(10), 5 + random.nextInt(10)};
      }
      long[][] pods = new long[3 + random.nextInt(5)][];
      for (int i = 0; i < pods.length; i++) {
        pods[i] = new long[] {1 + random.nextInt(8), 1 + random.nextInt(8)};
      }
      Bounds bounds = Bounds.of(given(nodes, pods));
      int fewest = fewest(nodes, pods, 0, 0, NOT_AT_ALL);
      assertThat(bounds.largest()).isLessThanOrEqualTo(fewest);
      assertThat(bounds.lp()).isGreaterThanOrEqualTo(bounds.volume());
    }
  }

  /** Tries every placement. */
  private static int fewest(long[][] free, long[][] pods, int next, int used, int best) {
    if (next == pods.length) {
      return Math.min(best, Integer.bitCount(used));
    }
    int fewest = best;
    for (int j = 0; j < free.length; j++) {
      long[] pod = pods[next];
      if (free[j][0] >= pod[0] && free[j][1] >= pod[1]) {
        free[j][0] -= pod[0];
        free[j][1] -= pod[1];
        fewest = fewest(free, pods, next + 1, used | 1 << j, fewest);
        free[j][0] += pod[0];
        free[j][1] += pod[1];
      }
    }
    return fewest;
  }
}
