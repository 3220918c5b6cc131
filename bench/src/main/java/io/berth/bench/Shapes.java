package io.berth.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/** The objects that the benchmarks write. */
final class Shapes {
  /** Marks all that a benchmark made, so that it can be cleaned up. */
  static final String LABEL = "berth.io/bench";

  private Shapes() {}

  static ObjectNode namespace(String name) {
    ObjectNode namespace = Json.object().put("apiVersion", "v1").put("kind", "Namespace");
    namespace.putObject("metadata").put("name", name);
    return namespace;
  }

  /**
   * A pod as a Deployment's would be: labels, one container with requests, a few environment
   * variables.
   *
   * @param scheduler who is to place it
   */
  static ObjectNode pod(String name, String scheduler) {
    ObjectNode pod = Json.object().put("apiVersion", "v1").put("kind", "Pod");
    ObjectNode labels = pod.putObject("metadata").put("name", name).putObject("labels");
    labels.put(LABEL, "true").put("app", "bench").put("pod-template-hash", "5d4f8c7b9");
    ObjectNode spec = pod.putObject("spec").put("schedulerName", scheduler);
    spec.put("automountServiceAccountToken", false);
    ObjectNode container = spec.putArray("containers").addObject();
    container.put("name", "app").put("image", "registry.example/app:1.0");
    for (String variable : new String[] {"A", "B", "C"}) {
      container
          .withArray("env")
          .addObject()
          .put("name", variable)
          .put("value", "value-of-" + variable);
    }
    ObjectNode requests = container.putObject("resources").putObject("requests");
    requests.put("cpu", "100m").put("memory", "128Mi");
    return pod;
  }

  /** A node that looks ready and that no agent stands behind. */
  static ObjectNode node(String name, Instant now) {
    ObjectNode node = Json.object().put("apiVersion", "v1").put("kind", "Node");
    ObjectNode labels = node.putObject("metadata").put("name", name).putObject("labels");
    labels.put(LABEL, "true").put("kubernetes.io/hostname", name).put("kubernetes.io/os", "linux");
    nodeStatus(node.putObject("status"), now);
    return node;
  }

  static void nodeStatus(ObjectNode status, Instant now) {
    for (String amounts : new String[] {"capacity", "allocatable"}) {
      status.putObject(amounts).put("cpu", "32").put("memory", "256Gi").put("pods", "110");
    }
    ObjectNode ready = status.putArray("conditions").addObject();
    String at = now.truncatedTo(ChronoUnit.SECONDS).toString();
    ready.put("type", "Ready").put("status", "True").put("reason", "KubeletReady");
    ready.put("lastHeartbeatTime", at).put("lastTransitionTime", at);
  }

  static ObjectNode lease(String node, Instant now) {
    ObjectNode lease =
        Json.object().put("apiVersion", "coordination.k8s.io/v1").put("kind", "Lease");
    lease
        .putObject("metadata")
        .put("name", node)
        .put("namespace", "kube-node-lease")
        .putObject("labels")
        .put(LABEL, "true");
    ObjectNode spec = lease.putObject("spec").put("holderIdentity", node);
    spec.put("leaseDurationSeconds", 3_600)
        .put("renewTime", now.truncatedTo(ChronoUnit.MICROS).toString());
    return lease;
  }

  /** A merge patch that renews a lease. */
  static ObjectNode renewal(Instant now) {
    ObjectNode patch = Json.object();
    patch.putObject("spec").put("renewTime", now.truncatedTo(ChronoUnit.MICROS).toString());
    return patch;
  }
}
