package io.berth.bench;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.api.time.SystemEnvironment;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class ArrivalsTest {
  @Test
  void atARateEachCountsFromWhenItWasDueAlsoBehindOneThatHangs() {
    try (SystemEnvironment environment = new SystemEnvironment()) {
      long[] due = new long[50];
      CountDownLatch others = new CountDownLatch(49);
      new Arrivals(environment, 2, 1_000)
          .run(
              50,
              (index, dueNanos) -> {
                assertThat(environment.clock().nanos()).isGreaterThanOrEqualTo(dueNanos);
                due[index] = dueNanos;
                if (index == 0) {
                  Load.await(others);
                } else {
                  others.countDown();
                }
              });
      assertThat(Arrays.stream(due).map(nanos -> nanos - due[0]).toArray())
          .isEqualTo(LongStream.range(0, 50).map(i -> i * 1_000_000).toArray());
    }
  }
}
