package io.berth.apiserver.authn;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.object.ObjectKey;
import io.berth.api.object.Text;
import io.berth.api.object.Times;
import io.berth.api.resource.GroupResource;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.resource.Resources;
import io.berth.api.transport.Errors;
import io.berth.api.validation.FieldError;
import io.berth.apiserver.authn.TokenClaims.Bound;
import io.berth.apiserver.authn.TokenClaims.BoundKind;
import io.berth.apiserver.authn.TokenClaims.NamedUid;
import io.berth.apiserver.registry.Computed;
import io.berth.apiserver.registry.Meta;
import io.berth.apiserver.registry.ObjectStore;
import io.berth.apiserver.registry.WriteCall;
import io.berth.apiserver.server.Identity;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code serviceaccounts/NAME/token}: issues a token, bound to an object where the request names
 * one. A node gets only tokens that are bound to a pod of its own.
 */
final class TokenRequests implements Computed {
  private static final long DEFAULT_SECONDS = 3_600;
  private static final long MIN_SECONDS = 600;
  private static final long MAX_SECONDS = 1L << 32;

  private final ServiceAccountTokens tokens;
  private final ObjectStore objects;

  TokenRequests(ServiceAccountTokens tokens, ObjectStore objects) {
    this.tokens = tokens;
    this.objects = objects;
  }

  @Override
  public ResourceDefinition asks(ResourceDefinition resource) {
    return Resources.TOKEN_REQUESTS;
  }

  @Override
  public void prepare(ObjectNode request, WriteCall call) {
    String name = call.info().name();
    ObjectNode spec = spec(request);
    checkName(request, name);
    checkUid(request, account(call));
    long seconds = spec.path("expirationSeconds").asLong(DEFAULT_SECONDS);
    checkLifetime(seconds, name);
    checkNode(spec.path("boundObjectRef"), call);
    if (spec.path("audiences").isEmpty()) {
      ServiceAccountTokens.API_AUDIENCES.forEach(spec.putArray("audiences")::add);
    }
    spec.put("expirationSeconds", seconds);
    complete(Meta.of(request), call.info().namespace(), name, call);
    request.putObject("status").put("token", "").putNull("expirationTimestamp");
  }

  @Override
  public ObjectNode answer(ObjectNode request, WriteCall call) {
    String namespace = call.info().namespace();
    String name = call.info().name();
    ObjectNode spec = spec(request);
    List<String> audiences = new ArrayList<>();
    spec.path("audiences").forEach(audience -> audiences.add(audience.asText()));
    JsonNode reference = spec.path("boundObjectRef");
    ObjectNode object = reference.isObject() ? boundObject(reference, namespace, name) : null;
    Bound bound = object == null ? null : new Bound(kind(reference, name), uid(object));
    Duration lifetime = Duration.ofSeconds(spec.path("expirationSeconds").asLong());
    NamedUid self = new NamedUid(name, Meta.uid(account(call)));
    request
        .putObject("status")
        .put("expirationTimestamp", Times.seconds(call.now().plus(lifetime)))
        .put(
            "token",
            call.dryRun()
                ? ""
                : tokens.issue(namespace, self, bound, nodeOf(bound, object), audiences, lifetime));
    return request;
  }

  private static ObjectNode spec(ObjectNode request) {
    return request.get("spec") instanceof ObjectNode given ? given : request.putObject("spec");
  }

  private ObjectNode account(WriteCall call) {
    return find(Resources.SERVICE_ACCOUNTS, call.info().namespace(), call.info().name());
  }

  private static void complete(ObjectNode metadata, String namespace, String name, WriteCall call) {
    metadata.put("name", name).put("namespace", namespace);
    metadata.put("creationTimestamp", Times.seconds(call.now()));
  }

  private static void checkName(ObjectNode request, String name) {
    String own = Meta.name(request);
    if (!own.isEmpty() && !own.equals(name)) {
      throw Errors.invalid(
          Resources.TOKEN_REQUESTS,
          name,
          List.of(
              FieldError.invalid(
                  "metadata.name", own, "must match the service account name if specified")));
    }
  }

