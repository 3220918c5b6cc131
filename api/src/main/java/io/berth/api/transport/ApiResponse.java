package io.berth.api.transport;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A whole response. The body is shared and must not be changed.
 *
 * @param status HTTP status code
 * @param headers header names in lower case
 * @param body empty where there is none
 */
public record ApiResponse(int status, Map<String, String> headers, byte[] body) {
  public ApiResponse {
    headers = Map.copyOf(headers);
  }

  public boolean ok() {
    return status >= 200 && status < 300;
  }

  /** A header by its lower-case name, or null. */
  public @Nullable String header(String name) {
    return headers.get(name);
  }

  /**
   * The response itself where it is a success.
   *
   * @throws ApiException with the {@code Status} that the body holds, otherwise
   */
  public ApiResponse orThrow() {
    if (!ok()) {
      throw ApiException.of(this);
    }
    return this;
  }
}
