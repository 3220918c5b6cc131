package io.berth.apiserver.authz;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.codec.Json;
import io.berth.api.transport.ApiRequest;
import io.berth.apiserver.server.Authorizer;
import io.berth.apiserver.server.Identity;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The rules for node agents. An agent may write its own Node and lease, the status of the pods
 * bound to it, and events; it may read its pods, the secrets and config maps that they name, and
 * what routing needs of the whole cluster. So a node that was taken over gives away what ran on it
 * and nothing else.
 */
public final class NodeAuthorizer implements Authorizer {
  private static final String LEASE_NAMESPACE = "kube-node-lease";

  /** {@code group/resource} that every node may read whole. */
  private static final Set<String> SHARED =
      Set.of(
          "/nodes",
          "/services",
          "/endpoints",
          "/namespaces",
          "discovery.k8s.io/endpointslices",
          "networking.k8s.io/networkpolicies",
          "node.k8s.io/runtimeclasses",
          "storage.k8s.io/csidrivers",
          "storage.k8s.io/storageclasses",
          "/persistentvolumes");

  private static final String NOT_RELATED =
      "no relationship found between node '%s' and this object";

  private final NodeObjects objects;

  public NodeAuthorizer(NodeObjects objects) {
    this.objects = objects;
  }

  @Override
  public Decision decide(Identity who, Access what) {
    if (!who.in(Identity.NODES) || what.isPath()) {
      return Decision.NO;
    }
    String reason = deny(who, what);
    return reason == null ? Decision.allow("") : Decision.deny(reason);
  }

  /** Null where it is allowed, else why not. */
  private @Nullable String deny(Identity who, Access what) {
    if (!who.name().startsWith(Identity.NODE_PREFIX)) {
      return "a member of system:nodes is to be called system:node:NAME";
    }
    String node = who.name().substring(Identity.NODE_PREFIX.length());
    String resource = what.group() + "/" + what.resource();
    if (readOnly(what) && !what.hasSubresource() && SHARED.contains(resource)) {
      return null;
    }
    return switch (resource) {
      case "/nodes" -> ownNode(node, what);
      case "/pods" -> pods(node, what);
      case "coordination.k8s.io/leases" -> ownLease(node, what);
      case "/events", "events.k8s.io/events" -> events(what);
      case "/secrets", "/configmaps", "/persistentvolumeclaims", "/serviceaccounts" ->
          used(node, what);
      case "certificates.k8s.io/certificatesigningrequests" ->
          what.hasSubresource() || !(what.verb().equals("create") || readOnly(what)) ? "" : null;
      // What its server asks about those who come to it.
      case "authentication.k8s.io/tokenreviews",
          "authorization.k8s.io/subjectaccessreviews",
          "authorization.k8s.io/localsubjectaccessreviews" ->
          what.verb().equals("create") ? null : "";
      default -> "";
    };
  }

  private static @Nullable String ownNode(String node, Access what) {
    boolean status = what.subresource().equals("status");
    if (what.hasSubresource() && !status) {
      return "";
    }
    return switch (what.verb()) {
      case "create" -> own(node, createdName(node, what), "node '%s' may not create node '%s'");
      case "get", "update", "patch" -> own(node, what.name(), "node '%s' may not change node '%s'");
      default -> "";
    };
  }

  private static @Nullable String ownLease(String node, Access what) {
    if (!what.namespace().equals(LEASE_NAMESPACE)) {
      return "a node's lease lies in the namespace " + LEASE_NAMESPACE;
    }
    String name =
        switch (what.verb()) {
          case "create" -> createdName(node, what);
          case "list", "watch", "deletecollection" -> selected(what, "metadata.name=");
          default -> what.name();
        };
    return what.verb().equals("deletecollection")
        ? ""
        : own(node, name, "node '%s' may not use the lease '%s'");
  }

  private @Nullable String pods(String node, Access what) {
    return switch (what.verb()) {
      case "list", "watch" ->
          node.equals(selected(what, "spec.nodeName="))
              ? null
              : "a node may only read its own pods: fieldSelector spec.nodeName=" + node;
      case "get" ->
          what.hasSubresource() && !what.subresource().equals("status") ? "" : ownPod(node, what);
      case "update", "patch" -> what.subresource().equals("status") ? ownPod(node, what) : "";
      case "delete" -> what.hasSubresource() ? "" : ownPod(node, what);
      case "create" -> what.subresource().equals("eviction") ? ownPod(node, what) : "";
      default -> "";
    };
  }

  private @Nullable String ownPod(String node, Access what) {
    String bound = objects.nodeOf(what.namespace(), what.name());
    // A pod that is gone gives no secret away, and the agent must learn that it is: 404, not 403.
    return bound == null || bound.equals(node) ? null : NOT_RELATED.formatted(node);
  }

  private static @Nullable String events(Access what) {
    return switch (what.verb()) {
      case "create", "update", "patch" -> what.hasSubresource() ? "" : null;
      default -> "";
    };
  }

  private @Nullable String used(String node, Access what) {
    boolean token =
        what.resource().equals("serviceaccounts")
            && what.subresource().equals("token")
            && what.verb().equals("create");
    if (!token && (!readOnly(what) || what.hasSubresource())) {
      return "";
    }
    String name = what.name().isEmpty() ? selected(what, "metadata.name=") : what.name();
    if (name == null || what.namespace().isEmpty()) {
      return "a node may only read one at a time, by its name";
    }
    return objects.usedOn(node, what.resource(), what.namespace(), name)
        ? null
        : NOT_RELATED.formatted(node);
  }

  private static @Nullable String own(String node, @Nullable String name, String message) {
    return node.equals(name) ? null : message.formatted(node, name == null ? "" : name);
  }

  /** What the field selector demands of a field, or null where it demands nothing. */
  private static @Nullable String selected(Access what, String field) {
    for (String term : what.fieldSelector().split(",")) {
      if (term.startsWith(field)) {
        String value = term.substring(field.length());
        return value.startsWith("=") ? value.substring(1) : value;
      }
    }
    return null;
  }

  private static boolean readOnly(Access what) {
    return switch (what.verb()) {
      case "get", "list", "watch" -> true;
      default -> false;
    };
  }

  /** The name of what is to be created; where nothing is sent yet, the one that is allowed. */
  private static @Nullable String createdName(String node, Access what) {
    ApiRequest request = what.request();
    return request == null ? node : bodyName(request);
  }

  private static @Nullable String bodyName(ApiRequest request) {
    try {
      JsonNode name = Json.parse(request.body()).path("metadata").path("name");
      return name.isTextual() ? name.textValue() : null;
    } catch (IllegalArgumentException e) {
      return null; // what is no object is nobody's own
    }
  }
}
