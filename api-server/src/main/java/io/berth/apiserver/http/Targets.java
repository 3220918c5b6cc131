package io.berth.apiserver.http;

import io.berth.api.transport.ApiRequest;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Decodes a request's path and query. */
final class Targets {
  private Targets() {}

  /**
   * @throws IllegalArgumentException a percent sign without two digits behind it
   */
  static String path(String raw) {
    return raw.indexOf('%') < 0
        ? raw
        : URLDecoder.decode(raw.replace("+", "%2B"), StandardCharsets.UTF_8);
  }

  /**
   * @throws IllegalArgumentException likewise
   */
  static List<ApiRequest.Parameter> query(@Nullable String raw) {
    if (raw == null || raw.isEmpty()) {
      return List.of();
    }
    List<ApiRequest.Parameter> parameters = new ArrayList<>(4);
    int at = 0;
    while (at < raw.length()) {
      int end = raw.indexOf('&', at);
      end = end < 0 ? raw.length() : end;
      if (end > at) {
        int equals = raw.indexOf('=', at);
        boolean valued = equals >= 0 && equals < end;
        String name = decode(raw.substring(at, valued ? equals : end));
        String value = valued ? decode(raw.substring(equals + 1, end)) : "";
        parameters.add(new ApiRequest.Parameter(name, value));
      }
      at = end + 1;
    }
    return parameters;
  }

  private static String decode(String text) {
    return text.indexOf('%') < 0 && text.indexOf('+') < 0
        ? text
        : URLDecoder.decode(text, StandardCharsets.UTF_8);
  }
}
