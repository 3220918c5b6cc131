package io.berth.apiserver.streaming;

import io.berth.api.transport.Errors;

/**
 * What a proxy's path names: {@code name}, {@code name:port} or {@code scheme:name:port}.
 *
 * @param scheme {@code http}, {@code https} or empty
 * @param port number or name, empty where none is given
 */
record SchemeNamePort(String scheme, String name, String port) {
  /**
   * @param kind for the message
   * @throws io.berth.api.transport.ApiException 400 it is of another form
   */
  static SchemeNamePort parse(String text, String kind) {
    String[] parts = text.split(":", -1);
    SchemeNamePort parsed =
        switch (parts.length) {
          case 1 -> new SchemeNamePort("", parts[0], "");
          case 2 -> new SchemeNamePort("", parts[0], parts[1]);
          case 3 -> new SchemeNamePort(parts[0], parts[1], parts[2]);
          default -> null;
        };
    boolean known =
        parsed != null
            && !parsed.name().isEmpty()
            && (parsed.scheme().isEmpty()
                || parsed.scheme().equals("http")
                || parsed.scheme().equals("https"))
            && (parts.length != 3 || !parsed.scheme().isEmpty());
    if (parsed == null || !known) {
      throw Errors.badRequest("invalid %s request \"%s\"".formatted(kind, text));
    }
    return parsed;
  }
}
