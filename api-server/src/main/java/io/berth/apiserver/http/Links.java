package io.berth.apiserver.http;

import io.berth.apiserver.server.Backend;
import io.vertx.core.net.HostAndPort;
import java.net.URI;
import java.net.URISyntaxException;
import org.jspecify.annotations.Nullable;

/**
 * Addresses in a backend's answers as a client of this server must follow them: those that name
 * something of the backend from its root on get the path that it is mounted at; relative ones and
 * other hosts' stay as they are.
 */
final class Links {
  private final Backend backend;
  private final @Nullable HostAndPort asked;
  private final String mount;

  /**
   * @param asked the host that the client's request named
   */
  Links(Backend backend, @Nullable HostAndPort asked) {
    this.backend = backend;
    this.asked = asked;
    this.mount = backend.mount() == null ? "" : backend.mount();
  }

  String rewritten(String link) {
    URI uri;
    try {
      uri = new URI(link.strip());
    } catch (URISyntaxException e) {
      return link;
    }
    String path = uri.getRawPath();
    if (uri.isOpaque() || path == null || !path.startsWith("/") || !own(uri)) {
      return link;
    }
    String below = path.startsWith(mount + "/") || path.equals(mount) ? path : mount + path;
    String query = uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery();
    String fragment = uri.getRawFragment() == null ? "" : "#" + uri.getRawFragment();
    return below + query + fragment;
  }

  private boolean own(URI uri) {
    String authority = uri.getRawAuthority();
    return authority == null
        || authority.equals(backend.authority())
        || authority.equals(backend.host())
        || (asked != null && authority.equals(asked.toString()));
  }
}
