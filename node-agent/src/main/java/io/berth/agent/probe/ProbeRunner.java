package io.berth.agent.probe;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.agent.runtime.RuntimeDriver;
import java.time.Duration;

/** Runs one probe once. Safe for use by many threads. */
public interface ProbeRunner {
  /**
   * What a probe is aimed at.
   *
   * @param ip the pod's address
   * @param container the container's definition, for its ports' names
   */
  record Target(RuntimeDriver driver, String containerId, String ip, JsonNode container) {}

  /**
   * What came of one try.
   *
   * @param message what went wrong, or what a success said
   * @param warning whether it counts as a success that people should look at
   */
  record Result(boolean success, String message, boolean warning) {
    public Result(boolean success, String message) {
      this(success, message, false);
    }

    static Result warning(String message) {
      return new Result(true, message, true);
    }
  }

  /** Blocks until the probe is over, at most for about the time given; never throws. */
  Result run(JsonNode probe, Target target, Duration timeout);
}
