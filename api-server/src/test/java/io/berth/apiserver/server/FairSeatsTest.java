package io.berth.apiserver.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.berth.api.transport.ApiException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(30)
class FairSeatsTest {
  private static final Duration LONG = Duration.ofSeconds(20);

  @Test
  void whoeverFindsRoomIsSeatedAtOnce() {
    FairSeats seats = new FairSeats(4, 10, LONG);
    try (FairSeats.Seat one = seats.take("a", 1);
        FairSeats.Seat two = seats.take("b", 2)) {
      assertThat(seats.taken()).isEqualTo(3);
    }
    assertThat(seats.taken()).isZero();
  }

  @Test
  void aClientWithManyRequestsMakesAnotherWaitForOneOfThemOnly() throws Exception {
    FairSeats seats = new FairSeats(1, 1_000, LONG);
    List<String> order = Collections.synchronizedList(new ArrayList<>());
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      FairSeats.Seat held = seats.take("noisy", 1);
      for (int i = 0; i < 200; i++) {
        threads.execute(() -> seated(seats, "noisy", order));
      }
      awaitWaiting(seats, 200);
      threads.execute(() -> seated(seats, "quiet", order));
      awaitWaiting(seats, 201);
      held.close();
    }
    assertThat(order).hasSize(201);
    assertThat(order.indexOf("quiet")).isLessThanOrEqualTo(1);
  }

  @Test
  void oneClientNeverHoldsAllSeats() throws Exception {
    FairSeats seats = new FairSeats(8, 100, LONG);
    CountDownLatch release = new CountDownLatch(1);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 20; i++) {
        threads.execute(() -> hold(seats, release));
      }
      awaitWaiting(seats, 14);
      try (FairSeats.Seat seat = seats.take("other", 2)) {
        assertThat(seats.taken()).isEqualTo(8);
      }
      release.countDown();
    }
  }

  @Test
  void tooLongAQueueAndTooLongAWaitAreToldToComeAgain() {
    FairSeats seats = new FairSeats(1, 0, LONG);
    FairSeats impatient = new FairSeats(1, 5, Duration.ZERO);
    try (FairSeats.Seat one = seats.take("a", 1);
        FairSeats.Seat two = impatient.take("a", 1)) {
      assertThatThrownBy(() -> seats.take("a", 1)).satisfies(FairSeatsTest::tooMany);
      assertThatThrownBy(() -> impatient.take("b", 1)).satisfies(FairSeatsTest::tooMany);
    }
    assertThat(impatient.waiting()).isZero();
    impatient.take("b", 1).close();
  }

  @Test
  void aWideRequestGetsInAmongNarrowOnes() throws Exception {
    FairSeats seats = new FairSeats(8, 1_000, LONG);
    AtomicInteger served = new AtomicInteger();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> all = new ArrayList<>();
      for (int i = 0; i < 500; i++) {
        int width = i % 50 == 0 ? 100 : 1;
        String flow = "f" + i % 7;
        all.add(
            threads.submit(
                () -> {
                  try (FairSeats.Seat seat = seats.take(flow, width)) {
                    return served.incrementAndGet();
                  }
                }));
      }
      for (Future<?> one : all) {
        one.get(20, TimeUnit.SECONDS);
      }
    }
    assertThat(served).hasValue(500);
    assertThat(seats.taken()).isZero();
    assertThat(seats.waiting()).isZero();
  }

  @Test
  void seatsAreNeverOverbookedWhateverTheOrder() throws Exception {
    FairSeats seats = new FairSeats(5, 10_000, LONG);
    AtomicInteger inside = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    Random random = new Random(42);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 2_000; i++) {
        int width = 1 + random.nextInt(3);
        String flow = "f" + random.nextInt(20);
        threads.execute(
            () -> {
              try (FairSeats.Seat seat = seats.take(flow, width)) {
                most.accumulateAndGet(inside.addAndGet(width), Math::max);
                Thread.yield();
                inside.addAndGet(-width);
              }
            });
      }
    }
    assertThat(most.get()).isBetween(1, 5);
    assertThat(seats.taken()).isZero();
  }

  private static void hold(FairSeats seats, CountDownLatch release) {
    try (FairSeats.Seat seat = seats.take("stuck", 1)) {
      release.await(20, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void seated(FairSeats seats, String flow, List<String> order) {
    try (FairSeats.Seat seat = seats.take(flow, 1)) {
      order.add(flow);
    }
  }

  private static void awaitWaiting(FairSeats seats, int count) {
    while (seats.waiting() < count) {
      Thread.onSpinWait();
    }
  }

  private static void tooMany(Throwable thrown) {
    assertThat(thrown).isInstanceOf(ApiException.class);
    assertThat(((ApiException) thrown).code()).isEqualTo(429);
  }
}
