package io.berth.apiserver.custom;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.apiserver.cel.CelNames;
import io.berth.apiserver.cel.CostEstimate;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How large the values of a schema may become: as it says, else as a request's size allows.
 * Immutable.
 *
 * <p>Follows Kubernetes' estimates (k8s.io/apiserver, package cel/common, schemas.go).
 *
 * @param most characters, items or entries; 0 for what has no size
 * @param least bytes of its JSON
 * @param fields of an object, by their names in expressions
 * @param inside items of a list, or values of a map, or null
 */
record SchemaSizes(
    long most, long least, Map<String, SchemaSizes> fields, @Nullable SchemaSizes inside)
    implements CostEstimate.Sizes {
  private static final long REQUEST = 3L << 20;
  private static final long LONGEST_TEXT = REQUEST - 2;
  private static final long LONGEST_TIME = 32;
  private static final long DATE = 12;
  private static final int BYTES_PER_CHARACTER = 4;
  private static final SchemaSizes KEY = scalar(0, 2);

  /**
   * @param resource whether its values are whole objects
   */
  static SchemaSizes of(Structural schema, boolean resource) {
    if (schema.intOrString()) {
      return scalar(LONGEST_TEXT, 1);
    }
    JsonNode document = schema.document();
    return switch (schema.type()) {
      case "string" -> text(document);
      case "boolean" -> scalar(0, 4);
      case "array" -> {
        Structural items = schema.items();
        SchemaSizes inside = items == null ? scalar(0, 1) : of(items, items.embedded());
        long most = bound(document, "maxItems", LONGEST_TEXT / (inside.least + 1));
        yield new SchemaSizes(most, 2, Map.of(), inside);
      }
      case "object" -> object(schema, resource);
      default -> scalar(0, 1);
    };
  }

  private static SchemaSizes scalar(long most, long least) {
    return new SchemaSizes(most, least, Map.of(), null);
  }

  private static SchemaSizes text(JsonNode document) {
    return switch (document.path("format").asText("")) {
      case "byte" -> scalar(bound(document, "maxLength", LONGEST_TEXT), 2);
      case "duration" -> scalar(LONGEST_TIME, 3);
      case "date" -> scalar(DATE, DATE);
      case "date-time" -> scalar(LONGEST_TIME, 21);
      default -> {
        if (document.path("maxLength").isNumber()) {
          yield scalar(bound(document, "maxLength", 0) * BYTES_PER_CHARACTER, 2);
        }
        long longest = 0;
        for (JsonNode value : document.path("enum")) {
          longest = Math.max(longest, value.asText().getBytes(StandardCharsets.UTF_8).length);
        }
        yield scalar(document.path("enum").isEmpty() ? LONGEST_TEXT : longest, 2);
      }
    };
  }

  private static long bound(JsonNode document, String field, long otherwise) {
    JsonNode bound = document.path(field);
    return bound.isNumber() ? Math.max(0, bound.asLong()) : otherwise;
  }

  private static SchemaSizes object(Structural schema, boolean resource) {
    Structural entries = schema.entries();
    if (entries != null || schema.anyEntries()) {
      SchemaSizes inside = entries == null ? scalar(0, 1) : of(entries, entries.embedded());
      long most = bound(schema.document(), "maxProperties", LONGEST_TEXT / (inside.least + 6));
      return new SchemaSizes(most, 2, Map.of(), inside);
    }
    Map<String, SchemaSizes> fields = new LinkedHashMap<>();
    long least = 2;
    if (resource) {
      SchemaSizes text = scalar(LONGEST_TEXT, 2);
      fields.put("apiVersion", text);
      fields.put("kind", text);
      fields.put(
          "metadata", new SchemaSizes(0, 2, Map.of("name", text, "generateName", text), null));
    }
    for (Map.Entry<String, Structural> property : schema.properties().entrySet()) {
      String name = property.getKey();
      Structural form = property.getValue();
      SchemaSizes inside = of(form, form.embedded());
      String escaped = CelNames.escape(name);
      if (escaped != null) {
        fields.put(escaped, inside);
      }
      if (schema.required().contains(name) && form.defaultValue() == null) {
        least += name.length() + inside.least + 4;
      }
    }
    return new SchemaSizes(0, least, fields, null);
  }

  /** How many of these fit into a request. */
  long mostInRequest() {
    return REQUEST / (least + 1);
  }

  @Override
  public Optional<Long> most(List<String> path) {
    SchemaSizes at = this;
    for (String name : path.subList(1, path.size())) {
      SchemaSizes next =
          switch (name) {
            case "@items", "@values" -> at.inside;
            case "@keys" -> at.inside == null ? null : KEY;
            default -> at.fields.get(name);
          };
      if (next == null) {
        return Optional.empty();
      }
      at = next;
    }
    return Optional.of(at.most);
  }
}
