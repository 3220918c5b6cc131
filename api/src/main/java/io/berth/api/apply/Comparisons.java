package io.berth.api.apply;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a write changes, as it looks in each version that somebody owns fields in. Other versions
 * than the request's are converted once, when they are first asked about. For one write, by one
 * thread.
 */
final class Comparisons {
  private static final FieldSet STATUS = FieldSet.ofFields("status");

  private final String requested;
  private final Comparison own;
  private final OtherVersions others;
  private final @Nullable ObjectNode before;
  private final ObjectNode after;
  private final FieldSet ignored;
  private final Map<String, Comparison> known = new HashMap<>(0);

  /**
   * @param requested the version of the request and of both objects
   * @param own what changes in it
   * @param before null where there was nothing
   * @param ignored what the write does not change although it may name it: the status, or all else
   */
  Comparisons(
      String requested,
      Comparison own,
      OtherVersions others,
      @Nullable ObjectNode before,
      ObjectNode after,
      FieldSet ignored) {
    this.requested = requested;
    this.own = own;
    this.others = others;
    this.before = before;
    this.after = after;
    this.ignored = ignored;
  }

  /**
   * @param apiVersion that of the request, or one that the resource has
   */
  Comparison in(String apiVersion) {
    return apiVersion.equals(requested) ? own : known.computeIfAbsent(apiVersion, this::compare);
  }

  private Comparison compare(String apiVersion) {
    OtherVersions.Version version = others.find(apiVersion).orElseThrow();
    ObjectNode is = OwnedFields.withoutOwners(version.of(after));
    ObjectNode was =
        before == null ? OwnedFields.nothing(is) : OwnedFields.withoutOwners(version.of(before));
    Comparison difference = Comparison.of(version.type(), was, is);
    if (ignored.isEmpty() || ignored.equals(STATUS)) {
      return difference.without(ignored);
    }
    return difference.without(allBut(was).union(allBut(is)));
  }

  /** Fields of the object itself that are neither its metadata nor its status. */
  private static FieldSet allBut(ObjectNode object) {
    FieldSet rest = FieldSet.EMPTY;
    for (var field : object.properties()) {
      if (!field.getKey().equals("metadata") && !field.getKey().equals("status")) {
        rest = rest.union(FieldSet.ofFields(field.getKey()));
      }
    }
    return rest;
  }
}
