package io.berth.agent.runtime.cri;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.agent.runtime.RuntimeDriverException;
import io.berth.api.codec.Json;

/** Reads how a command ended from the Kubernetes Status that comes on its error stream. */
final class ExecStatus {
  private ExecStatus() {}

  /**
   * @return the exit code
   * @throws RuntimeDriverException it could not be run, or the status is missing
   */
  static int exitCode(byte[] json) {
    if (json.length == 0) {
      throw new RuntimeDriverException("the connection to the command broke");
    }
    JsonNode status = Json.parse(json);
    if (status.path("status").asText().equals("Success")) {
      return 0;
    }
    if (status.path("reason").asText().equals("NonZeroExitCode")) {
      for (JsonNode cause : status.path("details").path("causes")) {
        if (cause.path("reason").asText().equals("ExitCode")) {
          return Integer.parseInt(cause.path("message").asText());
        }
      }
    }
    throw new RuntimeDriverException(status.path("message").asText("the command failed"));
  }
}
