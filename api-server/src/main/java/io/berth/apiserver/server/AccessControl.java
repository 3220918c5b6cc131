package io.berth.apiserver.server;

import io.berth.api.resource.GroupResource;
import io.berth.api.transport.ApiRequest;
import io.berth.api.transport.Errors;
import java.util.Locale;
import java.util.Set;

/** Lets a request through or fails it with 401 or 403, worded as Kubernetes words it. */
final class AccessControl {
  /** Open to all: what load balancers and clients ask before they have credentials. */
  private static final Set<String> OPEN = Set.of("healthz", "livez", "readyz", "version");

  /** Open to whoever is known: what clients need to find their way. */
  private static final Set<String> DISCOVERY = Set.of("", "api", "apis", "openapi");

  private static final Set<String> SESSIONS =
      Set.of("pods/exec", "pods/attach", "pods/portforward");

  private final Authorizer authorizer;

  AccessControl(Authorizer authorizer) {
    this.authorizer = authorizer;
  }

  void checkPath(ApiRequest request, Identity who) {
    String path = request.path();
    int end = path.indexOf('/', 1);
    String first = path.isEmpty() ? "" : path.substring(1, end < 0 ? path.length() : end);
    if (OPEN.contains(first) || who.in(Identity.MASTERS)) {
      return;
    }
    refuseAnonymous(who);
    if (!DISCOVERY.contains(first)) {
      throw Errors.deniedPath(who.name(), request.method().toLowerCase(Locale.ROOT), path);
    }
  }

  void checkResource(Authorizer.Access access, Identity who) {
    if (who.in(Identity.MASTERS)) {
      return;
    }
    refuseAnonymous(who);
    String reason = authorizer.deny(who, access);
    if (reason != null) {
      throw Errors.denied(
          who.name(),
          access.verb().text(),
          new GroupResource(access.group(), access.resource()),
          access.subresource(),
          access.namespace(),
          access.name(),
          reason);
    }
  }

  /**
   * A WebSocket's handshake is a GET, yet a session makes something happen: whoever may only read
   * is not to open one.
   */
  void checkSession(Authorizer.Access access, Identity who) {
    if (access.verb() == Verb.GET && SESSIONS.contains(access.resourceText())) {
      checkResource(access.as(Verb.CREATE), who);
    }
  }

  private static void refuseAnonymous(Identity who) {
    if (who.anonymous()) {
      throw Errors.unauthorized();
    }
  }
}
