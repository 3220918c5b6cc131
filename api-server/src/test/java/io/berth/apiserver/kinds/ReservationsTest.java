package io.berth.apiserver.kinds;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.berth.api.time.SimulatedEnvironment;
import io.berth.apiserver.store.memory.MemoryStore;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class ReservationsTest {
  private final MemoryStore store = new MemoryStore(new SimulatedEnvironment(1));
  private final Reservations one = new Reservations(store, "/berth/test/");
  private final Reservations other = new Reservations(store, "/berth/test/");

  @Test
  void aThingHasOneOwnerHoweverManyServersGiveIt() {
    assertThat(one.take("10.96.0.5", "a")).isTrue();
    assertThat(other.take("10.96.0.5", "b")).isFalse();
    assertThat(other.take("10.96.0.5", "a")).isTrue();

    other.release("10.96.0.5", "b");
    assertThat(one.taken("10.96.0.5")).isTrue();
    other.release("10.96.0.5", "a");
    assertThat(other.take("10.96.0.5", "b")).isTrue();
  }

  @Test
  void whatNothingUsesIsGivenBackInTheSecondPass() {
    one.take("used", "a");
    one.take("left", "b");
    assertThat(one.repair(Set.of("used"))).isEmpty();
    assertThat(one.repair(Set.of("used"))).containsExactly("left");
    assertThat(one.taken("used")).isTrue();

    one.take("left", "c");
    assertThat(one.repair(Set.of("used"))).isEmpty();
    assertThat(one.repair(Set.of("used", "left"))).isEmpty();
    assertThat(one.repair(Set.of("used"))).isEmpty();
  }

  @Test
  void addressesComeFromTheirNetworkButNotItsEnds() {
    AddressRange range = AddressRange.parse("10.96.0.0/16");
    assertThat(range.first()).isEqualTo("10.96.0.1");
    assertThat(range.contains("10.96.0.0")).isFalse();
    assertThat(range.contains("10.96.255.255")).isFalse();
    assertThat(range.contains("10.96.255.254")).isTrue();
    assertThat(range.contains("10.97.0.1")).isFalse();
    assertThat(range.contains("rubbish")).isFalse();
    Random random = new Random(1);
    for (int i = 0; i < 1_000; i++) {
      assertThat(range.contains(range.random(random))).isTrue();
    }
    assertThat(AddressRange.parse("192.168.1.0/28").all()).hasSize(14);
    assertThatThrownBy(() -> AddressRange.parse("10.0.0.0/8"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> AddressRange.parse("10.96.0.0"))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
