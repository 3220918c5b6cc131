package io.berth.apiserver.server;

import io.berth.api.object.ApiObject;
import io.berth.api.transport.WatchFrame;

/** The body of an answer that goes on. Safe for use by many threads; frames keep their order. */
public interface Frames {
  /**
   * Sends a frame as it goes over the wire: of a watch one event with its newline, of a log any
   * piece. The bytes are shared and not changed by either side. Never blocks: frames that the
   * client has not taken yet wait in a bounded buffer.
   *
   * @return false where the client is gone, or so slow that the buffer overflowed and it was cut;
   *     nothing needs to be written any more
   */
  boolean write(byte[] frame);

  /**
   * Sends a watch event of a whole object. A receiver in this process takes the object itself.
   *
   * @return as {@link #write}
   */
  default boolean event(String type, ApiObject object) {
    return write(WatchFrame.line(type, object.json()));
  }

  /** Ends the answer in order, after the frames written before. Idempotent. */
  void end();

  /**
   * Calls back once, when the client is gone, was cut or the answer ended; at once where that is so
   * already. A second callback is added to the first.
   */
  void onClosed(Runnable callback);

  /**
   * Whether so much waits for the client that a source which can wait should pause until {@link
   * #onDrained}.
   */
  default boolean full() {
    return false;
  }

  /** Calls back each time that the client caught up after {@link #full} was true. */
  default void onDrained(Runnable callback) {}
}
