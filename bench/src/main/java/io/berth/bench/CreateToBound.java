package io.berth.bench;

import io.berth.api.object.ApiObject;
import io.berth.api.resource.Resources;
import io.berth.api.time.Environment;
import io.berth.api.transport.ApiException;
import io.berth.client.ApiClient;
import io.berth.client.Informer;
import io.berth.client.Informers;
import io.berth.client.ListOptions;
import io.berth.client.Selection;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Pods created on simulated nodes: how long until the scheduler has bound them, and how many writes
 * that took.
 */
final class CreateToBound {
  private static final long LIMIT_SECONDS = 600;

  private final ApiClient client;
  private final Environment environment;
  private final Bench.Options options;
  private final String namespace;
  private final Map<String, Integer> created = new ConcurrentHashMap<>();
  private final Map<String, Long> createdNanos = new ConcurrentHashMap<>();
  private final Latencies latencies;
  private final CountDownLatch bound;

  CreateToBound(
      ApiClient client, Environment environment, Bench.Options options, String namespace) {
    this.client = client;
    this.environment = environment;
    this.options = options;
    this.namespace = namespace;
    this.latencies = new Latencies(options.bound());
    this.bound = new CountDownLatch(options.bound());
  }

  Result run() {
    new Load(environment, options.connections()).run(options.nodes(), this::createNode);
    Informers informers = new Informers(client, environment);
    informers
        .of(Resources.PODS, new Selection(namespace, Shapes.LABEL, ""))
        .addHandler(new Bindings());
    informers.start();
    awaitSynced(informers);
    long versionBefore = version();
    Measurement measurement = new Measurement(environment, options.serverPids());
    new Load(environment, options.connections()).run(options.bound(), this::createPod);
    awaitBound();
    long writes = version() - versionBefore;
    Result result =
        measurement.end(
            "create to bound",
            options.bound(),
            latencies,
            String.format(
                Locale.ROOT,
                "%d nodes, %.2f writes a pod",
                options.nodes(),
                (double) writes / options.bound()));
    informers.close();
    return result;
  }

  private void createNode(int index) {
    String name = String.format(Locale.ROOT, "bench-node-%05d", index);
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

  private void createPod(int index) {
    String name = "bound-" + index;
    created.put(name, index);
    createdNanos.put(name, environment.clock().nanos());
    client.create(Resources.PODS, namespace, Shapes.pod(name, "default-scheduler"));
  }

  private long version() {
    ListOptions one = new ListOptions("", "metadata.name=none", "", 1);
    return Long.parseLong(client.list(Resources.PODS, namespace, one).resourceVersion());
  }

  private static void awaitSynced(Informers informers) {
    try {
      if (!informers.awaitSynced(Duration.ofMinutes(1))) {
        throw new IllegalStateException("the pods were not listed within a minute");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  private void awaitBound() {
    try {
      if (!bound.await(LIMIT_SECONDS, TimeUnit.SECONDS)) {
        throw new IllegalStateException(
            bound.getCount()
                + " of "
                + options.bound()
                + " pods were not bound within "
                + LIMIT_SECONDS
                + " s");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }

  private final class Bindings implements Informer.Handler {
    @Override
    public void onAdd(ApiObject now) {
      take(now);
    }

    @Override
    public void onUpdate(ApiObject before, ApiObject now) {
      take(now);
    }

    @Override
    public void onDelete(ApiObject last) {}

    private void take(ApiObject pod) {
      String name = pod.key().name();
      if (pod.header().fields().getOrDefault("spec.nodeName", "").isEmpty()) {
        return;
      }
      Integer index = created.remove(name);
      Long sent = createdNanos.get(name);
      if (index != null && sent != null) {
        latencies.set(index, environment.clock().nanos() - sent);
        bound.countDown();
      }
    }
  }
}
