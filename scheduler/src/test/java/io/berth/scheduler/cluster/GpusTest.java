package io.berth.scheduler.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.scheduler.core.NodeRecord;
import io.berth.scheduler.core.Obstacles;
import io.berth.scheduler.core.PodDetails;
import io.berth.scheduler.core.PodRecord;
import io.berth.scheduler.core.PodShape;
import io.berth.scheduler.core.PodVolumes;
import io.berth.scheduler.core.ResourceIndex;
import io.berth.scheduler.decide.Decider;
import io.berth.scheduler.decide.Profiles;
import io.berth.scheduler.packing.FragmentationAware;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Which GPUs of a node pods get. */
class GpusTest {
  private final Cluster cluster = new Cluster(new ResourceIndex());
  private final Decider decider =
      new Decider(cluster, Profiles.standard("test", new FragmentationAware(cluster)));

  @BeforeEach
  void nodeWithFourGpus() {
    long[] allocatable = {8_000, 1 << 30, 0, 110, 4_000};
    cluster.putNode(new NodeRecord("n", Map.of(), List.of(), false, allocatable, Map.of()));
  }

  private static PodRecord pod(String name, long milliGpu, String nodeName, Integer... devices) {
    long[] requests = {100, 1 << 20, 0, 1, milliGpu};
    PodShape shape = PodShape.builder("default").requests(requests).build();
    PodDetails details =
        new PodDetails(
            "", true, false, 0, "", "", List.of(devices), PodVolumes.NONE, Obstacles.NONE);
    return new PodRecord(name, name, shape, 0, nodeName, details);
  }

  private int[] place(String name, long milliGpu) {
    Placement placement = decider.place(pod(name, milliGpu, ""));
    return placement == null ? new int[] {-1} : placement.devices();
  }

  private Gpus gpus() {
    return Objects.requireNonNull(cluster.node("n")).gpus();
  }

  @Test
  void aShareLiesOnOneGpuAndWholeOnesAreUntouched() {
    int[] share = place("a", 600);
    assertThat(share).hasSize(1);
    assertThat(place("b", 400)).containsExactly(share[0]);
    assertThat(place("c", 3_000)).hasSize(3).doesNotContain(share[0]);
    assertThat(place("d", 100)).containsExactly(-1);
  }

  @Test
  void sharesThatTogetherWouldFitButOnNoSingleGpuDoNot() {
    for (int i = 0; i < 4; i++) {
      place("p" + i, 600);
    }
    assertThat(gpus().sum()).isEqualTo(1_600);
    assertThat(place("q", 500)).containsExactly(-1);
    assertThat(decider.diagnose(pod("q", 500, "")).message())
        .isEqualTo("0/1 nodes are available: 1 no GPU had 500 thousandths left.");
  }

  @Test
  void whatAPodHadIsFreeAgainOnceItIsGone() {
    place("a", 2_000);
    place("b", 500);
    cluster.removePod("a");
    cluster.removePod("b");
    assertThat(gpus().whole()).isEqualTo(4);
  }

  @Test
  void aPodThatIsFoundBoundHasTheGpusThatItsAnnotationNames() {
    cluster.putBound(pod("a", 2_000, "n", 1, 3));
    assertThat(gpus().free(0)).isEqualTo(1_000);
    assertThat(gpus().free(1)).isZero();
    assertThat(place("b", 2_000)).containsExactly(0, 2);
  }

  @Test
  void aPodThatOthersBoundWithoutSayingWhichTakesLikelyOnes() {
    cluster.putBound(pod("a", 3_000, "n"));
    cluster.putBound(pod("b", 300, "n"));
    assertThat(gpus().whole()).isZero();
    assertThat(gpus().sum()).isEqualTo(700);
  }
}
