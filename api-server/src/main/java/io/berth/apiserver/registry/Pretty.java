package io.berth.apiserver.registry;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.core.util.Separators;
import com.fasterxml.jackson.databind.ObjectWriter;
import io.berth.api.codec.Json;
import io.berth.api.transport.ApiRequest;
import io.berth.api.transport.ApiResponse;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Indented JSON for people: where they ask for it, and where they look with a bare tool. */
final class Pretty {
  private static final List<String> BARE_TOOLS = List.of("curl", "Wget", "Mozilla/5.0");
  private static final DefaultIndenter TWO_SPACES = new DefaultIndenter("  ", "\n");

  private static final ObjectWriter WRITER =
      Json.mapper()
          .writer(
              new DefaultPrettyPrinter(
                      Separators.createDefaultInstance()
                          .withObjectFieldValueSpacing(Separators.Spacing.AFTER)
                          .withObjectEmptySeparator("")
                          .withArrayEmptySeparator(""))
                  .withArrayIndenter(TWO_SPACES)
                  .withObjectIndenter(TWO_SPACES));

  private Pretty() {}

  /** The answer, indented where that is wanted. */
  static ApiResponse where(ApiRequest request, ApiResponse answer) {
    boolean json = "application/json".equals(answer.headers().get("content-type"));
    if (!json || !wanted(request)) {
      return answer;
    }
    try {
      byte[] pretty = WRITER.writeValueAsBytes(Json.parseTrusted(answer.body()));
      return new ApiResponse(answer.status(), answer.headers(), pretty);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a JSON tree that cannot be written", e);
    }
  }

  static boolean wanted(ApiRequest request) {
    return wanted(request.query("pretty"), request.header("user-agent"));
  }

  private static boolean wanted(@Nullable String asked, @Nullable String userAgent) {
    if (asked != null && !asked.isEmpty()) {
      return List.of("1", "t", "T", "true", "TRUE", "True").contains(asked);
    }
    return userAgent != null && BARE_TOOLS.stream().anyMatch(userAgent::startsWith);
  }
}
