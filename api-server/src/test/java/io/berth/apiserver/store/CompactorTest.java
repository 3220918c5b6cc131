package io.berth.apiserver.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.api.time.SimulatedEnvironment;
import io.berth.apiserver.store.memory.MemoryStore;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class CompactorTest {
  private final SimulatedEnvironment environment = new SimulatedEnvironment(1);
  private final FaultyStore store = new FaultyStore(new MemoryStore(environment));
  private final Compactor compactor = new Compactor(store, environment, Compactor.KEEP);

  private void write(int times) {
    for (int i = 0; i < times; i++) {
      store.create("/registry/a/b/c/" + store.revision(), new byte[1], 0);
    }
  }

  @Test
  void historyIsKeptForFiveMinutesAndNotMuchLonger() {
    compactor.start();
    write(10);
    long early = store.revision();
    environment.advance(Duration.ofMinutes(5));
    assertThat(store.compactedRevision()).isZero();
    write(10);
    environment.advance(Duration.ofMinutes(1));
    assertThat(store.compactedRevision()).isEqualTo(early);
  }

  @Test
  void aStoreThatIsAwayIsCompactedWhenItIsBack() {
    compactor.start();
    write(10);
    environment.advance(Duration.ofMinutes(1));
    store.unavailable(true);
    environment.advance(Duration.ofMinutes(10));
    store.unavailable(false);
    assertThat(store.compactedRevision()).isZero();
    environment.advance(Duration.ofMinutes(6));
    assertThat(store.compactedRevision()).isEqualTo(11);
  }

  @Test
  void aClosedCompactorDoesNothingMore() {
    compactor.start();
    write(10);
    compactor.close();
    environment.advance(Duration.ofMinutes(30));
    assertThat(store.compactedRevision()).isZero();
  }
}
