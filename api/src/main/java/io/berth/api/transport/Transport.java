package io.berth.api.transport;

import io.berth.api.object.ApiObject;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * The way to an API server: over HTTPS, or in the same process. Bytes cross it, never references;
 * an identity belongs to the transport, so that authorization is the same on either way. Safe for
 * use by many threads.
 */
public interface Transport extends AutoCloseable {
  /**
   * Sends a request and waits for the whole response. Error statuses are responses, not exceptions.
   *
   * @throws IOException the server was not reached or the connection broke; whether the request
   *     took effect is unknown
   * @throws InterruptedException the calling thread was interrupted; likewise unknown
   */
  ApiResponse send(ApiRequest request) throws IOException, InterruptedException;

  /**
   * Sends a request whose response is a stream of lines (a watch, a followed log). Returns at once;
   * the listener is called from then on, one call at a time, in order, ending with exactly one
   * {@link StreamListener#onClose}.
   */
  Stream stream(ApiRequest request, StreamListener listener);

  /**
   * The same version of the object as this process holds it already, so that it holds it once; the
   * object itself where it does not.
   */
  default ApiObject shared(ApiObject object) {
    return object;
  }

  @Override
  void close();

  /** A running stream. */
  interface Stream {
    /**
     * Ends the stream; the listener's {@code onClose} still follows, unless it already came.
     * Idempotent.
     */
    void cancel();
  }

  /** Receives a stream. A listener that is slow holds up only its own stream. */
  interface StreamListener {
    /** The response's head. With an error status, the body follows as one frame. */
    void onStart(int status);

    /**
     * One frame: a watch event without its newline, or a piece of a raw stream. The bytes are the
     * listener's own.
     */
    void onFrame(byte[] frame);

    /**
     * A watch event whose object the sender holds in this process, instead of the frame that says
     * the same. The object is shared.
     */
    default void onEvent(String type, ApiObject object) {
      onFrame(WatchFrame.encode(type, object.json()));
    }

    /**
     * The end.
     *
     * @param cause null when the server ended the stream in order or it was cancelled
     */
    void onClose(@Nullable Throwable cause);
  }
}
