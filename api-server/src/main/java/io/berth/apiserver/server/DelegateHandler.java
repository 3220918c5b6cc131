package io.berth.apiserver.server;

import io.berth.api.resource.GroupVersion;
import io.berth.api.transport.ApiRequest;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Passes requests on to the servers of delegated group versions, once they are allowed. */
@FunctionalInterface
public interface DelegateHandler {
  /**
   * Answers on the sink, or has the other server answer; returns once the answer has begun.
   *
   * @param limit the whole may take; null for as long as it lasts
   * @throws io.berth.api.transport.ApiException instead of an answer, where none was begun
   */
  void handle(
      ApiRequest request,
      GroupVersion version,
      Identity identity,
      @Nullable Duration limit,
      ResponseSink sink);
}
