package io.berth.api.codec;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.berth.api.object.ObjectHeader;
import io.berth.api.object.ObjectKey;
import io.berth.api.resource.ResourceDefinition;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Collects a header in one pass over an object's tokens; skips what it does not need. */
final class HeaderScan {
  private final ResourceDefinition resource;
  private final SelectableFields selectable;
  private final Map<String, String> labels = new HashMap<>();
  private final Map<String, String> fields;
  private final List<String> ownerUids = new ArrayList<>(1);
  private String name = "";
  private String namespace = "";
  private String uid = "";
  private String revision = "";
  private @Nullable String deletionTimestamp;

  HeaderScan(ResourceDefinition resource) {
    this.resource = resource;
    this.selectable = SelectableFields.of(resource);
    this.fields = new HashMap<>(selectable.absent());
  }

  /**
   * @param at the store's revision, or negative to take the one that the object bears
   */
  ObjectHeader header(long at) {
    ObjectKey key = new ObjectKey(resource.groupResource(), namespace, name);
    selectable.complete(fields);
    return new ObjectHeader(
        key, uid, at >= 0 ? at : number(revision), labels, fields, ownerUids, deletionTimestamp);
  }

  /** 0 for what is no number: other API servers may write versions as they like. */
  private static long number(String revision) {
    try {
      return revision.isEmpty() ? 0 : Long.parseLong(revision);
    } catch (NumberFormatException e) {
      return 0;
    }
  }

  void object(JsonParser json) throws IOException {
    if (json.nextToken() != JsonToken.START_OBJECT) {
      throw new IllegalArgumentException("not an object: it does not begin with {");
    }
    for (String field = json.nextFieldName(); field != null; field = json.nextFieldName()) {
      JsonToken value = json.nextToken();
      if (field.equals("metadata") && value == JsonToken.START_OBJECT) {
        metadata(json);
      } else {
        selectable(json, field, selectable.root());
      }
    }
  }

  private void metadata(JsonParser json) throws IOException {
    for (String field = json.nextFieldName(); field != null; field = json.nextFieldName()) {
      JsonToken value = json.nextToken();
      switch (field) {
        case "name" -> name = text(json);
        case "namespace" -> namespace = text(json);
        case "uid" -> uid = text(json);
        case "resourceVersion" -> revision = text(json);
        case "deletionTimestamp" ->
            deletionTimestamp = value == JsonToken.VALUE_STRING ? json.getText() : null;
        case "labels" -> labels(json, value);
        case "ownerReferences" -> owners(json, value);
        default -> json.skipChildren();
      }
    }
  }

  private void labels(JsonParser json, JsonToken value) throws IOException {
    if (value != JsonToken.START_OBJECT) {
      json.skipChildren();
      return;
    }
    for (String label = json.nextFieldName(); label != null; label = json.nextFieldName()) {
      json.nextToken();
      labels.put(label, text(json));
    }
  }

  private void owners(JsonParser json, JsonToken value) throws IOException {
    if (value != JsonToken.START_ARRAY) {
      json.skipChildren();
      return;
    }
    while (json.nextToken() == JsonToken.START_OBJECT) {
      for (String field = json.nextFieldName(); field != null; field = json.nextFieldName()) {
        json.nextToken();
        if (field.equals("uid")) {
          ownerUids.add(text(json));
        } else {
          json.skipChildren();
        }
      }
    }
  }

  private void selectable(JsonParser json, String field, SelectableFields.Node parent)
      throws IOException {
    SelectableFields.Node node = parent.children().get(field);
    if (node == null) {
      json.skipChildren();
    } else if (json.currentToken() == JsonToken.START_OBJECT) {
      for (String child = json.nextFieldName(); child != null; child = json.nextFieldName()) {
        json.nextToken();
        selectable(json, child, node);
      }
    } else if (json.currentToken().isScalarValue()
        && json.currentToken() != JsonToken.VALUE_NULL
        && node.path() != null) {
      fields.put(node.path(), json.getText());
    } else {
      json.skipChildren();
    }
  }

  private static String text(JsonParser json) throws IOException {
    if (json.currentToken() == JsonToken.VALUE_NULL) {
      return "";
    }
    if (!json.currentToken().isScalarValue()) {
      json.skipChildren();
      return "";
    }
    return json.getText();
  }
}
