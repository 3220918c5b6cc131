package io.berth.agent.probe;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;

/**
 * A probe's timing.
 *
 * @param initialDelay from the container's start to the first try
 * @param period between tries
 * @param timeout of one try
 * @param successThreshold successes in a row that count as one
 * @param failureThreshold failures in a row that count as one
 */
record ProbeSettings(
    Duration initialDelay,
    Duration period,
    Duration timeout,
    int successThreshold,
    int failureThreshold) {
  static ProbeSettings of(JsonNode probe) {
    return new ProbeSettings(
        Duration.ofSeconds(probe.path("initialDelaySeconds").asLong(0)),
        Duration.ofSeconds(positive(probe, "periodSeconds", 10)),
        Duration.ofSeconds(positive(probe, "timeoutSeconds", 1)),
        (int) positive(probe, "successThreshold", 1),
        (int) positive(probe, "failureThreshold", 3));
  }

  private static long positive(JsonNode probe, String field, long byDefault) {
    long value = probe.path(field).asLong(byDefault);
    return value <= 0 ? byDefault : value;
  }
}
