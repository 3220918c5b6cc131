package io.berth.agent.probe;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.agent.pod.ProbeState;
import io.berth.agent.runtime.fake.FakeDriver;
import io.berth.agent.runtime.fake.FakeImageStore;
import io.berth.api.codec.Json;
import io.berth.api.time.SimulatedEnvironment;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** When probes run, and from when their results count. */
class ContainerProbesTest {
  private final SimulatedEnvironment environment = new SimulatedEnvironment(1);
  private final Instant began = environment.clock().now();
  private final List<String> tries = new ArrayList<>();
  private boolean works = true;

  private ContainerProbes probes(ObjectNode container) {
    FakeDriver driver = new FakeDriver("fake", environment, new FakeImageStore(environment));
    ContainerProbes probes =
        new ContainerProbes(
            environment,
            (probe, target, timeout) -> new ProbeRunner.Result(works, ""),
            new ContainerProbes.Listener() {
              @Override
              public void changed() {}

              @Override
              public void result(String kind, ProbeRunner.Result result) {
                long at = Duration.between(began, environment.clock().now()).toSeconds();
                tries.add(kind + "@" + at);
              }
            },
            new ProbeRunner.Target(driver, "c", "", container),
            began,
            new ProbeState(false, false, ""));
    probes.start();
    return probes;
  }

  private static ObjectNode probe(ObjectNode container, String kind, int delay, int period) {
    ObjectNode probe = container.putObject(kind + "Probe");
    return probe.put("initialDelaySeconds", delay).put("periodSeconds", period);
  }

  private void advance(int seconds) {
    environment.advance(Duration.ofSeconds(seconds));
  }

  @Test
  void theFirstTryComesAfterTheInitialDelayAndTheNextAfterEachPeriod() {
    ObjectNode container = Json.object();
    probe(container, "readiness", 5, 3);
    ContainerProbes probes = probes(container);
    assertThat(probes.state().ready()).isFalse();
    advance(11);
    assertThat(tries).containsExactly("Readiness@5", "Readiness@8", "Readiness@11");
    assertThat(probes.state().ready()).isTrue();
  }

  @Test
  void thresholdsCountResultsInARow() {
    ObjectNode container = Json.object();
    probe(container, "readiness", 0, 1).put("successThreshold", 3).put("failureThreshold", 2);
    ContainerProbes probes = probes(container);
    advance(1);
    assertThat(probes.state().ready()).isFalse();
    advance(1);
    assertThat(probes.state().ready()).isTrue();
    works = false;
    advance(1);
    works = true;
    advance(1);
    works = false;
    advance(1);
    assertThat(probes.state().ready()).isTrue();
    advance(1);
    assertThat(probes.state().ready()).isFalse();
  }

  @Test
  void theStartupProbeHoldsUpTheOthers() {
    ObjectNode container = Json.object();
    probe(container, "startup", 0, 2).put("failureThreshold", 30);
    probe(container, "liveness", 3, 10);
    works = false;
    ContainerProbes probes = probes(container);
    advance(6);
    assertThat(probes.state()).isEqualTo(new ProbeState(false, false, ""));
    works = true;
    advance(2);
    assertThat(probes.state()).isEqualTo(new ProbeState(true, true, ""));
    assertThat(tries)
        .containsExactly(
            "Startup@0", "Startup@2", "Startup@4", "Startup@6", "Startup@8", "Liveness@8");
  }

  @Test
  void aLivenessProbeThatFailedIsNotTriedAgain() {
    ObjectNode container = Json.object();
    probe(container, "liveness", 0, 1).put("failureThreshold", 2);
    works = false;
    ContainerProbes probes = probes(container);
    advance(60);
    assertThat(probes.state().failed()).isEqualTo("liveness");
    assertThat(tries).hasSize(2);
  }

  @Test
  void ofAPodThatIsDeletedOnlyReadinessIsProbed() {
    ObjectNode container = Json.object();
    probe(container, "liveness", 0, 1);
    probe(container, "readiness", 0, 1);
    ContainerProbes probes = probes(container);
    advance(0);
    probes.onlyReadiness();
    works = false;
    tries.clear();
    advance(5);
    assertThat(probes.state()).isEqualTo(new ProbeState(true, false, ""));
    assertThat(tries).hasSize(5).allMatch(each -> each.startsWith("Readiness"));
  }
}
