package io.berth.agent.pod;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.agent.runtime.RuntimeDriver.Container;
import io.berth.agent.runtime.RuntimeDriver.ContainerState;
import io.berth.agent.runtime.RuntimeDriver.Sandbox;
import io.berth.agent.runtime.RuntimeDriver.SandboxState;
import io.berth.api.codec.Headers;
import io.berth.api.codec.Json;
import io.berth.api.resource.Resources;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PodDeciderTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");

  private static PodView pod(String policy, boolean deleting) {
    ObjectNode pod = Json.object().put("kind", "Pod").put("apiVersion", "v1");
    ObjectNode metadata = pod.putObject("metadata");
    metadata.put("resourceVersion", "1").put("name", "p").put("namespace", "d").put("uid", "u");
    if (deleting) {
      metadata.put("deletionTimestamp", "2026-01-01T00:00:30Z");
      metadata.put("deletionGracePeriodSeconds", 30);
    }
    ObjectNode spec = pod.putObject("spec").put("restartPolicy", policy);
    spec.putArray("containers").addObject().put("name", "main").put("image", "i");
    return new PodView(Headers.object(Resources.PODS, Json.bytes(pod)));
  }

  private static Sandbox sandbox(String id, int attempt, SandboxState state) {
    return new Sandbox(
        id, "d", "p", "u", attempt, state, List.of("10.0.0.2"), NOW, Map.of(), Map.of());
  }

  private static Container container(int attempt, ContainerState state, int code) {
    return new Container(
        "c" + attempt,
        "s0",
        "main",
        attempt,
        state,
        NOW,
        NOW,
        NOW,
        code,
        "",
        "i",
        "sha256:1",
        Map.of(),
        Map.of());
  }

  private static RuntimeState ready(Container... containers) {
    return new RuntimeState(List.of(sandbox("s0", 0, SandboxState.READY)), List.of(containers));
  }

  private static PodPlan decide(PodView pod, RuntimeState state) {
    return decide(pod, false, state, PodHistory.NONE);
  }

  private static PodPlan decide(PodView pod, boolean gone, RuntimeState state, PodHistory history) {
    return PodDecider.decide(
        new PodSnapshot(pod, gone, state, Map.of(), history, 30, NOW, 1_000_000_000_000L));
  }

  private static Stream<String> names(PodPlan plan) {
    return plan.actions().stream().map(action -> action.getClass().getSimpleName());
  }

  @Test
  void aNewPodGetsASandboxAndThenItsContainers() {
    PodView pod = pod("Always", false);
    assertThat(decide(pod, RuntimeState.NONE).actions())
        .containsExactly(new PodAction.CreateSandbox(0));
    assertThat(names(decide(pod, ready()))).containsExactly("StartContainer");
    assertThat(names(decide(pod, ready(container(0, ContainerState.CREATED, 0)))))
        .containsExactly("StartCreated");
    assertThat(decide(pod, ready(container(0, ContainerState.RUNNING, 0))).actions()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "Always,0,StartContainer,",
    "Always,1,StartContainer,",
    "OnFailure,1,StartContainer,",
    "OnFailure,0,,Succeeded",
    "Never,0,,Succeeded",
    "Never,1,,Failed",
  })
  void theRestartPolicyDecidesAboutAContainerThatEnded(
      String policy, int code, String action, String phase) {
    PodPlan plan = decide(pod(policy, false), ready(container(0, ContainerState.EXITED, code)));
    Verdict verdict = plan.verdict();
    assertThat(names(plan)).isEqualTo(action == null ? List.of() : List.of(action));
    assertThat(verdict == null ? null : verdict.phase()).isEqualTo(phase);
  }

  @Test
  void aSandboxThatWasLostIsStoppedInOrderAndReplaced() {
    PodView pod = pod("Always", false);
    RuntimeState lost =
        new RuntimeState(
            List.of(sandbox("s0", 0, SandboxState.NOT_READY)),
            List.of(container(0, ContainerState.EXITED, 137)));
    assertThat(decide(pod, lost).actions()).containsExactly(new PodAction.StopSandbox("s0"));
    assertThat(decide(pod, false, lost, stopped("s0")).actions())
        .containsExactly(new PodAction.CreateSandbox(1));
    assertThat(decide(pod("Never", false), false, lost, stopped("s0")).verdict())
        .isEqualTo(Verdict.FAILED);
  }

  private static PodHistory stopped(String... ids) {
    PodHistory none = PodHistory.NONE;
    return new PodHistory(
        none.backOffs(),
        none.endsSeen(),
        none.stops(),
        none.blocked(),
        none.pastExits(),
        none.attempts(),
        -1,
        Set.of(ids),
        1_000_000_000_000L,
        null,
        null);
  }

  @Test
  void aDeletedPodStopsAndThenLeavesTheApi() {
    PodView pod = pod("Always", true);
    RuntimeState running = ready(container(0, ContainerState.RUNNING, 0));
    assertThat(names(decide(pod, false, running, stopped()))).containsExactly("StopContainer");
    RuntimeState ended = ready(container(0, ContainerState.EXITED, 0));
    assertThat(decide(pod, ended).actions()).containsExactly(new PodAction.StopSandbox("s0"));
    RuntimeState down =
        new RuntimeState(List.of(sandbox("s0", 0, SandboxState.NOT_READY)), List.of());
    assertThat(decide(pod, false, down, stopped("s0")).actions())
        .containsExactly(new PodAction.FinishDeletion());
  }

  @Test
  void whatTheApiNoLongerHasIsRemovedAndForgotten() {
    PodView pod = pod("Always", false);
    RuntimeState down =
        new RuntimeState(List.of(sandbox("s0", 0, SandboxState.NOT_READY)), List.of());
    assertThat(decide(pod, true, down, stopped("s0")).actions())
        .containsExactly(new PodAction.RemoveSandbox("s0"));
    assertThat(decide(pod, true, RuntimeState.NONE, PodHistory.NONE).actions())
        .containsExactly(new PodAction.Forget());
  }

  @Test
  void theSameSnapshotGivesTheSamePlan() {
    PodView pod = pod("Always", false);
    RuntimeState state = ready(container(0, ContainerState.EXITED, 1));
    assertThat(decide(pod, state)).isEqualTo(decide(pod, state));
  }
}
