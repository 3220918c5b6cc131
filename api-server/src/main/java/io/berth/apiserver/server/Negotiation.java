package io.berth.apiserver.server;

import io.berth.api.transport.ApiException;
import io.berth.api.transport.ApiRequest;
import io.berth.api.transport.Errors;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Whether a request and its client speak JSON or YAML. */
final class Negotiation {
  private Negotiation() {}

  /**
   * @throws ApiException 406 where the client takes no JSON, 415 where it sends what is not read
   */
  static void check(ApiRequest request) {
    if (!acceptsJson(request.header("accept"))) {
      throw Errors.notAcceptable(List.of("application/json"));
    }
    boolean reads = request.method().equals("POST") || request.method().equals("PUT");
    if (reads && request.body().length > 0 && !readable(request.header("content-type"))) {
      throw Errors.unsupportedMediaType(List.of("application/json", "application/yaml"));
    }
  }

  static boolean acceptsJson(@Nullable String accept) {
    return accept == null
        || accept.isEmpty()
        || accept.contains("application/json")
        || accept.contains("application/yaml")
        || accept.contains("*/*")
        || accept.contains("application/*");
  }

  private static boolean readable(@Nullable String contentType) {
    if (contentType == null || contentType.equals("application/json")) {
      return true;
    }
    String type = contentType.toLowerCase(Locale.ROOT);
    int parameters = type.indexOf(';');
    type = (parameters < 0 ? type : type.substring(0, parameters)).strip();
    return type.equals("application/json")
        || type.equals("application/yaml")
        || type.equals("application/vnd.kubernetes.protobuf");
  }
}
