package io.berth.agent.images;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.agent.images.ImageCollector.Disk;
import io.berth.agent.images.ImageCollector.Policy;
import io.berth.agent.runtime.ImageStore.Image;
import io.berth.agent.runtime.fake.FakeImageStore;
import io.berth.api.time.SimulatedEnvironment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ImageCollectorTest {
  private static final Duration MINUTE = Duration.ofMinutes(1);

  private final SimulatedEnvironment environment = new SimulatedEnvironment(1);
  private final FakeImageStore images = new FakeImageStore(environment);
  private final Set<String> used = new HashSet<>();
  private final List<String> events = new ArrayList<>();
  private long capacity = 100_000_000;
  private long available = 90_000_000;
  private final ImageCollector collector =
      new ImageCollector(
          environment,
          Policy.DEFAULT,
          images,
          () -> new Disk(capacity, available),
          () -> Set.copyOf(used),
          (reason, message) -> events.add(reason + ": " + message));

  private static String full(String name) {
    return "docker.io/library/" + name + ":latest";
  }

  /** Of the images, which are a megabyte each. */
  private List<String> left() {
    return images.list().stream()
        .flatMap(image -> image.names().stream())
        .map(name -> name.replaceAll(".*/|:.*", ""))
        .toList();
  }

  private void later(Duration time) {
    environment.advance(time);
    collector.step();
  }

  @Test
  void belowTheHighThresholdNothingGoes() {
    images.with("a").with("b");
    available = 16_000_000;
    later(MINUTE);
    later(Duration.ofHours(1));
    assertThat(left()).containsExactly("a", "b");
    assertThat(events).isEmpty();
  }

  @Test
  void whatWasNotUsedForLongestGoesFirstAndNoMoreThanIsNeeded() {
    images.with("a").with("b").with("c").with("d");
    used.addAll(List.of(full("a"), full("b"), full("c")));
    collector.step();
    used.remove(full("b"));
    later(Duration.ofMinutes(5));
    used.remove(full("a"));
    later(Duration.ofMinutes(5));
    used.remove(full("c"));
    capacity = 30_000_000;
    available = 4_000_000; // 87 % in use: two megabytes bring it to 80 %
    later(Duration.ofMinutes(5));
    assertThat(left()).containsExactly("a", "c");
    assertThat(events).isEmpty();
  }

  @Test
  void whatIsUsedByItsIdOrNameOrIsYoungStays() {
    images.with("named").with("known").with("unused");
    used.add(full("named"));
    used.add(images.find("known").map(Image::id).orElseThrow());
    collector.step();
    environment.advance(MINUTE);
    images.with("young");
    collector.step();
    available = 0;
    later(MINUTE);
    assertThat(left()).containsExactlyInAnyOrder("named", "known", "young");
    assertThat(events)
        .containsExactly(
            "FreeDiskSpaceFailed: Failed to garbage collect required amount of images. Attempted to"
                + " free 20000000 bytes, but only found 1000000 bytes eligible to free.");
    later(MINUTE);
    assertThat(left()).containsExactlyInAnyOrder("named", "known");
    assertThat(events).anyMatch(e -> e.startsWith("ImageGCFailed: Failed to garbage collect"));
  }

  @Test
  void allThatIsUnusedGoesOnDemand() {
    images.with("a").with("b");
    used.add(full("a"));
    collector.step();
    environment.advance(Duration.ofMinutes(3));
    assertThat(collector.deleteUnused()).isEqualTo(1_000_000);
    assertThat(left()).containsExactly("a");
  }

  @Test
  void anImageThatCannotBeDeletedDoesNotHoldUpTheOthers() {
    images.with("a").with("b");
    collector.step();
    images.faults().fail(1, "remove", "busy");
    available = 0;
    later(Duration.ofMinutes(3));
    assertThat(left()).hasSize(1);
    capacity = 0;
    later(MINUTE);
    assertThat(events).contains("InvalidDiskCapacity: invalid capacity 0 on image filesystem");
  }

  @Test
  void itLooksEveryFiveMinutes() {
    images.with("a");
    collector.start();
    environment.advance(Duration.ofMinutes(5));
    available = 0;
    environment.advance(Duration.ofMinutes(5));
    assertThat(left()).isEmpty();
    collector.close();
    images.with("b");
    environment.advance(Duration.ofMinutes(30));
    assertThat(left()).containsExactly("b");
  }
}
