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

  /**
   * Tells the client something with whatever it is answered, be it an error: called before that.
   *
   * @param warnings none at all where there is nothing to tell
   */
  default void warn(List<String> warnings) {}

  /** The client's wish to go on with messages in both directions, or null where it has none. */
  default @Nullable Upgrade upgrade() {
    return null;
  }

  /** The request to be passed on whole, or null where it was read already. */
  default @Nullable Passage passage() {
    return null;
  }

  /** A request of which only the head was read, and its answer: all else streams through. */
  interface Passage {
    /** Path and query as the client sent them, percent-encoded. */
    String target();

    /**
     * Passes the request on and the answer back, instead of {@link #send} and {@link #start}.
     * Returns once the answer's head is on its way to the client; the rest follows by itself.
     *
     * @return the answer's status
     * @throws java.net.SocketTimeoutException the backend's limit passed before
     * @throws IOException no answer came; the client was sent nothing yet
     */
    int to(Backend backend) throws IOException, InterruptedException;
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
