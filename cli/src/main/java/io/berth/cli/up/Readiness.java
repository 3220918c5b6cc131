package io.berth.cli.up;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.object.ApiObject;
import io.berth.api.resource.Resources;
import io.berth.api.time.Environment;
import io.berth.api.transport.ApiException;
import io.berth.cli.CommandException;
import io.berth.cli.kube.Waiting;
import io.berth.client.ApiClient;
import io.berth.client.ApiUnavailableException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;

/** Waits for conditions of nodes and pods. */
final class Readiness {
  private final Environment environment;
  private final ApiClient client;

  Readiness(Environment environment, ApiClient client) {
    this.environment = environment;
    this.client = client;
  }

  /**
   * Waits until the node is Ready.
   *
   * @param stop ends the wait early
   * @return whether it is; false only where the wait was ended early
   * @throws CommandException the time was over first
   */
  boolean awaitNode(String name, Duration limit, CountDownLatch stop) {
    Waiting waiting = new Waiting(environment, limit);
    boolean done = waiting.until(() -> stop.getCount() == 0 || nodeReady(name));
    if (!done) {
      throw new CommandException(
          "node " + name + " is not Ready after " + limit.toSeconds() + " s: " + why(name));
    }
    return stop.getCount() > 0;
  }

  boolean nodeReady(String name) {
    try {
      return node(name).map(Readiness::ready).orElse(false);
    } catch (ApiException | ApiUnavailableException e) {
      return false; // not up yet
    }
  }

  private Optional<JsonNode> node(String name) {
    return client.find(Resources.NODES, null, name).map(ApiObject::tree);
  }

  private String why(String name) {
    try {
      return node(name)
          .map(n -> condition(n).path("message").asText())
          .orElse("it has not registered");
    } catch (ApiException | ApiUnavailableException e) {
      return "the API server does not answer: " + e.getMessage();
    }
  }

  /** Whether a node or pod has the condition Ready. */
  static boolean ready(JsonNode object) {
    return condition(object).path("status").asText().equals("True");
  }

  private static JsonNode condition(JsonNode object) {
    for (JsonNode condition : object.path("status").path("conditions")) {
      if (condition.path("type").asText().equals("Ready")) {
        return condition;
      }
    }
    return object.path("no such condition");
  }
}
