package io.berth.apiserver.streaming;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.apiserver.server.Identity;
import io.berth.apiserver.server.RequestInfo;
import io.berth.apiserver.server.ResponseSink;

/** Asked before a client is connected to anything. Safe for use by many threads; may block. */
@FunctionalInterface
public interface ConnectAdmission {
  /**
   * Lets a connection pass.
   *
   * @param options what the client wants of it, such as PodExecOptions; may be changed, and holds
   *     then as it is
   * @param sink hears what the client should although it is allowed
   * @throws io.berth.api.transport.ApiException it is refused
   */
  void admit(RequestInfo info, Identity identity, ObjectNode options, ResponseSink sink);
}
