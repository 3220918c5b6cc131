package io.berth.scheduler.simulate;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Headers;
import io.berth.api.codec.Json;
import io.berth.api.object.ApiObject;
import io.berth.api.resource.Resources;
import io.berth.scheduler.core.NodeRecord;
import io.berth.scheduler.core.PodDetails;
import io.berth.scheduler.core.PodRecord;
import io.berth.scheduler.core.PodShape;
import io.berth.scheduler.core.ResourceIndex;
import io.berth.scheduler.core.SpreadConstraint;
import io.berth.scheduler.reader.NodeReader;
import io.berth.scheduler.reader.PodReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * Reads nodes and pods from files: traces where the name ends in {@code .csv}, else objects of
 * Kubernetes as YAML or JSON. Errors are {@link IllegalArgumentException} with the file and line.
 */
public final class InputReader {
  private final ResourceIndex resources;
  private final String namespace;
  private final Map<String, List<SpreadConstraint>> defaultSpread;

  /**
   * @param resources gets the names of the resources that the files tell of
   * @param namespace of objects that name none
   */
  public InputReader(ResourceIndex resources, String namespace) {
    this(resources, namespace, Map.of());
  }

  /**
   * @param defaultSpread constraints for pods that have none, by scheduler name
   */
  public InputReader(
      ResourceIndex resources,
      String namespace,
      Map<String, List<SpreadConstraint>> defaultSpread) {
    this.resources = resources;
    this.namespace = namespace;
    this.defaultSpread = Map.copyOf(defaultSpread);
  }

  /**
   * @throws IllegalArgumentException with the file and line of what cannot be read; where there are
   *     no nodes or two of a name
   */
  public List<NodeRecord> nodes(Path file) throws IOException {
    List<NodeRecord> nodes = isTrace(file) ? TraceReader.nodes(file) : nodesOf(file);
    if (nodes.isEmpty()) {
      throw new IllegalArgumentException(file + ": there are no nodes in it");
    }
    Set<String> names = new HashSet<>();
    for (NodeRecord node : nodes) {
      if (!names.add(node.name())) {
        throw new IllegalArgumentException(file + ": there are two nodes " + node.name());
      }
    }
    return nodes;
  }

  private List<NodeRecord> nodesOf(Path file) throws IOException {
    NodeReader reader = new NodeReader(resources);
    List<NodeRecord> nodes = new ArrayList<>();
    for (ObjectFile.Item item : ObjectFile.read(file)) {
      if (item.kind().equals("Node")) {
        nodes.add(node(reader, item));
      }
    }
    return nodes;
  }

  private static NodeRecord node(NodeReader reader, ObjectFile.Item item) {
    String name = item.object().path("metadata").path("name").asText();
    JsonNode status = item.object().path("status");
    if (name.isEmpty()) {
      throw item.problem("a node without a name");
    }
    if (status.path("allocatable").isEmpty() && status.path("capacity").isObject()) {
      item.object().withObject("status").set("allocatable", status.path("capacity"));
    } else if (status.path("allocatable").isEmpty()) {
      throw item.problem("node " + name + " has no status.allocatable: nothing fits on it");
    }
    try {
      return reader.read(Headers.object(Resources.NODES, Json.bytes(item.object())));
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          item.where() + ": node " + name + ": " + e.getMessage(), e);
    }
  }

  /**
   * The pods of a file, workloads taken apart into theirs. Pods that have ended are left out, and
   * so are objects whose controller is in the file too.
   *
   * @param nodes those that a DaemonSet may have pods on
   * @throws IllegalArgumentException with the file and line of what cannot be read; where there are
   *     no pods
   */
  public List<PodRecord> pods(Path file, List<NodeRecord> nodes) throws IOException {
    List<PodRecord> pods = isTrace(file) ? traced(file) : podsOf(file, nodes);
    if (pods.isEmpty()) {
      throw new IllegalArgumentException(file + ": there are no pods in it, and no workloads");
    }
    return pods;
  }

  private List<PodRecord> podsOf(Path file, List<NodeRecord> nodes) throws IOException {
    return podsOf(ObjectFile.read(file), nodes, UnaryOperator.identity());
  }

  /**
   * The pods that objects stand for, as {@link #pods(Path, List)} finds them.
   *
   * @param source what the objects were read from, for errors
   * @param admission what an API server makes of a pod that comes with its defaults set
   * @throws IllegalArgumentException an object cannot be read
   */
  public List<PodRecord> pods(
      String source,
      List<ObjectNode> objects,
      List<NodeRecord> nodes,
      UnaryOperator<ApiObject> admission) {
    return podsOf(
        objects.stream().map(object -> new ObjectFile.Item(source, object)).toList(),
        nodes,
        admission);
  }

  /** What becomes of a pod that was read when it loses its node. */
  public static WhatIf.Fate fate(PodRecord pod) {
    return Templates.bare(pod) ? WhatIf.Fate.GONE : WhatIf.Fate.REPLACED;
  }

  private List<PodRecord> podsOf(
      List<ObjectFile.Item> items, List<NodeRecord> nodes, UnaryOperator<ApiObject> admission) {
    Templates templates =
        new Templates(new PodReader(resources, defaultSpread), nodes, namespace, admission);
    Set<String> uids = new HashSet<>();
    items.forEach(item -> uids.add(item.object().path("metadata").path("uid").asText()));
    List<PodRecord> pods = new ArrayList<>();
    for (ObjectFile.Item item : items) {
      if (!isControlledBy(uids, item)) {
        pods.addAll(templates.pods(item));
      }
    }
    return pods;
  }

  private static boolean isControlledBy(Set<String> uids, ObjectFile.Item item) {
    for (JsonNode owner : item.object().path("metadata").path("ownerReferences")) {
      String uid = owner.path("uid").asText();
      if (owner.path("controller").asBoolean() && !uid.isEmpty() && uids.contains(uid)) {
        return true;
      }
    }
    return false;
  }

  private static List<PodRecord> traced(Path file) throws IOException {
    List<PodRecord> pods = new ArrayList<>();
    for (PodShape shape : TraceReader.pods(file)) {
      String name = "pod-" + pods.size();
      pods.add(new PodRecord(name, name, shape, 0, "", PodDetails.PLAIN));
    }
    return pods;
  }

  private static boolean isTrace(Path file) {
    if (Files.isDirectory(file)) {
      throw new IllegalArgumentException(file + ": is a folder, not a file");
    }
    return file.toString().endsWith(".csv");
  }
}
