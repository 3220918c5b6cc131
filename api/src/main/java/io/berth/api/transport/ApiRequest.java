package io.berth.api.transport;

import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One request to an API server, independent of what carries it. Immutable; the body is shared and
 * must not be changed.
 *
 * @param method HTTP method in upper case
 * @param path absolute path, decoded, without a query
 * @param query parameters, decoded, in the order given; a name may come more than once
 * @param headers header names in lower case
 * @param body empty where there is none
 */
public record ApiRequest(
    String method, String path, List<Parameter> query, Map<String, String> headers, byte[] body) {

  /** A query parameter. */
  public record Parameter(String name, String value) {}

  private static final byte[] NO_BODY = new byte[0];

  public ApiRequest {
    query = List.copyOf(query);
    headers = Map.copyOf(headers);
  }

  public static ApiRequest get(String path) {
    return new ApiRequest("GET", path, List.of(), Map.of(), NO_BODY);
  }

  public static ApiRequest delete(String path) {
    return new ApiRequest("DELETE", path, List.of(), Map.of(), NO_BODY);
  }

  public static ApiRequest post(String path, byte[] json) {
    return new ApiRequest(
        "POST", path, List.of(), Map.of("content-type", "application/json"), json);
  }

  public static ApiRequest put(String path, byte[] json) {
    return new ApiRequest("PUT", path, List.of(), Map.of("content-type", "application/json"), json);
  }

  /**
   * @param contentType the patch's type, such as {@code application/merge-patch+json}
   */
  public static ApiRequest patch(String path, String contentType, byte[] patch) {
    return new ApiRequest("PATCH", path, List.of(), Map.of("content-type", contentType), patch);
  }

  public ApiRequest withQuery(String name, String value) {
    List<Parameter> more = new ArrayList<>(query);
    more.add(new Parameter(name, value));
    return new ApiRequest(method, path, more, headers, body);
  }

  public ApiRequest withHeader(String name, String value) {
    Map<String, String> more = new TreeMap<>(headers);
    more.put(name.toLowerCase(Locale.ROOT), value);
    return new ApiRequest(method, path, query, more, body);
  }

  public ApiRequest withBody(byte[] json) {
    return new ApiRequest(method, path, query, headers, json)
        .withHeader("content-type", "application/json");
  }

  /** The first value of a query parameter, or null where it is absent. */
  public @Nullable String query(String name) {
    for (Parameter parameter : query) {
      if (parameter.name().equals(name)) {
        return parameter.value();
      }
    }
    return null;
  }

  /** Every value of a query parameter, in order. */
  public List<String> queryAll(String name) {
    return query.stream().filter(p -> p.name().equals(name)).map(Parameter::value).toList();
  }

  /** A header by its lower-case name, or null. */
  public @Nullable String header(String name) {
    return headers.get(name);
  }

  /** Path and query, percent-encoded, as a request line carries them. */
  public String target() {
    StringBuilder target = new StringBuilder();
    for (String segment : path.split("/", -1)) {
      target.append(target.isEmpty() && segment.isEmpty() ? "" : encode(segment)).append('/');
    }
    target.setLength(target.length() - 1);
    char separator = '?';
    for (Parameter parameter : query) {
      target
          .append(separator)
          .append(encode(parameter.name()))
          .append('=')
          .append(encode(parameter.value()));
      separator = '&';
    }
    return target.toString();
  }

  private static String encode(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20").replace("%3A", ":");
  }
}
