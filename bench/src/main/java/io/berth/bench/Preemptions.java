package io.berth.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.object.ApiObject;
import io.berth.api.resource.Resources;
import io.berth.api.time.Environment;
import io.berth.api.transport.ApiException;
import io.berth.client.ApiClient;
import io.berth.client.DeleteOptions;
import io.berth.client.Informer;
import io.berth.client.Informers;
import io.berth.client.Selection;

/**
 * Pods of high priority created on full simulated nodes, each of which pushes out one pod of low
 * priority: how long until all are bound. The benchmark ends the victims as agents would, as soon
 * as they are told to leave.
 */
final class Preemptions {
  /** How many pods fill a node. */
  private static final int PODS_A_NODE = 5;

  private static final String CLASS = "berth-bench-high";

  private final ApiClient client;
  private final Environment environment;
  private final Bench.Options options;
  private final String namespace;
  private final BoundPods bound;

  Preemptions(ApiClient client, Environment environment, Bench.Options options, String namespace) {
    this.client = client;
    this.environment = environment;
    this.options = options;
    this.namespace = namespace;
    this.bound = new BoundPods(environment, count());
  }

  private int count() {
    return PODS_A_NODE * options.nodes();
  }

  Result run() {
    try (SimulatedNodes nodes = new SimulatedNodes(client, environment, options.nodes())) {
      nodes.create(options.connections());
      return preempt();
    }
  }

  private Result preempt() {
    createClass();
    new Load(environment, options.connections()).run(count(), this::createLow);
    Informers informers = new Informers(client, environment);
    Informer pods = informers.of(Resources.PODS, new Selection(namespace, Shapes.LABEL, ""));
    pods.addHandler(bound);
    pods.addHandler(new Agents());
    informers.start();
    CreateToBound.awaitSynced(informers);
    Writes writes = new Writes(client, namespace);
    Arrivals arrivals = new Arrivals(environment, options.connections(), options.rate());
    Measurement measurement = new Measurement(environment, options.serverPids());
    arrivals.run(count(), this::createHigh);
    bound.await();
    Result result =
        measurement.end(
            "preempt to bound",
            count(),
            bound.latencies(),
            options.nodes() + " full nodes" + arrivals.note() + ", " + writes.each(count()));
    informers.close();
    return result;
  }

  private void createClass() {
    ObjectNode priorityClass =
        Json.object().put("apiVersion", "scheduling.k8s.io/v1").put("kind", "PriorityClass");
    priorityClass
        .putObject("metadata")
        .put("name", CLASS)
        .putObject("labels")
        .put(Shapes.LABEL, "true");
    priorityClass.put("value", 1_000);
    try {
      client.create(Resources.PRIORITY_CLASSES, null, priorityClass);
    } catch (ApiException e) {
      if (!e.isAlreadyExists()) {
        throw e;
      }
    }
  }

  /** Each takes a fifth of a node. */
  private static ObjectNode pod(String name) {
    ObjectNode pod = Shapes.pod(name, "default-scheduler");
    ObjectNode container = (ObjectNode) pod.path("spec").path("containers").path(0);
    container.withObject("/resources/requests").put("cpu", "6400m");
    return pod;
  }

  private void createLow(int index) {
    ObjectNode pod = pod("low-" + index);
    pod.withObject("/spec").put("nodeName", SimulatedNodes.name(index % options.nodes()));
    client.create(Resources.PODS, namespace, pod);
  }

  private void createHigh(int index, long dueNanos) {
    String name = "high-" + index;
    bound.creating(name, index, dueNanos);
    ObjectNode pod = pod(name);
    pod.withObject("/spec").put("priorityClassName", CLASS);
    client.create(Resources.PODS, namespace, pod);
  }

  /** Ends pods that are told to leave. */
  private final class Agents implements Informer.Handler {
    @Override
    public void onAdd(ApiObject now) {}

    @Override
    public void onUpdate(ApiObject before, ApiObject now) {
      if (now.header().deleting() && !before.header().deleting()) {
        environment.executor().execute(() -> end(now));
      }
    }

    @Override
    public void onDelete(ApiObject last) {}

    private void end(ApiObject pod) {
      client.delete(
          Resources.PODS, namespace, pod.key().name(), DeleteOptions.now(pod.header().uid()));
    }
  }
}
