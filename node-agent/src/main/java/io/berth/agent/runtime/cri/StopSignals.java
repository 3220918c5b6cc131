package io.berth.agent.runtime.cri;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.agent.process.Command;
import io.berth.agent.runtime.RuntimeDriverException;
import io.berth.agent.runtime.Signals;
import io.berth.agent.runtime.cri.v1.ContainerState;
import io.berth.agent.runtime.cri.v1.ContainerStatusRequest;
import io.berth.agent.runtime.cri.v1.ContainerStatusResponse;
import io.berth.api.codec.Json;
import io.berth.api.time.Environment;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Asks containers to end by a signal that the pod names. The runtime knows only the image's, so the
 * signal goes to the container's first process itself.
 */
final class StopSignals {
  private static final Duration CALL_LIMIT = Duration.ofSeconds(10);

  private final Command command;
  private final CriClient client;

  StopSignals(Environment environment, CriClient client) {
    this.command = new Command(environment);
    this.client = client;
  }

  /** Whether the container has a signal of its own, was sent it, and had its grace to end. */
  boolean ask(String containerId, Duration grace) {
    ContainerStatusRequest request =
        ContainerStatusRequest.newBuilder().setContainerId(containerId).setVerbose(true).build();
    ContainerStatusResponse response =
        CriClient.callOrNull(
            "cannot look at the container",
            () -> client.runtime(CALL_LIMIT).containerStatus(request));
    if (response == null || response.getStatus().getState() != ContainerState.CONTAINER_RUNNING) {
      return false;
    }
    String signal =
        response.getStatus().getAnnotationsOrDefault(ContainerRequests.STOP_SIGNAL_ANNOTATION, "");
    String info = response.getInfoOrDefault("info", "{}");
    JsonNode pid = Json.parse(info.getBytes(StandardCharsets.UTF_8)).path("pid");
    if (signal.isEmpty() || pid.asLong() <= 1) {
      return false;
    }
    command.attempt("kill", "-" + Signals.number(signal), pid.asText());
    awaitEnd(pid.asLong(), grace);
    return true;
  }

  private static void awaitEnd(long pid, Duration grace) {
    var ended = ProcessHandle.of(pid).map(ProcessHandle::onExit);
    if (ended.isEmpty()) {
      return;
    }
    try {
      var _ = ended.get().get(grace.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException | ExecutionException e) {
      return; // it is killed now
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new RuntimeDriverException("interrupted", e);
    }
  }
}
