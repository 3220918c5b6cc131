package io.berth.scheduler.reader;

import io.berth.api.object.ApiObject;
import io.berth.scheduler.cluster.Cluster;
import io.berth.scheduler.core.PodRecord;
import io.berth.scheduler.core.ResourceIndex;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Builds the scheduler's model from lists of a cluster's objects. */
public final class ClusterReader {
  /**
   * A cluster as it was read.
   *
   * @param cluster the nodes with the pods on them
   * @param waiting the pods without a node, by namespace and name
   * @param pods reads further pods in the model's terms
   */
  public record Read(Cluster cluster, Map<String, PodRecord> waiting, PodReader pods) {}

  private ClusterReader() {}

  /** Pods that have ended are left out. */
  public static Read read(List<ApiObject> namespaces, List<ApiObject> nodes, List<ApiObject> pods) {
    ResourceIndex resources = new ResourceIndex();
    Cluster cluster = new Cluster(resources);
    NodeReader nodeReader = new NodeReader(resources);
    PodReader podReader = new PodReader(resources, List.of());
    for (ApiObject namespace : namespaces) {
      cluster.neighbours().putNamespace(namespace.key().name(), namespace.header().labels());
    }
    nodes.forEach(node -> cluster.putNode(nodeReader.read(node)));
    Map<String, PodRecord> waiting = new LinkedHashMap<>();
    for (ApiObject object : pods) {
      String phase = object.header().fields().getOrDefault("status.phase", "");
      if (phase.equals("Succeeded") || phase.equals("Failed")) {
        continue;
      }
      PodRecord pod = podReader.read(object);
      if (pod.nodeName().isEmpty()) {
        waiting.put(pod.key(), pod);
      } else {
        cluster.putBound(pod);
      }
    }
    return new Read(cluster, waiting, podReader);
  }
}
