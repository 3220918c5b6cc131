package io.berth.apiserver.server;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.transport.ApiException;

/** The failures that a request meets before it reaches its resource, as Kubernetes words them. */
public final class Failures {
  private Failures() {}

  public static ApiException unauthorized() {
    return new ApiException(401, "Unauthorized", "Unauthorized");
  }

  /** No such path, or no such resource. */
  public static ApiException notFound() {
    return new ApiException(
        404, "NotFound", "the server could not find the requested resource", Json.object());
  }

  public static ApiException methodNotAllowed() {
    return new ApiException(
        405,
        "MethodNotAllowed",
        "the server does not allow this method on the requested resource",
        Json.object());
  }

  public static ApiException notAcceptable() {
    return new ApiException(
        406,
        "NotAcceptable",
        "only the following media types are accepted: application/json",
        Json.object());
  }

  public static ApiException tooLarge(int limit) {
    return new ApiException(
        413, "RequestEntityTooLarge", "Request entity too large: limit is " + limit, Json.object());
  }

  public static ApiException unsupportedMediaType() {
    return new ApiException(
        415,
        "UnsupportedMediaType",
        "the body of the request was in an unknown format - accepted media types include:"
            + " application/json, application/yaml",
        Json.object());
  }

  public static ApiException tooManyRequests() {
    return new ApiException(
        429,
        "TooManyRequests",
        "Too many requests, please try again later.",
        Json.object().put("retryAfterSeconds", 1));
  }

  public static ApiException internal() {
    return new ApiException(
        500, "InternalError", "an error on the server has prevented the request from succeeding");
  }

  public static ApiException starting() {
    return unavailable("the server is still starting");
  }

  public static ApiException unavailable(String message) {
    return new ApiException(
        503, "ServiceUnavailable", message, Json.object().put("retryAfterSeconds", 1));
  }

  public static ApiException badRequest(String message) {
    return new ApiException(400, "BadRequest", message);
  }

  /**
   * @param kind what {@code details.kind} says: the resource's plural
   */
  static ObjectNode details(String name, String group, String kind) {
    ObjectNode details = Json.object();
    if (!name.isEmpty()) {
      details.put("name", name);
    }
    if (!group.isEmpty()) {
      details.put("group", group);
    }
    if (!kind.isEmpty()) {
      details.put("kind", kind);
    }
    return details;
  }
}
