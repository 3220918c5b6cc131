package io.berth.apiserver.admission;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.object.ApiObject;
import io.berth.api.resource.ResourceDefinition;
import io.berth.apiserver.registry.ObjectStore;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.WeakHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The trees of a kind's objects, each version parsed once: for rules that every write looks at. The
 * trees are shared and must not be changed. Safe for use by many threads.
 */
final class ParsedObjects {
  private final ObjectStore objects;
  private final ResourceDefinition resource;

  /** By the bytes that the cache holds; they go with the version. */
  private final Map<byte[], JsonNode> trees = Collections.synchronizedMap(new WeakHashMap<>());

  ParsedObjects(ObjectStore objects, ResourceDefinition resource) {
    this.objects = objects;
    this.resource = resource;
  }

  /**
   * What the cache knows now.
   *
   * @param namespace null for all
   */
  List<JsonNode> in(@Nullable String namespace) {
    List<ApiObject> all = objects.list(resource.groupResource(), namespace);
    if (all.isEmpty()) {
      return List.of();
    }
    List<JsonNode> parsed = new ArrayList<>(all.size());
    all.forEach(object -> parsed.add(trees.computeIfAbsent(object.json(), b -> object.tree())));
    return parsed;
  }
}
