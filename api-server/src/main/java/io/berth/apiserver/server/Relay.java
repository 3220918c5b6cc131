package io.berth.apiserver.server;

import io.berth.api.transport.ApiRequest;
import java.io.IOException;

/** Passes on requests that were read already, such as those of parts in this process. */
@FunctionalInterface
public interface Relay {
  /**
   * Sends the request with the backend's target and headers, and the answer to the sink: a watch in
   * frames as it comes, anything else whole. Returns once the answer has begun.
   *
   * @throws java.net.SocketTimeoutException it took too long
   * @throws IOException no answer came, and nothing was sent to the sink
   */
  void forward(ApiRequest request, Backend backend, ResponseSink sink)
      throws IOException, InterruptedException;
}
