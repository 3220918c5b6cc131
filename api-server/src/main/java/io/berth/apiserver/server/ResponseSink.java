package io.berth.apiserver.server;

import io.berth.api.transport.ApiResponse;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Where the answer to one request goes: either one {@link #send} or one {@link #start}, once, from
 * any thread. Neither blocks on the client.
 */
public interface ResponseSink {
  /** The whole answer. */
  void send(ApiResponse response);

  /**
   * Begins an answer that goes on: a watch, a followed log.
   *
   * @param status HTTP status code
   * @param headers header names in lower case
   */
  Frames start(int status, Map<String, String> headers);

  /** The client's wish to go on with messages in both directions, or null where it has none. */
  default @Nullable Upgrade upgrade() {
    return null;
  }

  /** A WebSocket handshake that waits for its answer. */
  interface Upgrade {
    /** The subprotocols that the client offers, the one it likes best first. */
    List<String> subprotocols();

    /**
     * Answers the handshake, instead of {@link #send} and {@link #start}. Messages wait until the
     * channel is given its receiver.
     *
     * @throws IOException the client has gone
     */
    MessageChannel accept(String subprotocol) throws IOException;
  }
}
