package io.berth.apiserver.streaming;

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
}
