package io.berth.apiserver.streaming;

import io.berth.apiserver.server.MessageChannel;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Requests to node agents over HTTPS with the API server's own certificate. Agents are known by the
 * cluster's authority. Safe for use by many threads.
 */
public interface NodeClient {
  /**
   * Sends a GET and waits for the answer's head.
   *
   * @param target path and query, percent-encoded
   * @throws NodeRefusedException the status is not 200
   * @throws IOException the agent was not reached
   */
  Body get(NodeAddress node, String target) throws IOException, InterruptedException;

  /**
   * Opens a WebSocket.
   *
   * @param target path and query, percent-encoded
   * @throws NodeRefusedException the agent refused the handshake
   * @throws IOException the agent was not reached
   */
  MessageChannel connect(NodeAddress node, String target, List<String> subprotocols)
      throws IOException, InterruptedException;

  /** An answer's body as it comes. */
  interface Body {
    /** Starts delivery. Calls come one at a time, in order. To be called once. */
    void receive(Receiver receiver);

    /** Delivers nothing further until {@link #resume}; the agent is then held up. */
    void pause();

    void resume();

    /** Gives up the rest. Idempotent. */
    void cancel();
  }

  /** Takes a body. */
  interface Receiver {
    void onData(byte[] piece);

    /**
     * The end.
     *
     * @param cause null where the body is whole
     */
    void onEnd(@Nullable Throwable cause);
  }
}
