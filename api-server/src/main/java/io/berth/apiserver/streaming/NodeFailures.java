package io.berth.apiserver.streaming;

import io.berth.api.codec.Json;
import io.berth.api.transport.ApiException;
import io.berth.api.transport.Errors;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** What a client reads where a node's agent refused or was not reached. */
final class NodeFailures {
  private NodeFailures() {}

  static ApiException of(NodeAddress node, IOException failure) {
    if (failure instanceof NodeRefusedException refused) {
      return of(refused);
    }
    return Errors.internal(
        "error dialing backend: node %s at %s:%d: %s"
            .formatted(node.node(), node.host(), node.port(), failure.getMessage()));
  }

  private static ApiException of(NodeRefusedException refused) {
    try {
      var status = Json.parse(refused.body().getBytes(StandardCharsets.UTF_8));
      if (status.path("kind").asText().equals("Status")) {
        return ApiException.of(status);
      }
    } catch (IllegalArgumentException e) {
      // Plain text: it is the message.
    }
    String text = refused.body().strip();
    return switch (refused.status()) {
      case 400 -> Errors.badRequest(text);
      case 404 -> new ApiException(404, "NotFound", text);
      case 500 -> Errors.internal(text);
      default ->
          Errors.internal(
              "the node answered " + refused.status() + (text.isEmpty() ? "" : ": ") + text);
    };
  }
}
