package io.berth.scheduler.simulate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.berth.scheduler.core.NodeRecord;
import io.berth.scheduler.core.PodRecord;
import io.berth.scheduler.core.ResourceIndex;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * The protocol of "Beware of Fragmentation" (USENIX ATC 2023) on the public openb trace: pods drawn
 * until they ask for 1.3 times the GPUs that there are, the share of GPUs allocated, mean of ten
 * seeds. The trace is no part of this repository; the environment variable {@code BERTH_TRACES}
 * names its folder.
 */
class PublishedProtocolTest {
  private static final List<Long> SEEDS = LongStream.rangeClosed(42, 51).boxed().toList();

  private static Workloads trace() throws IOException {
    @Nullable String folder = System.getenv("BERTH_TRACES");
    assumeTrue(
        folder != null && Files.isDirectory(Path.of(folder)),
        "skipped: BERTH_TRACES does not name the folder of the openb trace");
    ResourceIndex resources = new ResourceIndex();
    InputReader reader = new InputReader(resources, "default");
    Path of = Path.of(folder);
    List<NodeRecord> nodes = reader.nodes(of.resolve("openb_node_list_all_node.csv"));
    List<PodRecord> pods = reader.pods(of.resolve("openb_pod_list_default.csv"), nodes);
    return new Workloads(nodes, pods.stream().map(PodRecord::shape).toList(), resources);
  }

  @Test
  void theDefaultAllocatesMoreThanTheBestPublishedAndTheOthersAsMuchAsPublished()
      throws IOException, InterruptedException {
    List<String> policies = List.of("FragmentationAware", "BestFit", "DotProduct");
    Study study = new Study(new Study.Plan(trace(), policies, SEEDS, 1.3));
    List<Study.Outcome> outcomes = study.run(Runnable::run, () -> 0, () -> {});

    assertThat(study.scarcest()).isEqualTo(ResourceIndex.GPU_MILLI);
    assertThat(atFull(outcomes.get(0))).as("FGD 95.23").isGreaterThan(95.23);
    assertThat(atEnd(outcomes.get(0))).as("FGD 95.39").isGreaterThan(95.39);
    assertThat(atFull(outcomes.get(1))).isCloseTo(92.86, within(1.0));
    assertThat(atEnd(outcomes.get(1))).isCloseTo(93.08, within(1.0));
    assertThat(atFull(outcomes.get(2))).isCloseTo(90.62, within(1.0));
    assertThat(atEnd(outcomes.get(2))).isCloseTo(90.85, within(1.0));
  }

  @Test
  void withoutGpusTheDefaultTakesFewerNodesThanTheOthersAndLeavesNoPodOut()
      throws IOException, InterruptedException {
    List<String> policies = List.of("FragmentationAware", "BestFit", "DotProduct", "MostAllocated");
    Study study = new Study(new Study.Plan(trace().withoutGpus(), policies, SEEDS, 0));
    List<Study.Outcome> outcomes = study.run(Runnable::run, () -> 0, () -> {});

    for (Study.Outcome other : outcomes.subList(1, outcomes.size())) {
      assertThat(outcomes.getFirst().mean(Simulation.Result::nodesUsed))
          .as(other.policy())
          .isLessThan(other.mean(Simulation.Result::nodesUsed));
    }
    assertThat(outcomes.getFirst().mean(Simulation.Result::failed)).isZero();
  }

  @Test
  void asABatchWithoutGpusItIsPlacedWithinThreeHundredthsOfTheLargestBound()
      throws IOException, InterruptedException {
    Workloads given = trace().withoutGpus();
    Offline batch = new Offline(given, List.of("FragmentationAware"));
    Simulation.Result best = batch.run(Runnable::run, () -> 0, () -> {}).getFirst().result();

    assertThat(best.failed()).isZero();
    assertThat((double) best.nodesUsed()).isLessThanOrEqualTo(1.03 * Bounds.of(given).largest());
  }

  private static double atFull(Study.Outcome outcome) {
    return 100 * outcome.mean(r -> r.atFull()[ResourceIndex.GPU_MILLI]);
  }

  private static double atEnd(Study.Outcome outcome) {
    return 100 * outcome.mean(r -> r.atEnd()[ResourceIndex.GPU_MILLI]);
  }
}
