package io.berth.apiserver.server;

import io.berth.api.resource.GroupResource;
import io.berth.api.transport.ApiException;
import io.berth.api.transport.ApiRequest;
import io.berth.api.transport.Errors;
import java.util.Set;

/** Lets a request through or fails it with 401 or 403, worded as Kubernetes words it. */
final class AccessControl {
  /**
   * Open to all whatever the rules say: load balancers and probes must learn that a server is ill
   * also from one whose rules are not loaded.
   */
  private static final Set<String> OPEN = Set.of("/healthz", "/livez", "/readyz");

  private static final Set<String> SESSIONS =
      Set.of("pods/exec", "pods/attach", "pods/portforward");

  /**
   * As whom a request is served.
   *
   * @param known whether whoever sends it is; it may act as somebody who is not
   */
  record Caller(Identity identity, boolean known) {
    static Caller self(Identity sender) {
      return new Caller(sender, !sender.anonymous());
    }
  }

  private final Authorizer authorizer;

  AccessControl(Authorizer authorizer) {
    this.authorizer = authorizer;
  }

  void checkPath(ApiRequest request, Caller who) {
    if (OPEN.contains(request.path())) {
      return;
    }
    check(Authorizer.Access.ofPath(request), who);
  }

  /**
   * A WebSocket's handshake is a GET, yet a session makes something happen: whoever may only read
   * is not to open one.
   */
  void checkSession(Authorizer.Access access, Caller who) {
    if (access.verb().equals(Verb.GET.text()) && SESSIONS.contains(access.resourceText())) {
      check(access.withVerb(Verb.CREATE.text()), who);
    }
  }

  /**
   * @throws ApiException 403, or 401 where nobody is known
   */
  void check(Authorizer.Access access, Caller who) {
    Authorizer.Decision decision = authorizer.decide(who.identity(), access);
    if (!decision.allowed()) {
      throw who.known() ? denied(who.identity(), access, decision.reason()) : Errors.unauthorized();
    }
  }

  /** 403 in Kubernetes' words. */
  private static ApiException denied(Identity who, Authorizer.Access access, String reason) {
    if (access.isPath()) {
      return Errors.deniedPath(who.name(), access.verb(), access.path());
    }
    return Errors.denied(
        who.name(),
        access.verb(),
        new GroupResource(access.group(), access.resource()),
        access.subresource(),
        access.namespace(),
        access.name(),
        reason);
  }
}
