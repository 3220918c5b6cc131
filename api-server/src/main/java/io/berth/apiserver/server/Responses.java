package io.berth.apiserver.server;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.codec.Json;
import io.berth.api.transport.ApiException;
import io.berth.api.transport.ApiResponse;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** Answers in their common forms; headers are made once, being on the way of every request. */
public final class Responses {
  public static final Map<String, String> JSON_HEADERS = Map.of("content-type", "application/json");
  private static final Map<String, String> TEXT_HEADERS =
      Map.of("content-type", "text/plain; charset=utf-8");
  private static final Map<String, String> RETRY_HEADERS =
      Map.of("content-type", "application/json", "retry-after", "1");

  private Responses() {}

  public static ApiResponse json(int status, byte[] json) {
    return new ApiResponse(status, JSON_HEADERS, json);
  }

  public static ApiResponse json(int status, JsonNode tree) {
    return json(status, Json.bytes(tree));
  }

  public static ApiResponse text(int status, String text) {
    return new ApiResponse(status, TEXT_HEADERS, text.getBytes(StandardCharsets.UTF_8));
  }

  /** The {@code Status} of a failure; where waiting helps, clients are told to try again. */
  public static ApiResponse failure(ApiException failure) {
    boolean again = failure.code() == 429 || failure.code() == 503;
    return new ApiResponse(
        failure.code(), again ? RETRY_HEADERS : JSON_HEADERS, Json.bytes(failure.toStatus()));
  }
}
