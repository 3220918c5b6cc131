package io.berth.apiserver.server;

import io.berth.api.transport.ApiException;
import io.berth.api.transport.ApiRequest;
import java.util.Locale;
import java.util.Set;

/** Lets a request through or fails it with 401 or 403, worded as Kubernetes words it. */
final class AccessControl {
  /** Open to all: what load balancers and clients ask before they have credentials. */
  private static final Set<String> OPEN = Set.of("healthz", "livez", "readyz", "version");

  /** Open to whoever is known: what clients need to find their way. */
  private static final Set<String> DISCOVERY = Set.of("", "api", "apis", "openapi");

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
      String verb = request.method().toLowerCase(Locale.ROOT);
      throw forbidden(
          "forbidden: User \"%s\" cannot %s path \"%s\"".formatted(who.name(), verb, path),
          "",
          "",
          "");
    }
  }

  void checkResource(Authorizer.Access access, Identity who) {
    if (who.in(Identity.MASTERS)) {
      return;
    }
    refuseAnonymous(who);
    String reason = authorizer.deny(who, access);
    if (reason != null) {
      throw forbidden(text(access, who, reason), access.name(), access.group(), access.resource());
    }
  }

  private static void refuseAnonymous(Identity who) {
    if (who.anonymous()) {
      throw Failures.unauthorized();
    }
  }

  private static String text(Authorizer.Access access, Identity who, String reason) {
    StringBuilder text = new StringBuilder(access.resource());
    if (!access.group().isEmpty()) {
      text.append('.').append(access.group());
    }
    if (!access.name().isEmpty()) {
      text.append(" \"").append(access.name()).append('"');
    }
    text.append(" is forbidden: User \"").append(who.name()).append("\" cannot ");
    text.append(access.verb().text()).append(" resource \"").append(access.resourceText());
    text.append("\" in API group \"").append(access.group()).append('"');
    if (access.namespace().isEmpty()) {
      text.append(" at the cluster scope");
    } else {
      text.append(" in the namespace \"").append(access.namespace()).append('"');
    }
    return reason.isEmpty() ? text.toString() : text.append(": ").append(reason).toString();
  }

  private static ApiException forbidden(String message, String name, String group, String kind) {
    return new ApiException(403, "Forbidden", message, Failures.details(name, group, kind));
  }
}
