package io.berth.agent;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.agent.runtime.RuntimeDriver.Container;
import io.berth.agent.runtime.RuntimeDriver.ContainerState;
import io.berth.agent.runtime.fake.FakeRuntimeFaults;
import io.berth.api.resource.Resources;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What must hold however often and whenever the agent dies, whatever runtime calls fail and replies
 * are lost: nothing runs twice, nothing is touched that need not be, and in the end all is as
 * wanted.
 */
class AgentCrashTest {
  private static final int STEPS = 120;

  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
  void nothingRunsTwiceAndAllComesRight(long seed) {
    Random random = new Random(seed);
    AgentWorld world = new AgentWorld(seed, directory).start();
    Set<String> wanted = new HashSet<>();
    int created = 0;
    for (int step = 0; step < STEPS; step++) {
      switch (random.nextInt(8)) {
        case 0, 1 -> {
          String name = "pod-" + created++;
          world.create(AgentWorld.pod(name, "sleep infinity"));
          wanted.add(name);
        }
        case 2 -> {
          if (!wanted.isEmpty()) {
            String name = wanted.stream().sorted().toList().get(random.nextInt(wanted.size()));
            wanted.remove(name);
            world.delete(name, random.nextBoolean() ? 0 : 5);
          }
        }
        case 3 -> {
          if (world.running()) {
            world.kill();
          } else {
            world.start();
          }
        }
        case 4 -> fault(random, world.driver.faults());
        case 5 -> world.api.faults().lostReply(1, r -> !r.method().equals("GET"));
        case 6 -> {
          List<Container> all = world.driver.present();
          if (!all.isEmpty()) {
            world.driver.exit(all.get(random.nextInt(all.size())).id(), 1);
          }
        }
        default -> world.advance(Duration.ofMillis(random.nextInt(3_000)));
      }
      nothingTwice(world);
    }
    if (!world.running()) {
      world.start();
    }
    world.driver.faults().clear();
    world.api.faults().clear();
    world.advance(Duration.ofMinutes(12));
    nothingTwice(world);
    assertThat(world.api.list(Resources.PODS, "default"))
        .extracting(pod -> pod.at("/metadata/name").asText())
        .containsExactlyInAnyOrderElementsOf(wanted);
    assertThat(world.running(world.driver)).isEqualTo(wanted.size());
    assertThat(world.driver.sandboxes()).hasSize(wanted.size());
    for (ObjectNode pod : world.api.list(Resources.PODS, "default")) {
      assertThat(pod.at("/status/phase").asText()).isEqualTo("Running");
    }
    aRestartTouchesNothing(world);
  }

  private static void fault(Random random, FakeRuntimeFaults faults) {
    String method =
        List.of(
                "runSandbox",
                "createContainer",
                "startContainer",
                "stopContainer",
                "stopSandbox",
                "removeSandbox",
                "containers")
            .get(random.nextInt(7));
    if (random.nextBoolean()) {
      faults.fail(1, method, "failed for the test");
    } else {
      faults.loseReply(1, method);
    }
  }

  private static void nothingTwice(AgentWorld world) {
    Map<String, Integer> running = new TreeMap<>();
    Map<String, String> uids = new HashMap<>();
    world.driver.presentSandboxes().forEach(s -> uids.put(s.id(), s.uid()));
    for (Container container : world.driver.present()) {
      if (container.state() == ContainerState.RUNNING) {
        running.merge(uids.get(container.sandboxId()) + container.name(), 1, Integer::sum);
      }
    }
    assertThat(running.values()).allMatch(count -> count == 1);
  }

  private static void aRestartTouchesNothing(AgentWorld world) {
    List<String> calls = world.driver.faults().calls();
    world.kill();
    world.start();
    world.advance(Duration.ofMinutes(1));
    assertThat(world.driver.faults().calls()).isEqualTo(calls);
  }
}
