package io.berth.client;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import org.jspecify.annotations.Nullable;

/**
 * How to delete.
 *
 * @param gracePeriodSeconds null for the object's own
 * @param uid only where the object has this uid; null for any
 * @param resourceVersion only where the object is at this version; null for any
 * @param propagationPolicy {@code Background}, {@code Foreground} or {@code Orphan}; null for the
 *     kind's default
 */
public record DeleteOptions(
    @Nullable Long gracePeriodSeconds,
    @Nullable String uid,
    @Nullable String resourceVersion,
    @Nullable String propagationPolicy) {
  public static final DeleteOptions DEFAULT = new DeleteOptions(null, null, null, null);

  public static DeleteOptions uid(String uid) {
    return new DeleteOptions(null, uid, null, null);
  }

  /** At once and only this very object: what an agent says when a pod's processes have ended. */
  public static DeleteOptions now(String uid) {
    return new DeleteOptions(0L, uid, null, null);
  }

  public static DeleteOptions propagation(String policy) {
    return new DeleteOptions(null, null, null, policy);
  }

  public DeleteOptions withUid(String expected) {
    return new DeleteOptions(gracePeriodSeconds, expected, resourceVersion, propagationPolicy);
  }

  ObjectNode body() {
    ObjectNode body = Json.object().put("kind", "DeleteOptions").put("apiVersion", "v1");
    if (gracePeriodSeconds != null) {
      body.put("gracePeriodSeconds", gracePeriodSeconds);
    }
    if (propagationPolicy != null) {
      body.put("propagationPolicy", propagationPolicy);
    }
    if (uid != null || resourceVersion != null) {
      ObjectNode preconditions = body.putObject("preconditions");
      if (uid != null) {
        preconditions.put("uid", uid);
      }
      if (resourceVersion != null) {
        preconditions.put("resourceVersion", resourceVersion);
      }
    }
    return body;
  }
}
