package io.berth.apiserver.authz;

import io.berth.apiserver.server.Authorizer;
import io.berth.apiserver.server.Identity;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The rules for Berth's own components; everybody else is refused. {@link Identity#MASTERS} do not
 * come here: they may do anything.
 */
public final class ComponentAuthorizer implements Authorizer {
  /** Beside reading everything but secrets: {@code group/resource[/subresource]:verb}. */
  private static final Set<String> SCHEDULER_WRITES =
      Set.of(
          "/pods:delete",
          "/pods/binding:create",
          "/bindings:create",
          "/pods/status:update",
          "/pods/status:patch",
          "/events:create",
          "/events:patch",
          "/events:update",
          "events.k8s.io/events:create",
          "events.k8s.io/events:patch",
          "events.k8s.io/events:update",
          "coordination.k8s.io/leases:create",
          "coordination.k8s.io/leases:update",
          "coordination.k8s.io/leases:patch");

  /** Subresources that reach into running workloads: no controller has business there. */
  private static final Set<String> SESSIONS = Set.of("exec", "attach", "portforward", "proxy");

  private final NodeAuthorizer nodes;

  public ComponentAuthorizer(NodeAuthorizer nodes) {
    this.nodes = nodes;
  }

  @Override
  public @Nullable String deny(Identity who, Access what) {
    if (who.in(Identity.NODES)) {
      return nodes.deny(who, what);
    }
    return switch (who.name()) {
      case Identity.CONTROLLER_MANAGER -> SESSIONS.contains(what.subresource()) ? "" : null;
      case Identity.SCHEDULER -> schedulerMay(what) ? null : "";
      default -> "";
    };
  }

  private static boolean schedulerMay(Access what) {
    if (what.verb().readOnly()) {
      return !what.resource().equals("secrets") && !SESSIONS.contains(what.subresource());
    }
    return SCHEDULER_WRITES.contains(
        what.group() + "/" + what.resourceText() + ":" + what.verb().text());
  }
}
