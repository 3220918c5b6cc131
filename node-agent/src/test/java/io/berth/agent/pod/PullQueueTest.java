package io.berth.agent.pod;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.api.time.SystemEnvironment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(20)
class PullQueueTest {
  @ParameterizedTest
  @ValueSource(ints = {1, 3})
  void onlySoManyRunAtOnceInTheOrderTheyCame(int atOnce) throws Exception {
    SystemEnvironment environment = new SystemEnvironment();
    PullQueue queue = new PullQueue(environment, atOnce);
    Semaphore begun = new Semaphore(0);
    Semaphore finish = new Semaphore(0);
    CountDownLatch over = new CountDownLatch(9);
    List<Integer> order = Collections.synchronizedList(new ArrayList<>());
    for (int i = 0; i < 9; i++) {
      int number = i;
      queue.add(
          () -> {
            order.add(number);
            begun.release();
            finish.acquireUninterruptibly();
            over.countDown();
            if (number == 4) {
              throw new IllegalStateException("a pull that fails lets the next one in");
            }
          });
    }
    begun.acquire(atOnce);
    for (int i = atOnce; i < 9; i++) {
      assertThat(begun.tryAcquire(20, TimeUnit.MILLISECONDS)).isFalse();
      finish.release();
      begun.acquire();
    }
    finish.release(atOnce);
    over.await();
    if (atOnce == 1) {
      assertThat(order).containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8);
    }
    assertThat(order.subList(atOnce, 9)).isSorted();
  }

  @ParameterizedTest
  @CsvSource({
    "PT0S, 0s",
    "PT0.0009S, 0s",
    "PT0.012S, 12ms",
    "PT1S, 1s",
    "PT1.5S, 1.5s",
    "PT59.007S, 59.007s",
    "PT2M3S, 2m3s",
    "PT1H, 1h0m0s",
    "PT25H1M0.25S, 25h1m0.25s",
  })
  void durationsReadAsInGo(Duration duration, String text) {
    assertThat(GoDuration.millis(duration.toNanos())).isEqualTo(text);
  }

  @Test
  void aNeedWithoutAPolicyGetsTheTagsOne() {
    assertThat(policy("app")).isEqualTo("Always");
    assertThat(policy("app:latest")).isEqualTo("Always");
    assertThat(policy("host:5000/app")).isEqualTo("Always");
    assertThat(policy("app:1")).isEqualTo("IfNotPresent");
    assertThat(policy("app@sha256:" + "0".repeat(64))).isEqualTo("IfNotPresent");
  }

  private static String policy(String image) {
    var json = io.berth.api.codec.Json.object().put("name", "main").put("image", image);
    return ImageNeed.of(new ContainerDef("main", ContainerDef.Kind.MAIN, 0, json)).policy();
  }
}
