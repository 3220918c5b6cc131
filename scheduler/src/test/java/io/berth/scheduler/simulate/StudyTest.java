package io.berth.scheduler.simulate;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.scheduler.core.NodeRecord;
import io.berth.scheduler.core.PodShape;
import io.berth.scheduler.core.ResourceIndex;
import io.berth.scheduler.packing.Packings;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class StudyTest {
  private static Workloads mixed(int nodes, int pods) {
    Random random = new Random(1);
    List<NodeRecord> some = new ArrayList<>();
    for (int i = 0; i < nodes; i++) {
      long[] has = {16_000, 64L << 30, 0, 110, i % 2 == 0 ? 4000 : 0};
      some.add(new NodeRecord("n" + i, Map.of(), List.of(), false, has, Map.of()));
    }
    List<PodShape> list = new ArrayList<>();
    for (int i = 0; i < pods; i++) {
      long[] wants = {
        500L + 500L * random.nextInt(8),
        (1L + random.nextInt(16)) << 30,
        0,
        1,
        random.nextInt(3) == 0 ? 250L * random.nextInt(5) : 0
      };
      list.add(PodShape.builder("default").requests(wants).build());
    }
    return new Workloads(some, list, new ResourceIndex());
  }

  private static String told(Workloads given, Executor executor) throws InterruptedException {
    Study study = new Study(new Study.Plan(given, Packings.names(), List.of(1L, 2L, 3L), 1.3));
    AtomicLong arrived = new AtomicLong();
    StringBuilder told = new StringBuilder();
    for (Study.Outcome outcome : study.run(executor, () -> 0, arrived::incrementAndGet)) {
      for (Study.Run run : outcome.runs()) {
        Simulation.Result r = run.result();
        told.append(outcome.policy()).append(run.seed()).append(List.of(r.failed(), r.nodesUsed()));
        for (double part : r.atEnd()) {
          told.append(' ').append(part);
        }
        told.append(' ').append(r.fragmentation()).append('\n');
      }
    }
    assertThat(arrived).hasValue(study.pods());
    return told.toString();
  }

  @Test
  void resultsDoNotDependOnHowManyRunsGoAtATime() throws InterruptedException {
    Workloads given = mixed(40, 300);
    String oneByOne = told(given, Runnable::run);
    try (ExecutorService three = Executors.newFixedThreadPool(3)) {
      assertThat(told(given, three)).isEqualTo(oneByOne);
    }
    assertThat(oneByOne.lines()).hasSize(3 * Packings.names().size());
  }

  @Test
  void podsComeUntilTheyAskForSoManyTimesWhatThereIs() {
    Workloads given = mixed(40, 50);
    int scarcest = given.scarcest();
    Workloads more = given.shuffled(7, 1.3);
    assertThat(more.asked(scarcest)).isGreaterThanOrEqualTo(1.3 * given.capacity(scarcest));
    assertThat(given.shuffled(7, 0).pods()).containsExactlyInAnyOrderElementsOf(given.pods());
  }

  @Test
  void whatIsAllocatedIsWhatWasAskedForAsLongAsAllFits() {
    Workloads given = mixed(400, 50);
    Study study = new Study(new Study.Plan(given, List.of("BestFit"), List.of(1L), 0));
    Simulation.Result result;
    try {
      result = study.run(Runnable::run, () -> 0, () -> {}).getFirst().runs().getFirst().result();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
    assertThat(result.failed()).isZero();
    assertThat(result.atEnd()[ResourceIndex.CPU])
        .isEqualTo(given.asked(ResourceIndex.CPU) / given.capacity(ResourceIndex.CPU));
    assertThat(result.nodesUsed()).isBetween(1, 50);
  }
}
