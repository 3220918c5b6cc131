package io.berth.agent.node;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.object.Times;
import io.berth.api.resource.Resources;
import io.berth.api.time.Environment;
import io.berth.api.time.Timers;
import io.berth.api.transport.ApiException;
import io.berth.client.ApiClient;
import io.berth.client.ApiUnavailableException;
import io.berth.client.PatchType;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The node's sign of life: a lease, renewed each 10 s and good for 40. */
public final class NodeLease implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(NodeLease.class);
  private static final Duration PERIOD = Duration.ofSeconds(10);
  private static final Duration RETRY = Duration.ofSeconds(1);
  private static final int GOOD_SECONDS = 40;
  private static final String NAMESPACE = "kube-node-lease";

  private final ApiClient client;
  private final Environment environment;
  private final String node;
  private volatile boolean closed;
  private volatile Timers.@Nullable Cancellable timer;
  private volatile String nodeUid = "";

  public NodeLease(ApiClient client, Environment environment, String node) {
    this.client = client;
    this.environment = environment;
    this.node = node;
  }

  /** Renews the lease from now on; it belongs to the node of that uid. */
  public void start(String uid) {
    boolean begun = !nodeUid.isEmpty();
    nodeUid = uid;
    if (begun) {
      return;
    }
    environment.executor().execute(this::step);
  }

  private void step() {
    if (closed) {
      return;
    }
    Duration next = PERIOD;
    try {
      renew();
    } catch (ApiException | ApiUnavailableException e) {
      log.warn("lease not renewed node={} error={}", node, e.getMessage());
      next = RETRY;
    }
    timer = environment.timers().after(next, this::step);
  }

  void renew() {
    ObjectNode lease = Json.object();
    lease
        .putObject("spec")
        .put("holderIdentity", node)
        .put("leaseDurationSeconds", GOOD_SECONDS)
        .put("renewTime", Times.micros(environment.clock().now()));
    try {
      client.patch(Resources.LEASES, NAMESPACE, node, null, PatchType.MERGE, lease);
    } catch (ApiException e) {
      if (!e.isNotFound()) {
        throw e;
      }
      lease.put("kind", "Lease").put("apiVersion", "coordination.k8s.io/v1");
      ObjectNode metadata = lease.putObject("metadata");
      metadata.put("name", node).put("namespace", NAMESPACE);
      if (!nodeUid.isEmpty()) {
        metadata
            .putArray("ownerReferences")
            .addObject()
            .put("apiVersion", "v1")
            .put("kind", "Node")
            .put("name", node)
            .put("uid", nodeUid);
      }
      client.create(Resources.LEASES, NAMESPACE, lease);
    }
  }

  @Override
  public void close() {
    closed = true;
    Timers.Cancellable waiting = timer;
    if (waiting != null) {
      waiting.cancel();
    }
  }
}
