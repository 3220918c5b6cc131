package io.berth.api.codec;

import io.berth.api.resource.GroupResource;
import io.berth.api.resource.ResourceDefinition;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * A resource's selectable fields as a tree of path segments, so that a scan descends only where one
 * can be. Made once a resource.
 */
final class SelectableFields {
  /** What Kubernetes selects by where an object leaves the field out. */
  private static final Map<String, String> DEFAULTS =
      Map.of(
          "spec.hostNetwork", "false",
          "spec.unschedulable", "false",
          "status.replicas", "0",
          "status.successful", "0");

  /** An event's field that is named otherwise than its place. */
  private static final String SOURCE = "source";

  private static final String SOURCE_PLACE = "source.component";
  private static final String REPORTING_COMPONENT = "reportingComponent";

  private static final Map<GroupResource, SelectableFields> COMPILED = new ConcurrentHashMap<>();

  /**
   * A segment of a path.
   *
   * @param path the field that ends here, or null
   */
  record Node(Map<String, Node> children, @Nullable String path) {}

  private final ResourceDefinition resource;
  private final Node root = new Node(new HashMap<>(), null);
  private final Map<String, String> absent = new HashMap<>();

  private SelectableFields(ResourceDefinition resource) {
    this.resource = resource;
    for (String field : resource.selectableFields()) {
      absent.put(field, DEFAULTS.getOrDefault(field, ""));
      String place = field.equals(SOURCE) ? SOURCE_PLACE : field;
      add(root, place.split("\\."), 0, field);
    }
  }

  @SuppressWarnings("ReferenceEquality") // another instance may be another definition: compile anew
  static SelectableFields of(ResourceDefinition resource) {
    SelectableFields known = COMPILED.get(resource.groupResource());
    if (known == null || known.resource != resource) {
      known = new SelectableFields(resource);
      COMPILED.put(resource.groupResource(), known);
    }
    return known;
  }

  private static void add(Node parent, String[] segments, int at, String field) {
    boolean last = at == segments.length - 1;
    Node node =
        parent
            .children()
            .computeIfAbsent(segments[at], s -> new Node(new HashMap<>(), last ? field : null));
    if (!last) {
      add(node, segments, at + 1, field);
    }
  }

  Node root() {
    return root;
  }

  /** Each field with its value in an object that does not set it. */
  Map<String, String> absent() {
    return absent;
  }

  /** An event without a source is selected by its reporting component. */
  void complete(Map<String, String> fields) {
    if ("".equals(fields.get(SOURCE))) {
      fields.put(SOURCE, fields.getOrDefault(REPORTING_COMPONENT, ""));
    }
  }
}
