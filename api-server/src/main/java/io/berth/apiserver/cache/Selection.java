package io.berth.apiserver.cache;

import io.berth.api.object.ApiObject;
import io.berth.api.object.ObjectHeader;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Which objects of a resource a watch is about. The first three find the watch by index when an
 * object changes, so that thousands of watches that differ only in them cost nothing; the predicate
 * is asked once an event and watch that the indexes found.
 *
 * @param namespace only objects of this namespace, or null for all
 * @param name only objects of this name, or null for all
 * @param nodeName only objects whose field {@code spec.nodeName} is this, or null for all
 * @param matches all else that a label or field selector asks; pure and quick
 */
public record Selection(
    @Nullable String namespace,
    @Nullable String name,
    @Nullable String nodeName,
    Predicate<ApiObject> matches) {
  /** The field that {@link #nodeName} is about. */
  public static final String NODE_NAME = "spec.nodeName";

  /** Every object of the resource. */
  public static Selection everything() {
    return new Selection(null, null, null, object -> true);
  }

  /** Whether an object in this state belongs to the selection. */
  public boolean includes(ApiObject object) {
    ObjectHeader header = object.header();
    return (namespace == null || namespace.equals(header.key().namespace()))
        && (name == null || name.equals(header.key().name()))
        && (nodeName == null || nodeName.equals(header.fields().get(NODE_NAME)))
        && matches.test(object);
  }
}
