package io.berth.bench;

import io.berth.api.resource.Resources;
import io.berth.api.time.Environment;
import io.berth.api.transport.ApiException;
import io.berth.client.ApiClient;
import java.util.Locale;

/** Nodes that look ready and that no agent stands behind. */
final class SimulatedNodes {
  private final ApiClient client;
  private final Environment environment;

  SimulatedNodes(ApiClient client, Environment environment) {
    this.client = client;
    this.environment = environment;
  }

  static String name(int index) {
    return String.format(Locale.ROOT, "bench-node-%05d", index);
  }

  void create(int index) {
    String name = name(index);
    try {
      client.create(Resources.NODES, null, Shapes.node(name, environment.clock().now()));
      client.create(
          Resources.LEASES, "kube-node-lease", Shapes.lease(name, environment.clock().now()));
    } catch (ApiException e) {
      if (!e.isAlreadyExists()) {
        throw e;
      }
    }
    // Servers that drop a status at creation take it here.
    client.modify(
        Resources.NODES,
        null,
        name,
        "status",
        node -> Shapes.nodeStatus(node.putObject("status"), environment.clock().now()));
  }
}
