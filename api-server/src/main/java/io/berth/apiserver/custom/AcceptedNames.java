package io.berth.apiserver.custom;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.object.Text;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Decides which definition gets which names of its group: whoever had one first keeps it. Pure.
 *
 * @param status what the definition's status is to be
 * @param established whether its resource is served
 */
record AcceptedNames(ObjectNode status, boolean established) {
  private static final List<String> FIELDS = List.of("plural", "singular", "kind", "listKind");

  /**
   * @param crd the definition
   * @param others all definitions of its group but this one
   * @param now for conditions that change, RFC 3339
   */
  static AcceptedNames of(JsonNode crd, List<JsonNode> others, String now) {
    Set<String> resources = new HashSet<>();
    Set<String> kinds = new HashSet<>();
    for (JsonNode other : others) {
      JsonNode names = other.path("status").path("acceptedNames");
      names.path("shortNames").forEach(name -> resources.add(name.asText()));
      add(resources, names, "plural");
      add(resources, names, "singular");
      add(kinds, names, "kind");
      add(kinds, names, "listKind");
    }
    JsonNode names = crd.path("spec").path("names");
    ObjectNode status =
        crd.get("status") instanceof ObjectNode known ? known.deepCopy() : Json.object();
    if (Approval.guarded(crd.path("spec").path("group").asText())) {
      Conditions.set(status, Approval.of(crd).condition(), now);
    }
    ObjectNode accepted = status.withObject("/acceptedNames");
    Conditions.Condition conflict = null;
    for (String field : FIELDS) {
      String name = names.path(field).asText("");
      Set<String> taken = field.equals("kind") || field.equals("listKind") ? kinds : resources;
      if (!name.isEmpty() && taken.contains(name)) {
        conflict =
            conflict(capitalized(field) + "Conflict", Text.quote(name) + " is already in use");
      } else if (!name.isEmpty()) {
        accepted.put(field, name);
      }
    }
    for (JsonNode name : names.path("shortNames")) {
      if (resources.contains(name.asText())) {
        conflict = conflict("ShortNamesConflict", Text.quote(name.asText()) + " is already in use");
      }
    }
    boolean was = Conditions.is(crd, "Established", "True");
    if (conflict == null) {
      copy(names, accepted, "shortNames");
      copy(names, accepted, "categories");
      Conditions.set(
          status,
          new Conditions.Condition("NamesAccepted", "True", "NoConflicts", "no conflicts found"),
          now);
    } else {
      Conditions.set(status, conflict, now);
    }
    boolean established = was || conflict == null;
    Conditions.set(
        status,
        established
            ? new Conditions.Condition(
                "Established",
                "True",
                "InitialNamesAccepted",
                "the initial names have been accepted")
            : new Conditions.Condition(
                "Established", "False", "NotAccepted", "not all names are accepted"),
        now);
    return new AcceptedNames(status, established);
  }

  private static void add(Set<String> names, JsonNode accepted, String field) {
    String name = accepted.path(field).asText("");
    if (!name.isEmpty()) {
      names.add(name);
    }
  }

  private static void copy(JsonNode from, ObjectNode to, String field) {
    if (from.path(field).isEmpty()) {
      to.remove(field);
    } else {
      to.set(field, from.get(field).deepCopy());
    }
  }

  private static Conditions.Condition conflict(String reason, String message) {
    return new Conditions.Condition("NamesAccepted", "False", reason, message);
  }

  private static String capitalized(String field) {
    return Character.toUpperCase(field.charAt(0)) + field.substring(1);
  }
}
