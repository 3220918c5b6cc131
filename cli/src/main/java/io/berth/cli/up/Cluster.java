package io.berth.cli.up;

import io.berth.agent.network.routes.RouteMode;
import io.berth.api.lifecycle.Parts;
import io.berth.api.time.SystemEnvironment;
import io.berth.apiserver.assembly.ApiServerRoot;
import io.berth.apiserver.pki.KeyedCertificate;
import io.berth.apiserver.pki.LocalNames;
import io.berth.apiserver.server.Identity;
import io.berth.apiserver.server.ProcessMetrics;
import io.berth.apiserver.store.Compactor;
import io.berth.apiserver.store.MeteredStore;
import io.berth.apiserver.store.Store;
import io.berth.cli.CommandException;
import io.berth.cli.DataDirectory;
import io.berth.client.ApiClient;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;

/**
 * A whole cluster in this process: API server, scheduler, controllers and one node. The node's
 * runtime starts beside the control plane, since containerd takes as long as all the rest.
 */
final class Cluster implements AutoCloseable {
  private final Parts parts = new Parts();
  private final DataDirectory directory;
  private final PrometheusMeterRegistry metrics =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final ControlPlane plane;
  private final NodeRuntime runtime;
  private final Node node;

  /** Starts all parts and returns once the API server serves. */
  static Cluster start(SystemEnvironment environment, UpOptions options) {
    try {
      return new Cluster(environment, options);
    } catch (IOException e) {
      throw new CommandException("the cluster did not start: " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CommandException("interrupted", e);
    }
  }

  private Cluster(SystemEnvironment environment, UpOptions options)
      throws IOException, InterruptedException {
    this.directory = options.directory();
    new ProcessMetrics().bindTo(metrics);
    NodeRecord record =
        new NodeRecord(options.nodeName(), options.podCidr(), options.clusterCidr());
    record.write(directory);
    FutureTask<NodeRuntime> starting =
        new FutureTask<>(() -> NodeRuntime.start(environment, directory, record));
    environment.executor().execute(starting);
    boolean done = false;
    try {
      Store opened = parts.add(Stores.open(environment, options, parts));
      Store store = new MeteredStore(opened, metrics, environment.clock());
      parts.add(new Compactor(store, environment, Compactor.KEEP)).start();
      List<String> addresses = Machine.addresses();
      plane = parts.add(new ControlPlane(environment, options, store, metrics, addresses));
      runtime = parts.add(await(starting));
      node =
          parts.add(
              new Node(
                  environment, settings(options, addresses), identity(options, plane), runtime));
      done = true;
    } finally {
      if (!done) {
        parts.close();
      }
    }
  }

  private static NodeSettings settings(UpOptions options, List<String> addresses) {
    return new NodeSettings(
        options.nodeName(),
        options.directory(),
        addresses,
        options.podCidr(),
        options.clusterCidr(),
        options.agentPort(),
        Map.of(),
        RouteMode.AUTO);
  }

  private static NodeIdentity identity(UpOptions options, ControlPlane plane) throws IOException {
    ApiServerRoot server = plane.server();
    KeyedCertificate certificate =
        server.pki().nodeServer(options.nodeName(), LocalNames.ofMachine());
    return new NodeIdentity(
        server.transport(Identity.node(options.nodeName())),
        certificate.certificatePem(),
        certificate.keyPem(),
        server.pki().authorityPem());
  }

  private static NodeRuntime await(Future<NodeRuntime> starting) throws InterruptedException {
    try {
      return starting.get();
    } catch (ExecutionException e) {
      throw new CommandException(
          "the node's runtime did not start: " + CommandException.rootOf(e), e);
    }
  }

  int port() {
    return plane.server().port();
  }

  /** The administrator, in this process. */
  ApiClient admin() {
    return plane.admin();
  }

  /**
   * Stops everything in order.
   *
   * @param keepWorkloads whether containers and machines run on
   */
  void stop(boolean keepWorkloads) throws IOException {
    Files.deleteIfExists(directory.ready());
    node.pause();
    if (!keepWorkloads) {
      node.removeNetwork();
      runtime.stopWorkloads();
      NodeRecord.delete(directory);
    }
    parts.close();
  }

  @Override
  public void close() {
    parts.close();
  }
}
