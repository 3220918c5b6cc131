package io.berth.cli.up;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.codec.Headers;
import io.berth.api.codec.Json;
import io.berth.api.lifecycle.Parts;
import io.berth.api.resource.Resources;
import io.berth.api.time.SystemEnvironment;
import io.berth.apiserver.assembly.ApiServerRoot;
import io.berth.apiserver.kinds.AddressRange;
import io.berth.apiserver.server.Identity;
import io.berth.apiserver.store.Store;
import io.berth.client.ApiClient;
import io.berth.client.Informers;
import io.berth.controllers.Controllers;
import io.berth.controllers.ControllersConfig;
import io.berth.scheduler.config.Configuration;
import io.berth.scheduler.live.RunningConfig;
import io.berth.scheduler.loop.Scheduler;
import io.berth.scheduler.loop.SchedulerConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A cluster without nodes: API server, scheduler and controllers in this process. */
final class ControlPlane implements AutoCloseable {
  /**
   * What a machine costs beside its containers: QEMU's own memory, measured, and the guest's
   * kernel.
   */
  private static final Map<String, String> VM_OVERHEAD = Map.of("cpu", "100m", "memory", "208Mi");

  private final Parts parts = new Parts();
  private final SystemEnvironment environment;
  private final ApiServerRoot server;

  /**
   * Starts all parts; the API server serves when this returns.
   *
   * @param store stays the caller's
   * @param addresses at which nodes and pods reach the API server, no loopback ones
   */
  ControlPlane(
      SystemEnvironment environment,
      UpOptions options,
      Store store,
      PrometheusMeterRegistry metrics,
      List<String> addresses)
      throws IOException, InterruptedException {
    this.environment = environment;
    boolean done = false;
    try {
      server =
          parts.add(new ApiServerRoot(environment, settings(options, addresses), store, metrics));
      startScheduler(options.schedulerFile(), metrics);
      startControllers(options.clusterCidr(), metrics);
      server.writeKubeconfig(options.kubeconfig());
      Files.writeString(options.directory().ready(), Integer.toString(server.port()));
      done = true;
    } finally {
      if (!done) {
        parts.close();
      }
    }
  }

  private static ApiServerRoot.Settings settings(UpOptions options, List<String> addresses) {
    AddressRange services = AddressRange.parse(options.serviceCidr());
    return new ApiServerRoot.Settings(
        options.directory().pki(), "0.0.0.0", options.port(), addresses, services, VM_OVERHEAD);
  }

  private void startScheduler(JsonNode file, PrometheusMeterRegistry metrics) {
    RunningConfig.publish(admin(), file);
    SchedulerConfig config = Configuration.read(file);
    ApiClient client =
        new ApiClient(server.transport(Identity.of(Identity.SCHEDULER, Identity.AUTHENTICATED)));
    Informers informers = parts.add(new Informers(client, environment));
    ExecutorService core =
        Executors.newSingleThreadExecutor(
            Thread.ofPlatform().daemon().name("berth-scheduler").factory());
    parts.add(core::shutdownNow);
    Scheduler scheduler =
        parts.add(new Scheduler(config, client, informers, environment, core, metrics));
    server
        .placementPreview()
        .ask(pod -> scheduler.preview(Headers.object(Resources.PODS, Json.bytes(pod))));
    scheduler.start();
    informers.start();
  }

  private void startControllers(String clusterCidr, PrometheusMeterRegistry metrics) {
    ApiClient client =
        new ApiClient(
            server.transport(Identity.of(Identity.CONTROLLER_MANAGER, Identity.AUTHENTICATED)));
    ControllersConfig config =
        ControllersConfig.DEFAULT
            .withRootCa(server.pki().authorityPem())
            .withClusterCidrs(List.of(clusterCidr));
    parts
        .add(new Controllers(client, environment, metrics, config, new ClusterSigner(server.pki())))
        .start();
  }

  ApiServerRoot server() {
    return server;
  }

  /** The administrator, in this process. */
  ApiClient admin() {
    return new ApiClient(
        server.transport(
            Identity.of("kubernetes-admin", Identity.MASTERS, Identity.AUTHENTICATED)));
  }

  @Override
  public void close() {
    parts.close();
  }
}
