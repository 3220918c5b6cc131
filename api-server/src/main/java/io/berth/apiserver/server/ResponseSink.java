package io.berth.apiserver.server;

import io.berth.api.transport.ApiResponse;
import java.util.Map;

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
}
