package io.berth.api.patch;

import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.object.Text;
import io.berth.api.transport.ApiException;
import io.berth.api.transport.Errors;
import org.jspecify.annotations.Nullable;

/** JSON patch, RFC 6902. */
public final class JsonPatch {
  /** More operations are refused. */
  public static final int MAX_OPERATIONS = 10_000;

  /** What copies may add to a document in all, so that a few copies cannot double it for ever. */
  private static final int MAX_COPIED_BYTES = 3 << 20;

  private JsonNode document;
  private int copied;

  private JsonPatch(JsonNode document) {
    this.document = document;
  }

  /**
   * Applies a patch to a copy of a document: all of it or nothing.
   *
   * @throws ApiException 400 where the patch is no list, 413 where it is too large, 422 where an
   *     operation is malformed or does not fit the document
   */
  public static JsonNode apply(JsonNode document, JsonNode patch) {
    if (!patch.isArray()) {
      throw Errors.badRequest("a JSON patch must be a list of operations");
    }
    if (patch.size() > MAX_OPERATIONS) {
      throw Errors.tooLarge(
          "The allowed maximum operations in a JSON patch is "
              + MAX_OPERATIONS
              + ", got "
              + patch.size());
    }
    JsonPatch patched = new JsonPatch(document.deepCopy());
    patch.forEach(patched::operation);
    return patched.document;
  }

  private void operation(JsonNode operation) {
    String name = operation.path("op").asText();
    JsonPointer path = pointer(operation, "path");
    switch (name) {
      case "add" -> add(path, value(operation), name);
      case "remove" -> remove(path, name);
      case "replace" -> replace(path, value(operation));
      case "move" -> move(pointer(operation, "from"), path);
      case "copy" -> add(path, copy(pointer(operation, "from")), name);
      case "test" -> test(path, value(operation));
      default -> throw Errors.unprocessable("Unexpected kind: " + name);
    }
  }

  private void add(JsonPointer path, JsonNode value, String operation) {
    if (path.matches()) {
      document = value;
      return;
    }
    JsonNode parent = document.at(path.head());
    String last = last(path);
    if (parent instanceof ObjectNode object) {
      object.set(last, value);
    } else if (parent instanceof ArrayNode array) {
      boolean append = last.equals("-");
      int index = append ? array.size() : index(last, array.size() + 1, path, operation);
      array.insert(index, value);
    } else {
      throw missing(operation, "doc is missing path: " + Text.quote(path.toString()));
    }
  }

  private JsonNode remove(JsonPointer path, String operation) {
    JsonNode parent = path.matches() ? document : document.at(path.head());
    String last = path.matches() ? "" : last(path);
    if (!path.matches() && parent instanceof ObjectNode object && object.has(last)) {
      return object.remove(last);
    }
    if (!path.matches() && parent instanceof ArrayNode array) {
      return array.remove(index(last, array.size(), path, operation));
    }
    throw missing(operation, "Unable to remove nonexistent key: " + last);
  }

  private void replace(JsonPointer path, JsonNode value) {
    if (path.matches()) {
      document = value;
      return;
    }
    JsonNode parent = document.at(path.head());
    String last = last(path);
    if (parent instanceof ObjectNode object && object.has(last)) {
      object.set(last, value);
    } else if (parent instanceof ArrayNode array) {
      array.set(index(last, array.size(), path, "replace"), value);
    } else {
      throw missing("replace", "doc is missing key: " + path);
    }
  }

  private void move(JsonPointer from, JsonPointer to) {
    if (to.toString().startsWith(from + "/")) {
      throw Errors.unprocessable("jsonpatch move: " + from + " cannot move into itself");
    }
    if (!from.equals(to)) {
      add(to, remove(from, "move"), "move");
    }
  }

  private JsonNode copy(JsonPointer from) {
    JsonNode value = existing(from, "copy").deepCopy();
    copied += value.toString().length();
    if (copied > MAX_COPIED_BYTES) {
      throw Errors.tooLarge("the copy operations of the JSON patch add " + copied + " bytes");
    }
    return value;
  }

  private void test(JsonPointer path, JsonNode value) {
    JsonNode actual = document.at(path);
    boolean absentNull =
        actual.isMissingNode() && value.isNull() && document.at(path.head()).isContainerNode();
    if (!absentNull && !Trees.equal(actual, value)) {
      throw Errors.unprocessable("testing value " + path + " failed: test failed");
    }
  }

  private JsonNode existing(JsonPointer path, String operation) {
    JsonNode value = document.at(path);
    if (value.isMissingNode()) {
      throw missing(operation, "doc is missing path: " + Text.quote(path.toString()));
    }
    return value;
  }

  private static JsonNode value(JsonNode operation) {
    JsonNode value = operation.get("value");
    if (value == null) {
      throw Errors.unprocessable(
          "operation " + Text.quote(operation.path("op").asText()) + " has no value");
    }
    return value.deepCopy();
  }

  private static JsonPointer pointer(JsonNode operation, String field) {
    JsonNode path = operation.get(field);
    if (path == null || !path.isTextual()) {
      throw Errors.unprocessable("operation missing " + field + " field");
    }
    try {
      return JsonPointer.compile(path.textValue());
    } catch (IllegalArgumentException e) {
      throw Errors.unprocessable("not a JSON pointer: " + Text.quote(path.textValue()));
    }
  }

  /** The last segment, unescaped. The pointer must not be the root. */
  private static String last(JsonPointer path) {
    @Nullable String property = path.last().getMatchingProperty();
    return property == null ? "" : property;
  }

  /**
   * A list's index below {@code end}, without leading zeros. Beyond RFC 6901, but as Kubernetes has
   * it, a negative one counts from the end.
   */
  private static int index(String text, int end, JsonPointer path, String operation) {
    if (text.matches("0|-?[1-9][0-9]{0,8}")) {
      int index = Integer.parseInt(text);
      int place = index < 0 ? index + end : index;
      if (place >= 0 && place < end) {
        return place;
      }
    }
    throw missing(operation, "Unable to access invalid index: " + text + " in " + path);
  }

  private static ApiException missing(String operation, String why) {
    return Errors.unprocessable(operation + " operation does not apply: " + why);
  }
}
