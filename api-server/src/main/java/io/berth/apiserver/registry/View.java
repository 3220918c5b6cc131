package io.berth.apiserver.registry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.object.ApiObject;
import io.berth.api.resource.ResourceDefinition;
import io.berth.apiserver.table.Column;
import io.berth.apiserver.table.Tables;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/**
 * Objects as one request sees them: in its version, and in a table by the kind's columns. Objects
 * that are stored in that version keep their bytes. Immutable.
 *
 * @param resource in the request's version
 * @param versions its conversions
 * @param columns of tables; they read the version that rules are written for
 */
record View(ResourceDefinition resource, Versions versions, List<Column> columns) {
  static View of(ResourceDefinition resource, Strategy strategy) {
    return new View(resource, strategy.versions(resource), strategy.columns(resource));
  }

  private ObjectNode tree(ObjectNode stored) {
    return versions.requested(versions.opened(stored));
  }

  Stored of(Stored object) {
    return versions.plain(object.json())
        ? object
        : new Stored(Json.bytes(tree(object.tree())), object.revision());
  }

  ApiObject of(ApiObject object) {
    return versions.plain(object.json())
        ? object
        : new ApiObject(object.header(), Json.bytes(tree((ObjectNode) object.tree())));
  }

  /** The same list where all are stored in the version; else those that are not are converted. */
  List<ApiObject> of(List<ApiObject> objects) {
    List<Integer> others = new ArrayList<>();
    for (int i = 0; i < objects.size(); i++) {
      if (!versions.plain(objects.get(i).json())) {
        others.add(i);
      }
    }
    if (others.isEmpty()) {
      return objects;
    }
    List<ObjectNode> opened =
        versions.opened(others.stream().map(i -> (ObjectNode) objects.get(i).tree()).toList());
    List<ApiObject> shown = new ArrayList<>(objects);
    for (int i = 0; i < others.size(); i++) {
      byte[] json = Json.bytes(versions.requested(opened.get(i)));
      shown.set(others.get(i), new ApiObject(objects.get(others.get(i)).header(), json));
    }
    return shown;
  }

  ObjectNode table(boolean withColumns) {
    return Tables.table(columns, withColumns);
  }

  /**
   * @param json the object as it is stored
   */
  ObjectNode row(byte[] json, Instant now, Tables.Include include) {
    ObjectNode stored = (ObjectNode) Json.parseTrusted(json);
    if (versions.plain(json)) {
      return Tables.row(columns, stored, stored, now, include);
    }
    ObjectNode opened = versions.opened(stored);
    ObjectNode object =
        include == Tables.Include.OBJECT ? versions.requested(opened.deepCopy()) : opened;
    return Tables.row(columns, opened, object, now, include);
  }
}
