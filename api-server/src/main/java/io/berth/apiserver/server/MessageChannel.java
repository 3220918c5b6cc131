package io.berth.apiserver.server;

/**
 * One end of a WebSocket: messages in both directions, with back-pressure in both. Safe for use by
 * many threads; nothing blocks.
 */
public interface MessageChannel {
  /** Starts delivery. Calls come one at a time, in order. To be called once. */
  void receive(Receiver receiver);

  /** Sends a message; silently dropped where the channel is closed, which its receiver learns. */
  void send(Message message);

  /** Whether so much waits to be taken that the sender should pause until {@link #onDrained}. */
  boolean full();

  /** Calls back each time that the peer caught up after {@link #full} was true. */
  void onDrained(Runnable callback);

  /** Delivers no further message until {@link #resume}; the peer is then held up. */
  void pause();

  void resume();

  /**
   * Closes. Idempotent.
   *
   * @param code the WebSocket close code
   * @param reason up to 120 bytes of text
   */
  void close(int code, String reason);

  /**
   * A message.
   *
   * @param data its bytes, shared, not to be changed
   * @param text whether it was sent as text
   */
  record Message(byte[] data, boolean text) {}

  /** Takes what the peer sends. */
  interface Receiver {
    void onMessage(Message message);

    /** The end, called once; codes as the peer sent them, 1006 where the connection broke. */
    void onClosed(int code, String reason);
  }

  /**
   * Passes every message and the close of each side on to the other, holding up whoever is fast.
   */
  static void relay(MessageChannel left, MessageChannel right) {
    right.onDrained(left::resume);
    left.onDrained(right::resume);
    left.receive(new Forward(left, right));
    right.receive(new Forward(right, left));
  }

  /** One direction of a relay. */
  record Forward(MessageChannel from, MessageChannel to) implements Receiver {
    @Override
    public void onMessage(Message message) {
      to.send(message);
      if (to.full()) {
        from.pause();
        if (!to.full()) { // it drained in between, and its call back may have come too early
          from.resume();
        }
      }
    }

    @Override
    public void onClosed(int code, String reason) {
      // 1005 and 1006 say how a connection ended and may not be sent.
      to.close(code == 1005 ? 1000 : code == 1006 ? 1011 : code, reason);
    }
  }
}
