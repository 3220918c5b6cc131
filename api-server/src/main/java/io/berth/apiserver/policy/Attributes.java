package io.berth.apiserver.policy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.resource.ResourceDefinition;
import io.berth.apiserver.registry.AdmissionRequest;
import io.berth.apiserver.server.Identity;
import io.berth.apiserver.server.RequestInfo;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A write as webhooks and policies see it.
 *
 * @param request the write
 * @param ruled the version that its objects are in
 */
public record Attributes(AdmissionRequest request, ResourceDefinition ruled) {
  /** The version is read off the objects. */
  public static Attributes of(AdmissionRequest request) {
    ResourceDefinition requested = request.call().info().resource();
    JsonNode object = request.object() != null ? request.object() : request.old();
    boolean stored =
        object != null
            && !object.path("apiVersion").asText().equals(requested.apiVersion())
            && object.path("apiVersion").asText().equals(requested.storage().apiVersion());
    return new Attributes(request, stored ? requested.storage() : requested);
  }

  public RequestInfo info() {
    return request.call().info();
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

  public @Nullable ObjectNode object() {
    return request.object();
  }

  public @Nullable ObjectNode old() {
    return request.old();
  }

  /** The {@code request} of an AdmissionReview, without the objects. */
  public ObjectNode review(String uid) {
    ObjectNode review = Json.object().put("uid", uid);
    ResourceDefinition requested = info().resource();
    kind(review.putObject("kind"), ruled);
    resource(review.putObject("resource"), ruled);
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

  private static void kind(ObjectNode kind, ResourceDefinition resource) {
    kind.put("group", resource.group())
        .put("version", resource.version())
        .put("kind", resource.kind());
  }

  private static void resource(ObjectNode kind, ResourceDefinition resource) {
    kind.put("group", resource.group())
        .put("version", resource.version())
        .put("resource", resource.plural());
  }

  private ObjectNode options() {
    String kind =
        switch (request.operation()) {
          case CREATE -> "CreateOptions";
          case UPDATE -> "UpdateOptions";
          case DELETE -> "DeleteOptions";
        };
    return Json.object().put("kind", kind).put("apiVersion", "meta.k8s.io/v1");
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
