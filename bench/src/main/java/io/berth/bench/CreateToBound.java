package io.berth.bench;

import io.berth.api.resource.Resources;
import io.berth.api.time.Environment;
import io.berth.client.ApiClient;
import io.berth.client.Informers;
import io.berth.client.Selection;
import java.time.Duration;

/**
 * Pods created on simulated nodes: how long until the scheduler has bound them, and how many writes
 * that took.
 */
final class CreateToBound {
  private final ApiClient client;
  private final Environment environment;
  private final Bench.Options options;
  private final String namespace;
  private final BoundPods bound;

  CreateToBound(
      ApiClient client, Environment environment, Bench.Options options, String namespace) {
    this.client = client;
    this.environment = environment;
    this.options = options;
    this.namespace = namespace;
    this.bound = new BoundPods(environment, options.bound());
  }

  Result run() {
    try (SimulatedNodes nodes = new SimulatedNodes(client, environment, options.nodes())) {
      nodes.create(options.connections());
      return bind();
    }
  }

  private Result bind() {
    Informers informers = new Informers(client, environment);
    informers.of(Resources.PODS, new Selection(namespace, Shapes.LABEL, "")).addHandler(bound);
    informers.start();
    awaitSynced(informers);
    Writes writes = new Writes(client, namespace);
    Arrivals arrivals = new Arrivals(environment, options.connections(), options.rate());
    Measurement measurement = new Measurement(environment, options.serverPids());
    arrivals.run(options.bound(), this::createPod);
    bound.await();
    Result result =
        measurement.end(
            "create to bound",
            options.bound(),
            bound.latencies(),
            options.nodes() + " nodes" + arrivals.note() + ", " + writes.each(options.bound()));
    informers.close();
    return result;
  }

  private void createPod(int index, long dueNanos) {
    String name = "bound-" + index;
    bound.creating(name, index, dueNanos);
    client.create(Resources.PODS, namespace, Shapes.pod(name, "default-scheduler"));
  }

  static void awaitSynced(Informers informers) {
    try {
      if (!informers.awaitSynced(Duration.ofMinutes(1))) {
        throw new IllegalStateException("the pods were not listed within a minute");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    }
  }
}
