package io.berth.api.patch;

import com.fasterxml.jackson.databind.JsonNode;

/** JSON trees by value. */
public final class Trees {
  private Trees() {}

  /** Whether two trees hold the same values: numbers by amount, objects without order. */
  public static boolean equal(JsonNode a, JsonNode b) {
    if (a.isNumber() && b.isNumber()) {
      return a.decimalValue().compareTo(b.decimalValue()) == 0;
    }
    if (a.isObject() && b.isObject()) {
      return a.size() == b.size()
          && a.properties().stream()
              .allMatch(e -> b.has(e.getKey()) && equal(e.getValue(), b.get(e.getKey())));
    }
    if (a.isArray() && b.isArray()) {
      if (a.size() != b.size()) {
        return false;
      }
      for (int i = 0; i < a.size(); i++) {
        if (!equal(a.get(i), b.get(i))) {
          return false;
        }
      }
      return true;
    }
    return a.equals(b);
  }
}
