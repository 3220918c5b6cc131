package io.berth.api.apply;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.transport.ApiException;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** Fields that an apply would change and that others own. */
final class Conflicts {
  private final SortedMap<String, List<String>> pathsByOwner = new TreeMap<>();
  private FieldSet fields = FieldSet.EMPTY;
  private int count;

  void add(Owner owner, FieldSet set) {
    fields = fields.union(set);
    set.forEach(
        path -> {
          pathsByOwner
              .computeIfAbsent(owner.toString(), o -> new ArrayList<>())
              .add(FieldSet.text(path));
          count++;
        });
  }

  boolean isEmpty() {
    return count == 0;
  }

  /** All fields in conflict. */
  FieldSet fields() {
    return fields;
  }

  /** 409 with a cause for each field. */
  ApiException asError() {
    ObjectNode details = Json.object();
    ArrayNode causes = details.putArray("causes");
    pathsByOwner.forEach(
        (owner, paths) ->
            paths.forEach(
                path ->
                    causes
                        .addObject()
                        .put("reason", "FieldManagerConflict")
                        .put("message", "conflict with " + owner)
                        .put("field", path)));
    return new ApiException(409, "Conflict", message(), details);
  }

  private String message() {
    if (count == 1) {
      var only = pathsByOwner.firstEntry();
      return "Apply failed with 1 conflict: conflict with "
          + only.getKey()
          + ": "
          + only.getValue().getFirst();
    }
    List<String> lines = new ArrayList<>();
    pathsByOwner.forEach(
        (owner, paths) -> {
          lines.add("conflicts with " + owner + ":");
          paths.forEach(path -> lines.add("- " + path));
        });
    return "Apply failed with " + count + " conflicts: " + String.join("\n", lines);
  }
}
