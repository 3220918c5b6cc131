package io.berth.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.api.time.SimulatedEnvironment;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

class SchedulerCoreTest {
  @Test
  void everyKindOfPodsFindsANodeAndGetsARow() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    List<SchedulerCore.Kind> kinds = List.of(SchedulerCore.Kind.values());
    List<SchedulerCore.Rate> rates =
        new SchedulerCore(new SimulatedEnvironment(1).clock(), 2)
            .run(List.of(30), kinds, new PrintStream(out, true, StandardCharsets.UTF_8));

    assertThat(rates).extracting(SchedulerCore.Rate::kind).containsExactlyElementsOf(kinds);
    assertThat(rates).allSatisfy(rate -> assertThat(rate.rates()).hasSize(2));
    assertThat(out.toString(StandardCharsets.UTF_8).lines()).hasSize(1 + kinds.size());
  }

  @Test
  void theMedianIsTheRateInTheMiddle() {
    assertThat(
            new SchedulerCore.Rate(SchedulerCore.Kind.BASIC, 1, 1, List.of(9.0, 1.0, 5.0)).median())
        .isEqualTo(5.0);
  }
}
