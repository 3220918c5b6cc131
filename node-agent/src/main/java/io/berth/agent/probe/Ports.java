package io.berth.agent.probe;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;

/** Numbers of ports that may be given by name. */
final class Ports {
  private Ports() {}

  static int resolve(JsonNode port, JsonNode container) throws IOException {
    if (port.isNumber()) {
      return port.asInt();
    }
    for (JsonNode declared : container.path("ports")) {
      if (declared.path("name").asText().equals(port.asText())) {
        return declared.path("containerPort").asInt();
      }
    }
    try {
      return Integer.parseInt(port.asText());
    } catch (NumberFormatException e) {
      throw new IOException("couldn't find port: " + port.asText(), e);
    }
  }
}
