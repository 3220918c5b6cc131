package io.berth.apiserver.server;

import io.berth.api.transport.ApiRequest;

/** Serves resource requests that passed authentication, authorization and limits. */
@FunctionalInterface
public interface RequestHandler {
  /**
   * Answers on the sink; may block, and may go on writing a stream after it returned.
   *
   * @throws io.berth.api.transport.ApiException instead of an answer, where none was begun
   */
  void handle(ApiRequest request, RequestInfo info, Identity identity, ResponseSink sink);

  /** How many objects an answer looks through: what a request costs, told beforehand. */
  default int objects(RequestInfo info) {
    return 1;
  }
}