  private static void checkUid(ObjectNode request, ObjectNode account) {
    String asked = Meta.uid(request);
    if (!asked.isEmpty() && !asked.equals(Meta.uid(account))) {
      throw Errors.conflict(
          new GroupResource(Resources.TOKEN_REQUESTS.group(), Resources.TOKEN_REQUESTS.kind()),
          Meta.name(account),
          "the UID in the token request ("
              + asked
              + ") does not match the UID of the service account ("
              + Meta.uid(account)
              + ")");
    }
  }

  private static void checkLifetime(long seconds, String name) {
    String field = "spec.expirationSeconds";
    FieldError wrong =
        seconds < MIN_SECONDS
            ? FieldError.invalid(field, seconds, "may not specify a duration less than 10 minutes")
            : seconds > MAX_SECONDS
                ? FieldError.invalid(
                    field, seconds, "may not specify a duration larger than 2^32 seconds")
                : null;
    if (wrong != null) {
      throw Errors.invalid(Resources.TOKEN_REQUESTS, name, List.of(wrong));
    }
  }

  /** A node that was taken over must not get tokens for what does not run on it. */
  private void checkNode(JsonNode reference, WriteCall call) {
    Identity who = call.identity();
    if (!who.in(Identity.NODES)) {
      return;
    }
    String why = null;
    String pod = reference.path("name").asText("");
    if (!reference.path("kind").asText("").equals("Pod") || pod.isEmpty()) {
      why = "node requested token not bound to a pod";
    } else if (reference.path("uid").asText("").isEmpty()) {
      why = "node requested token with a pod binding without a uid";
    } else {
      String node =
          find(Resources.PODS, call.info().namespace(), pod).at("/spec/nodeName").asText("");
      if (!who.name().equals(Identity.NODE_PREFIX + node)) {
        why = "node requested token bound to a pod scheduled on a different node";
      }
    }
    if (why != null) {
      throw Errors.forbidden(Resources.SERVICE_ACCOUNTS.groupResource(), call.info().name(), why);
    }
  }

  private ObjectNode boundObject(JsonNode reference, String namespace, String account) {
    String name = reference.path("name").asText("");
    ObjectNode object =
        switch (kind(reference, account)) {
          case POD -> find(Resources.PODS, namespace, name);
          case SECRET -> find(Resources.SECRETS, namespace, name);
          case NODE -> find(Resources.NODES, "", name);
        };
    if (object.path("kind").asText().equals("Pod")
        && !object.at("/spec/serviceAccountName").asText().equals(account)) {
      throw Errors.badRequest(
          "cannot bind token for serviceaccount "
              + Text.quote(account)
              + " to pod running with different serviceaccount name.");
    }
    String uid = reference.path("uid").asText("");
    if (!uid.isEmpty() && !uid.equals(Meta.uid(object))) {
      throw Errors.conflict(
          new GroupResource("", reference.path("kind").asText()),
          name,
          "the UID in the bound object reference ("
              + uid
              + ") does not match the UID in record. The object might have been deleted and then"
              + " recreated");
    }
    return object;
  }

  private static BoundKind kind(JsonNode reference, String account) {
    String version = reference.path("apiVersion").asText("");
    String kind = reference.path("kind").asText("");
    if (version.equals("v1") || version.isEmpty()) {
      for (BoundKind known : BoundKind.values()) {
        if (kind.equalsIgnoreCase(known.name())) {
          return known;
        }
      }
    }
    throw Errors.badRequest(
        "cannot bind token for serviceaccount "
            + Text.quote(account)
            + " to object of type "
            + (version.isEmpty() ? "" : version + ", Kind=")
            + kind);
  }

  private static NamedUid uid(ObjectNode object) {
    return new NamedUid(Meta.name(object), Meta.uid(object));
  }

  /** Where the pod of a bound token runs, as far as that node is known. */
  private @Nullable NamedUid nodeOf(@Nullable Bound bound, @Nullable ObjectNode object) {
    if (bound == null || object == null || bound.kind() != BoundKind.POD) {
      return null;
    }
    String node = object.at("/spec/nodeName").asText("");
    return node.isEmpty()
        ? null
        : objects
            .find(ObjectKey.of(Resources.NODES.groupResource(), "", node))
            .map(found -> uid(found.tree()))
            .orElse(null);
  }

  private ObjectNode find(ResourceDefinition resource, String namespace, String name) {
    return objects
        .find(ObjectKey.of(resource.groupResource(), namespace, name))
        .map(found -> found.tree())
        .orElseThrow(() -> Errors.notFound(resource.groupResource(), name));
  }
}
