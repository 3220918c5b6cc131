package io.berth.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.api.time.SimulatedEnvironment;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ReconcileLoopTest {
  private final SimulatedEnvironment world = new SimulatedEnvironment(1);
  private final List<String> worked = new ArrayList<>();

  private ReconcileLoop<String> loop(int workers, Reconciler<String> reconciler) {
    var loop = new ReconcileLoop<>("test", world, workers, reconciler, new SimpleMeterRegistry());
    loop.start();
    return loop;
  }

  @Test
  void aKeyAddedManyTimesBeforeItIsWorkedOnIsWorkedOnOnce() {
    var loop = new ReconcileLoop<String>("test", world, 1, this::record, new SimpleMeterRegistry());
    loop.add("a");
    loop.add("b");
    loop.add("a");
    loop.start();
    world.runReady();
    assertThat(worked).containsExactly("a", "b");
    assertThat(loop.idle()).isTrue();
  }

  @Test
  void aKeyAddedWhileItIsWorkedOnIsWorkedOnOnceMoreAfterwards() {
    List<ReconcileLoop<String>> self = new ArrayList<>();
    self.add(
        loop(
            4,
            key -> {
              worked.add(key);
              if (worked.size() == 1) {
                self.getFirst().add(key);
                self.getFirst().add(key);
              }
              return Outcome.done();
            }));
    self.getFirst().add("a");
    world.runReady();
    assertThat(worked).containsExactly("a", "a");
  }

  @Test
  void failuresBackOffByKeyAndDoNotHoldUpOthers() {
    var loop =
        loop(
            1,
            key -> {
              worked.add(key);
              if (key.equals("bad")) {
                throw new IllegalStateException("on purpose");
              }
              return Outcome.done();
            });
    loop.add("bad");
    loop.add("good");
    world.runReady();
    assertThat(worked).containsExactly("bad", "good");
    world.advance(Duration.ofMillis(5 + 10 + 20));
    assertThat(worked).containsExactly("bad", "good", "bad", "bad", "bad");
  }

  @Test
  void ofSeveralDelaysTheEarliestHolds() {
    var loop = loop(1, this::record);
    loop.addAfter("a", Duration.ofSeconds(5));
    loop.addAfter("a", Duration.ofSeconds(1));
    loop.addAfter("a", Duration.ofSeconds(9));
    world.advance(Duration.ofSeconds(1));
    assertThat(worked).containsExactly("a");
    world.advance(Duration.ofSeconds(20));
    assertThat(worked).containsExactly("a");
  }

  @Test
  void noMoreKeysAreWorkedOnAtOnceThanThereAreWorkers() {
    var loop = new ReconcileLoop<String>("test", world, 2, this::record, new SimpleMeterRegistry());
    List.of("a", "b", "c").forEach(loop::add);
    loop.start();
    assertThat(loop.depth()).isEqualTo(1);
    world.runReady();
    assertThat(worked).containsExactly("a", "b", "c");
  }

  private Outcome record(String key) {
    worked.add(key);
    return Outcome.done();
  }
}
