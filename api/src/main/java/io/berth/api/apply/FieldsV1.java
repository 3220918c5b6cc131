package io.berth.api.apply;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.apply.FieldSet.Entry;

/**
 * Sets of fields as {@code managedFields[].fieldsV1} has them: nested objects, whose names are path
 * elements; {@code "."} says that the element itself is in the set where more is below it.
 */
public final class FieldsV1 {
  static final String SELF = ".";

  private FieldsV1() {}

  public static ObjectNode write(FieldSet set) {
    return write(set, false);
  }

  private static ObjectNode write(FieldSet set, boolean member) {
    ObjectNode fields = JsonNodeFactory.instance.objectNode();
    if (member && !set.isEmpty()) {
      fields.set(SELF, JsonNodeFactory.instance.objectNode());
    }
    for (Entry entry : set.entries()) {
      fields.set(entry.element().text(), write(entry.below(), entry.member()));
    }
    return fields;
  }

  /**
   * @throws IllegalArgumentException the value is no set of fields
   */
  public static FieldSet read(JsonNode fields) {
    if (fields.isMissingNode() || fields.isNull()) {
      return FieldSet.EMPTY;
    }
    FieldSet.Builder set = new FieldSet.Builder();
    for (var field : object(fields).properties()) {
      JsonNode child = object(field.getValue());
      if (!field.getKey().equals(SELF)) {
        boolean member = child.isEmpty() || child.has(SELF);
        set.add(PathElement.parse(field.getKey()), member, read(child));
      }
    }
    return set.build();
  }

  private static JsonNode object(JsonNode node) {
    if (!node.isObject()) {
      throw new IllegalArgumentException("a set of fields must be an object");
    }
    return node;
  }

  /** Whether the written set has every path of another. */
  static boolean containsAll(JsonNode fields, FieldSet wanted) {
    for (Entry entry : wanted.entries()) {
      JsonNode child = fields.get(entry.element().text());
      if (child == null
          || (entry.member() && !member(child))
          || !containsAll(child, entry.below())) {
        return false;
      }
    }
    return true;
  }

  /** Whether the written set has a path of another. */
  static boolean containsAny(JsonNode fields, FieldSet wanted) {
    for (Entry entry : wanted.entries()) {
      JsonNode child = fields.get(entry.element().text());
      if (child != null
          && ((entry.member() && member(child)) || containsAny(child, entry.below()))) {
        return true;
      }
    }
    return false;
  }

  private static boolean member(JsonNode child) {
    return child.isEmpty() || child.has(SELF);
  }
}
