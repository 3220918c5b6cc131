package io.berth.apiserver.policy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.schema.Schema.ObjectType;
import io.berth.api.schema.Schemas;
import io.berth.apiserver.registry.AdmissionRequest;
import io.berth.apiserver.registry.ObjectForms;
import io.berth.apiserver.registry.Strategies;
import io.berth.apiserver.server.Authorizer.Access;
import io.berth.apiserver.server.Identity;
import io.berth.apiserver.server.RequestInfo;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A write as webhooks and policies see it: in the version that their rules name, or as the small
 * object of a subresource. For one thread at a time.
 */
public final class Attributes {
  /** The options of connections are in no published schema. */
  private static final ObjectType UNKNOWN = new ObjectType("options", false, true);

  private final AdmissionRequest request;
  private final ObjectForms forms;
  private final ResourceDefinition version;
  private @Nullable ObjectNode object;
  private @Nullable ObjectNode old;

  private Attributes(AdmissionRequest request, ObjectForms forms, ResourceDefinition version) {
    this.request = request;
    this.forms = forms;
    this.version = version;
  }

  /** A write in the version that it was requested in. */
  public static Attributes of(AdmissionRequest request, Strategies strategies) {
    return new Attributes(request, new ObjectForms(strategies), request.call().info().resource());
  }

  /** The same write with its objects, as they are by now, in another version. */
  public Attributes in(ResourceDefinition other) {
    return new Attributes(request, forms, other);
  }

  public RequestInfo info() {
    return request.call().info();
  }

  /** The version that the objects are in. */
  public ResourceDefinition version() {
    return version;
  }

  public String operation() {
    return request.operation().name();
  }

  public String namespace() {
    return request.key().namespace();
  }

  public String name() {
    return request.key().name();
  }

  public boolean dryRun() {
    return request.call().dryRun();
  }

  /** Whether there are no labels to go by, not even an empty set. */
  boolean unlabelled() {
    return request.operation() == AdmissionRequest.Operation.CONNECT;
  }

  boolean ofPart() {
    return request.ofPart();
  }

  /** Has the client told something. */
  public void warn(String warning) {
    request.call().warnings().add(warning);
  }

  /** The new version of the object; not to be changed. */
  public @Nullable ObjectNode object() {
    ObjectNode given = request.object();
    if (object == null && given != null) {
      object = forms.shown(given, info(), version);
    }
    return object;
  }

  /** The new version of the object, with what was taken since it was last asked for. */
  public @Nullable ObjectNode current() {
    object = null;
    return object();
  }

  /** The version before; not to be changed. */
  public @Nullable ObjectNode old() {
    ObjectNode given = request.old();
    if (old == null && given != null) {
      old = forms.shown(given, info(), version);
    }
    return old;
  }

  /**
   * Changes the write.
   *
   * @param changed what becomes of {@link #object}, another tree
   */
  public void take(ObjectNode changed) {
    forms.take(changed, request, version);
    object = null;
  }

  Identity user() {
    return request.call().identity();
  }

  /** What {@code authorizer.requestResource} is about. */
  Access access() {
    return new Access(
        "",
        version.group(),
        version.plural(),
        info().subresource(),
        namespace(),
        name(),
        "",
        "",
        null);
  }

  /** The {@code request} of an AdmissionReview, without the objects. */
  public ObjectNode review(String uid) {
    ObjectNode review = Json.object();
    if (!uid.isEmpty()) {
      review.put("uid", uid);
    }
    ResourceDefinition requested = info().resource();
    kind(review.putObject("kind"), version);
    resource(review.putObject("resource"), version);
    subresource(review, "subResource");
    kind(review.putObject("requestKind"), requested);
    resource(review.putObject("requestResource"), requested);
    subresource(review, "requestSubResource");
    if (!name().isEmpty()) {
      review.put("name", name());
    }
    if (!namespace().isEmpty()) {
      review.put("namespace", namespace());
    }
    review.put("operation", operation());
    review.set("userInfo", user(request.call().identity()));
    review.put("dryRun", request.call().dryRun());
    review.set("options", options());
    return review;
  }

  private void subresource(ObjectNode review, String field) {
    if (info().hasSubresource()) {
      review.put(field, info().subresource());
    }
  }

  /** Whether the object is of another kind than those of the resource. */
  private boolean ownKind() {
    return ObjectForms.scales(info()) || request.part();
  }

  /** The type of the object that is shown; an open one where nothing is known of its kind. */
  ObjectType type() {
    ObjectNode own = object();
    return own == null || !ownKind()
        ? Schemas.forResource(version)
        : Schemas.ofKind(own.path("apiVersion").asText(), own.path("kind").asText())
            .orElse(UNKNOWN);
  }

  private void kind(ObjectNode kind, ResourceDefinition resource) {
    ObjectNode own = object();
    if (own != null && ownKind()) {
      String apiVersion = own.path("apiVersion").asText();
      int slash = apiVersion.indexOf('/');
      kind.put("group", slash < 0 ? "" : apiVersion.substring(0, slash))
          .put("version", apiVersion.substring(slash + 1))
          .put("kind", own.path("kind").asText());
      return;
    }
    kind.put("group", resource.group())
        .put("version", resource.version())
        .put("kind", resource.kind());
  }

  private static void resource(ObjectNode kind, ResourceDefinition resource) {
    kind.put("group", resource.group())
        .put("version", resource.version())
        .put("resource", resource.plural());
  }

  private @Nullable ObjectNode options() {
    String kind =
        switch (request.operation()) {
          case CREATE -> "CreateOptions";
          case UPDATE -> "UpdateOptions";
          case DELETE -> "DeleteOptions";
          case CONNECT -> "";
        };
    if (kind.isEmpty()) {
      return null;
    }
    ObjectNode options = Json.object().put("kind", kind).put("apiVersion", "meta.k8s.io/v1");
    options.setAll(request.call().options().get());
    return options;
  }

  private static ObjectNode user(Identity identity) {
    ObjectNode user = Json.object().put("username", identity.name());
    if (!identity.uid().isEmpty()) {
      user.put("uid", identity.uid());
    }
    identity.groups().forEach(user.putArray("groups")::add);
    if (!identity.extra().isEmpty()) {
      ObjectNode extra = user.putObject("extra");
      for (Map.Entry<String, List<String>> entry : identity.extra().entrySet()) {
        entry.getValue().forEach(extra.withArrayProperty(entry.getKey())::add);
      }
    }
    return user;
  }
}
