package io.berth.agent.http;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;

/** Numbers of ports that may be given by name. */
public final class Ports {
  private Ports() {}

  /**
   * @param port a number, or the name of one of the container's ports
   * @throws IOException there is no port of that name
   */
  public static int resolve(JsonNode port, JsonNode container) throws IOException {
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
