package io.berth.agent.pod;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.agent.http.HttpGet;
import io.berth.agent.runtime.RuntimeDriver;
import io.berth.agent.runtime.RuntimeDriverException;
import io.berth.api.time.Environment;
import io.berth.api.time.SimulatedEnvironment;
import io.berth.api.time.Timers;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import javax.net.ssl.SSLException;

/** Runs lifecycle hooks: a command in the container, an HTTP request, or a pause. */
final class Hooks {
  /**
   * A container that has a hook.
   *
   * @param ip the pod's address, empty where it has none
   */
  record Target(RuntimeDriver driver, String containerId, String ip, JsonNode container) {}

  private final Environment environment;
  private final HttpGet http;

  Hooks(Environment environment) {
    this.environment = environment;
    this.http = new HttpGet(environment, "kube-lifecycle/1.36");
  }

  /** How long a hook pauses, where that is all that it does. */
  static Optional<Duration> pause(JsonNode hook) {
    JsonNode seconds = hook.path("sleep").path("seconds");
    return seconds.isNumber()
        ? Optional.of(Duration.ofSeconds(seconds.asLong()))
        : Optional.empty();
  }

  /**
   * Runs a hook to its end, at most for the given time.
   *
   * @return what went wrong, or empty; says nothing of what the command printed, which may be
   *     secret
   */
  String run(Target target, JsonNode hook, Duration limit) {
    try {
      Optional<Duration> pause = pause(hook);
      if (pause.isPresent()) {
        pause(pause.get().compareTo(limit) < 0 ? pause.get() : limit);
        return "";
      }
      if (hook.path("exec").isObject()) {
        return exec(target, hook.path("exec"), limit);
      }
      if (hook.path("httpGet").isObject()) {
        return get(target, hook.path("httpGet"), limit);
      }
      return "Cannot run handler: invalid handler"; // tcpSocket never was one
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "interrupted";
    } catch (RuntimeDriverException e) {
      return String.valueOf(e.getMessage());
    }
  }

  /** Any answer will do: a hook tells, it does not ask. */
  private String get(Target target, JsonNode action, Duration limit) {
    HttpGet.Target where = new HttpGet.Target(target.ip(), target.container());
    try {
      if (target.ip().isEmpty() && action.path("host").asText().isEmpty()) {
        return "failed to find networking container";
      }
      try {
        var _ = http.get(action, where, limit);
      } catch (IOException e) {
        if (!(e.getCause() instanceof SSLException)) {
          throw e;
        }
        // A server without TLS was always spoken to all the same.
        JsonNode plain = action.<ObjectNode>deepCopy().put("scheme", "HTTP");
        var _ = http.get(plain, where, limit);
      }
      return "";
    } catch (IOException | IllegalArgumentException e) {
      return String.valueOf(e.getMessage());
    }
  }

  private String exec(Target target, JsonNode action, Duration limit) throws InterruptedException {
    List<String> command = new ArrayList<>();
    action.path("command").forEach(word -> command.add(word.asText()));
    OutputStream nowhere = OutputStream.nullOutputStream();
    try (RuntimeDriver.Exec exec =
        target.driver().exec(target.containerId(), command, false, null, nowhere, nowhere)) {
      Timers.Cancellable timer = environment.timers().after(limit, exec::close);
      try {
        int code = exec.waitFor();
        return code == 0 ? "" : "command exited with " + code;
      } finally {
        timer.cancel();
      }
    }
  }

  private void pause(Duration time) throws InterruptedException {
    if (environment instanceof SimulatedEnvironment) {
      return; // nothing may wait there
    }
    CountDownLatch over = new CountDownLatch(1);
    environment.timers().after(time, over::countDown);
    over.await();
  }
}
