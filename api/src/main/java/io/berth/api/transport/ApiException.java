package io.berth.api.transport;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * A failure that the API answers with a {@code Status} object: thrown by the server's machinery,
 * and again by clients that read such an answer. {@code code} and {@code reason} are those of the
 * Kubernetes API conventions.
 */
public final class ApiException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int code;
  private final String reason;
  private final transient @Nullable ObjectNode details;

  /**
   * @param code HTTP status code
   * @param reason machine-readable reason, such as {@code NotFound}
   * @param message what people read
   * @param details the {@code details} of the Status, or null
   */
  public ApiException(int code, String reason, String message, @Nullable ObjectNode details) {
    super(
        message, null, false, false); // an answer, not a defect: the stack trace would tell nothing
    this.code = code;
    this.reason = reason;
    this.details = details;
  }

  public ApiException(int code, String reason, String message) {
    this(code, reason, message, null);
  }

  /**
   * Reads the {@code Status} that an error response holds; a body that is none becomes the message.
   */
  public static ApiException of(ApiResponse response) {
    try {
      JsonNode status = Json.parse(response.body());
      if (status.path("kind").asText().equals("Status")) {
        return of(status);
      }
    } catch (IllegalArgumentException e) {
      // Not JSON: a proxy's page or plain text. It is the message then.
    }
    String text = new String(response.body(), StandardCharsets.UTF_8).strip();
    return new ApiException(
        response.status(),
        "Unknown",
        text.isEmpty() ? "the server answered " + response.status() : text);
  }

  /** Reads a {@code Status} object, as the ERROR event of a watch carries it. */
  public static ApiException of(JsonNode status) {
    return new ApiException(
        status.path("code").asInt(500),
        status.path("reason").asText("Unknown"),
        status.path("message").asText(""),
        status.get("details") instanceof ObjectNode object ? object : null);
  }

  public int code() {
    return code;
  }

  public String reason() {
    return reason;
  }

  /** The {@code details} of the Status, or null. Not to be changed. */
  public @Nullable ObjectNode details() {
    return details;
  }

  public boolean isNotFound() {
    return code == 404;
  }

  /** An update or delete met another version than it expected. */
  public boolean isConflict() {
    return code == 409 && reason.equals("Conflict");
  }

  public boolean isAlreadyExists() {
    return code == 409 && reason.equals("AlreadyExists");
  }

  /** The revision asked for was compacted: list again. */
  public boolean isGone() {
    return code == 410;
  }

  /** The {@code Status} object as a tree. */
  public ObjectNode toStatus() {
    ObjectNode status = JsonNodeFactory.instance.objectNode();
    status.put("kind", "Status").put("apiVersion", "v1").putObject("metadata");
    status.put("status", "Failure").put("message", getMessage());
    if (!reason.isEmpty()) {
      status.put("reason", reason);
    }
    if (details != null) {
      status.set("details", details);
    }
    return status.put("code", code);
  }
}
