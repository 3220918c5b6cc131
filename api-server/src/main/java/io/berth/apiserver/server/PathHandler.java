package io.berth.apiserver.server;

import io.berth.api.transport.ApiRequest;
import io.berth.api.transport.ApiResponse;
import org.jspecify.annotations.Nullable;

/** Serves paths that are no resources: discovery, health, metrics. */
@FunctionalInterface
public interface PathHandler {
  /**
   * @return null where the path is not one of its own
   * @throws io.berth.api.transport.ApiException instead of an answer
   */
  @Nullable ApiResponse handle(ApiRequest request);
}
