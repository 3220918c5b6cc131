package io.berth.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.resource.Resources;
import io.berth.api.time.Environment;
import io.berth.api.transport.ApiException;
import io.berth.client.ApiClient;
import io.berth.client.ApiUnavailableException;
import io.berth.client.PatchType;
import java.time.Duration;
import java.util.Locale;

/**
 * Nodes that look ready and that no agent stands behind. Until it is closed their leases are
 * renewed, less often than agents do: without that they would be taken for dead after 40 seconds.
 */
final class SimulatedNodes implements AutoCloseable {
  private static final Duration RENEWAL = Duration.ofSeconds(15);
  private static final int RENEWING = 32;

  private final ApiClient client;
  private final Environment environment;
  private final int count;
  private volatile boolean closed;

  SimulatedNodes(ApiClient client, Environment environment, int count) {
    this.client = client;
    this.environment = environment;
    this.count = count;
  }

  /** Creates all of them. */
  void create(int connections) {
    environment.timers().after(RENEWAL, this::renewAll);
    new Load(environment, connections).run(count, this::createOne);
  }

  private void renewAll() {
    if (!closed) {
      environment.timers().after(RENEWAL, this::renewAll);
      environment.executor().execute(() -> new Load(environment, RENEWING).run(count, this::renew));
    }
  }

  private void renew(int index) {
    ObjectNode patch = Shapes.renewal(environment.clock().now());
    try {
      if (!closed) {
        client.patch(
            Resources.LEASES, "kube-node-lease", name(index), null, PatchType.MERGE, patch);
      }
    } catch (ApiException | ApiUnavailableException e) {
      // Not there yet, or the server is busy: the next renewal is soon.
    }
  }

  @Override
  public void close() {
    closed = true;
  }

  static String name(int index) {
    return String.format(Locale.ROOT, "bench-node-%05d", index);
  }

  private void createOne(int index) {
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
