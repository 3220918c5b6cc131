package io.berth.apiserver.streaming;

import io.berth.api.transport.Errors;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;

/**
 * A proxied request's target, taken apart as it came.
 *
 * @param mount the path up to {@code /proxy}
 * @param rest what follows, empty or from the slash on
 * @param query empty, or from the question mark on
 */
record ProxyPath(String mount, String rest, String query) {
  /**
   * @param segments how many path segments lead to {@code proxy}, itself included
   */
  static ProxyPath of(String target, int segments) {
    int mark = target.indexOf('?');
    String path = mark < 0 ? target : target.substring(0, mark);
    String query = mark < 0 ? "" : target.substring(mark);
    int at = 0;
    for (int i = 0; i < segments && at >= 0; i++) {
      at = path.indexOf('/', at + 1);
    }
    return at < 0
        ? new ProxyPath(path, "", query)
        : new ProxyPath(path.substring(0, at), path.substring(at), query);
  }

  /**
   * What follows the mount, not encoded any more.
   *
   * @throws io.berth.api.transport.ApiException 400 it is not encoded well
   */
  String decoded() {
    try {
      return URLDecoder.decode(rest.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw Errors.badRequest("the path is malformed");
    }
  }

  /**
   * The same mount and query with what is to follow, which is left as it came where it is the same.
   *
   * @param path not encoded
   */
  ProxyPath to(String path) {
    if (path.equals(decoded())) {
      return this;
    }
    try {
      String absolute = path.isEmpty() || path.startsWith("/") ? path : "/" + path;
      String encoded = new URI("http", "host", absolute, null).toASCIIString();
      return new ProxyPath(mount, encoded.substring("http://host".length()), query);
    } catch (URISyntaxException e) {
      throw Errors.internal("the path that admission asks for is malformed");
    }
  }
}
