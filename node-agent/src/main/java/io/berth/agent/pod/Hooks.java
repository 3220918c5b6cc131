package io.berth.agent.pod;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.agent.runtime.RuntimeDriver;
import io.berth.agent.runtime.RuntimeDriverException;
import io.berth.api.time.Environment;
import io.berth.api.time.SimulatedEnvironment;
import io.berth.api.time.Timers;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/** Runs lifecycle hooks: a command in the container, or a pause. */
final class Hooks {
  private static final int OUTPUT = 1024;

  private final Environment environment;

  Hooks(Environment environment) {
    this.environment = environment;
  }

  /**
   * Runs a hook to its end, at most for the given time.
   *
   * @return what went wrong, or empty
   */
  String run(RuntimeDriver driver, String containerId, JsonNode hook, Duration limit) {
    try {
      if (hook.path("sleep").isObject()) {
        Duration wanted = Duration.ofSeconds(hook.path("sleep").path("seconds").asLong());
        pause(wanted.compareTo(limit) < 0 ? wanted : limit);
        return "";
      }
      List<String> command = new ArrayList<>();
      hook.path("exec").path("command").forEach(word -> command.add(word.asText()));
      return command.isEmpty() ? "" : exec(driver, containerId, command, limit);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return "interrupted";
    } catch (RuntimeDriverException e) {
      return String.valueOf(e.getMessage());
    }
  }

  private String exec(
      RuntimeDriver driver, String containerId, List<String> command, Duration limit)
      throws InterruptedException {
    ByteArrayOutputStream output = new ByteArrayOutputStream();
    try (RuntimeDriver.Exec exec = driver.exec(containerId, command, false, null, output, output)) {
      Timers.Cancellable timer = environment.timers().after(limit, exec::close);
      int code = exec.waitFor();
      timer.cancel();
      String text = output.toString(StandardCharsets.UTF_8);
      text = text.length() > OUTPUT ? text.substring(0, OUTPUT) : text;
      return code == 0
          ? ""
          : "command '" + String.join(" ", command) + "' exited with " + code + ": " + text;
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
