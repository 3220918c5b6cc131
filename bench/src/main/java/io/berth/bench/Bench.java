package io.berth.bench;

import io.berth.api.object.ApiObject;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.resource.Resources;
import io.berth.api.time.Environment;
import io.berth.api.transport.ApiException;
import io.berth.api.transport.ApiRequest;
import io.berth.client.ApiClient;
import io.berth.client.DeleteOptions;
import io.berth.client.ListOptions;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Measures an API server, Berth's or any other, through its API alone: rates, latencies, and the
 * CPU time that the server's processes and this one took. Works in a namespace of its own and
 * cleans up behind itself.
 */
public final class Bench {
  /**
   * What to run.
   *
   * @param connections how many requests are under way at a time
   * @param pods how many pods the API benchmarks create
   * @param gets how many pods are read by name
   * @param warmUp how many reads go ahead of those that are measured, so that a server on a JVM is
   *     measured as one that has run for a while; of creations, which are dearer, a quarter as many
   * @param watchers how many watches the fan-out benchmark opens
   * @param nodes how many nodes are simulated for create-to-bound
   * @param bound how many pods are bound on them
   * @param rate how many pods a second create-to-bound and preemption create, whatever the server
   *     answers; 0 for as fast as it answers
   * @param serverPids processes whose CPU time counts as the server's, none where they are
   *     elsewhere
   * @param profile whether these processes, which must be JVMs then, tell where their time goes
   */
  public record Options(
      int connections,
      int pods,
      int gets,
      int warmUp,
      int watchers,
      int nodes,
      int bound,
      int rate,
      List<Long> serverPids,
      boolean profile) {}

  private static final String NAMESPACE = "berth-bench";
  private static final int LISTS = 10;
  private static final int WARM_CREATES = 4;
  private static final Duration ACCOUNT_WAIT = Duration.ofSeconds(3);

  private final ApiClient client;
  private final Environment environment;
  private final Options options;
  private final Load load;
  private boolean created;

  public Bench(ApiClient client, Environment environment, Options options) {
    this.client = client;
    this.environment = environment;
    this.options = options;
    this.load = new Load(environment, options.connections());
  }

  /** Runs the named benchmarks in their order and prints each result as it comes. */
  public List<Result> run(List<String> names, PrintStream out) {
    List<Result> results = new ArrayList<>();
    Profile profile = options.profile() ? Profile.of(options.serverPids()) : Profile.NONE;
    cleanUp();
    ensureNamespace();
    out.println(Result.HEAD);
    try {
      for (String name : names) {
        profile.begin();
        try {
          Result result = one(name);
          out.println(result.row());
          results.add(result);
        } finally {
          profile.end(out);
        }
      }
    } finally {
      cleanUp();
    }
    return results;
  }

  private Result one(String name) {
    return switch (name) {
      case "create" -> create();
      case "get" -> get();
      case "list" -> list();
      case "watch" -> new WatchFanOut(client, environment, options, NAMESPACE).run();
      case "bind" -> new CreateToBound(client, environment, options, NAMESPACE).run();
      case "preempt" -> new Preemptions(client, environment, options, NAMESPACE).run();
      default ->
          throw new IllegalArgumentException(
              "no benchmark " + name + ": expected create, get, list, watch, bind or preempt");
    };
  }

  private Result create() {
    created = true;
    load.run(options.warmUp() / WARM_CREATES, i -> createPod("warm-" + i));
    Measurement measurement = new Measurement(environment, options.serverPids());
    Latencies latencies = load.run(options.pods(), i -> createPod("pod-" + i));
    return measurement.end(
        "create pod", options.pods(), latencies, options.connections() + " connections");
  }

  private void createPod(String name) {
    client.create(Resources.PODS, NAMESPACE, Shapes.pod(name, "bench-none"));
  }

  /** Reads need pods to read: makes them, unmeasured, where {@link #create} has not run. */
  private void ensurePods() {
    if (!created) {
      created = true;
      load.run(options.pods(), i -> createPod("pod-" + i));
    }
  }

  private Result get() {
    ensurePods();
    load.run(options.warmUp(), this::getPod);
    Measurement measurement = new Measurement(environment, options.serverPids());
    Latencies latencies = load.run(options.gets(), this::getPod);
    return measurement.end(
        "get pod", options.gets(), latencies, options.connections() + " connections");
  }

  private void getPod(int index) {
    String name = "pod-" + index % options.pods();
    client.send(ApiRequest.get(Resources.PODS.path(NAMESPACE, name)));
  }

  private Result list() {
    ensurePods();
    ApiRequest request = ApiRequest.get(Resources.PODS.path(NAMESPACE));
    long bytes = client.send(request).body().length;
    Load single = new Load(environment, 1);
    Measurement measurement = new Measurement(environment, options.serverPids());
    Latencies latencies = single.run(LISTS, i -> client.send(request));
    String note = String.format(Locale.ROOT, "%.1f MB each", bytes / 1e6);
    return measurement.end("list pods", LISTS, latencies, note);
  }

  private void ensureNamespace() {
    try {
      client.create(Resources.NAMESPACES, null, Shapes.namespace(NAMESPACE));
    } catch (ApiException e) {
      if (!e.isAlreadyExists()) {
        throw e;
      }
    }
    awaitServiceAccount();
  }

  /**
   * Pods are refused until a controller has made the namespace's account. A server without that
   * controller does not refuse them: the wait then ends by itself.
   */
  private void awaitServiceAccount() {
    long limit = environment.clock().nanos() + ACCOUNT_WAIT.toNanos();
    while (client.find(Resources.SERVICE_ACCOUNTS, NAMESPACE, "default").isEmpty()
        && environment.clock().nanos() - limit < 0) {
      LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
    }
  }

  private void cleanUp() {
    deleteAll(Resources.PODS, NAMESPACE);
    deleteAll(Resources.NODES, null);
    deleteAll(Resources.PRIORITY_CLASSES, null);
    deleteAll(Resources.LEASES, "kube-node-lease");
  }

  private void deleteAll(ResourceDefinition resource, @Nullable String namespace) {
    List<ApiObject> doomed =
        client.list(resource, namespace, ListOptions.labels(Shapes.LABEL)).items();
    load.run(
        doomed.size(),
        i -> {
          ApiObject object = doomed.get(i);
          client.delete(
              resource, namespace, object.key().name(), DeleteOptions.now(object.header().uid()));
        });
  }
}
