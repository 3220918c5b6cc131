package io.berth.scheduler.packing;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.scheduler.cluster.Cluster;
import io.berth.scheduler.cluster.Placement;
import io.berth.scheduler.core.NodeRecord;
import io.berth.scheduler.core.PodDetails;
import io.berth.scheduler.core.PodRecord;
import io.berth.scheduler.core.PodShape;
import io.berth.scheduler.core.ResourceIndex;
import io.berth.scheduler.decide.Decider;
import io.berth.scheduler.decide.Profiles;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class FragmentationAwareTest {
  private final Cluster cluster = new Cluster(new ResourceIndex());
  private int pods;

  private void node(String name, long cpu) {
    long[] has = {cpu, cpu, 0, 110};
    cluster.putNode(new NodeRecord(name, Map.of(), List.of(), false, has, Map.of()));
  }

  private static String place(Decider decider, long cpu, int number) {
    PodShape shape = PodShape.builder("default").requests(new long[] {cpu, cpu, 0, 1}).build();
    String name = "p" + number;
    PodRecord pod = new PodRecord(name, name, shape, 0, "", PodDetails.PLAIN);
    Placement placement = decider.place(pod);
    return placement == null ? "nowhere" : placement.node().name();
  }

  private Decider decider() {
    return new Decider(cluster, Profiles.standard("x", new FragmentationAware(cluster)));
  }

  @Test
  void theLargestNodeIsBegunFirst() {
    node("small", 8);
    node("large", 16);
    assertThat(place(decider(), 1, pods++)).isEqualTo("large");
  }

  @Test
  void aNodeLargerThanAllOthersIsLeftForThePodsThatFitNowhereElse() {
    for (int i = 0; i < 39; i++) {
      node("n" + i, 16);
    }
    node("giant", 64);
    Decider decider = decider();
    for (int i = 0; i < 39; i++) {
      assertThat(place(decider, 16, pods++)).isNotEqualTo("giant");
    }
    assertThat(place(decider, 40, pods++)).isEqualTo("giant");
    assertThat(place(decider, 16, pods++)).as("all others are full").isEqualTo("giant");
  }

  @Test
  void whereNodesLikeItComeItIsLeftNoMore() {
    for (int i = 0; i < 39; i++) {
      node("n" + i, 16);
    }
    node("giant", 64);
    Decider decider = decider();
    assertThat(place(decider, 16, pods++)).isEqualTo("n0");
    for (int i = 0; i < 5; i++) {
      node("giant" + i, 64);
    }
    assertThat(Objects.requireNonNull(cluster.node("n0")).free(ResourceIndex.CPU)).isZero();
    assertThat(place(decider, 16, pods++)).startsWith("giant");
  }
}
