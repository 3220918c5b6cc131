package io.berth.controllers;

import io.berth.api.resource.Resources;
import io.berth.api.time.Environment;
import io.berth.client.ApiClient;
import io.berth.client.Informers;
import io.berth.controllers.certificates.CertificateController;
import io.berth.controllers.certificates.CertificateSigner;
import io.berth.controllers.clusterrole.AggregationController;
import io.berth.controllers.deployment.DeploymentController;
import io.berth.controllers.disruption.DisruptionController;
import io.berth.controllers.endpoints.EndpointSliceController;
import io.berth.controllers.endpoints.EndpointsController;
import io.berth.controllers.garbage.GarbageCollector;
import io.berth.controllers.loop.Controller;
import io.berth.controllers.loop.ControllerContext;
import io.berth.controllers.loop.CustomResourceWatch;
import io.berth.controllers.loop.DelegatedDiscovery;
import io.berth.controllers.loop.DelegatedResourceWatch;
import io.berth.controllers.loop.PodIndex;
import io.berth.controllers.namespace.NamespaceController;
import io.berth.controllers.node.NodeIpamController;
import io.berth.controllers.node.NodeLifecycleController;
import io.berth.controllers.node.PodGarbageController;
import io.berth.controllers.node.TaintEvictionController;
import io.berth.controllers.quota.ResourceQuotaController;
import io.berth.controllers.replicaset.ReplicaSetController;
import io.berth.controllers.serviceaccount.BootstrapTokenCleaner;
import io.berth.controllers.serviceaccount.NamespaceDefaults;
import io.berth.controllers.serviceaccount.TokenSecretController;
import io.berth.controllers.volume.ClaimProtectionController;
import io.berth.controllers.volume.VolumeProtectionController;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All controllers of a cluster in one process, over one set of informers. Of several such processes
 * only one may run at a time. Safe for use by many threads.
 */
public final class Controllers implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Controllers.class);

  private final Informers informers;
  private final List<Controller> controllers;
  private boolean running;
  private boolean closed;

  /**
   * Builds them; nothing happens before {@link #start}.
   *
   * @param client bears the identity {@code system:kube-controller-manager}
   * @param authority signs certificates, or null where none are to be signed
   */
  public Controllers(
      ApiClient client,
      Environment environment,
      MeterRegistry registry,
      ControllersConfig config,
      @Nullable CertificateSigner authority) {
    this.informers = new Informers(client, environment);
    ControllerContext context =
        new ControllerContext(client, informers, new PodIndex(informers), environment, registry);
    CustomResourceWatch custom = new CustomResourceWatch(context.informers(), environment);
    DelegatedDiscovery discovery = new DelegatedDiscovery(client);
    DelegatedResourceWatch delegated =
        new DelegatedResourceWatch(
            context.informers(), environment, discovery, custom::withBuiltIn);
    List<Controller> all =
        new ArrayList<>(
            List.of(
                new DeploymentController(context, config.deploymentWorkers()),
                new ReplicaSetController(context, config.replicaSetWorkers()),
                new EndpointSliceController(context, config.otherWorkers()),
                new EndpointsController(context, config.otherWorkers()),
                new GarbageCollector(
                    context, config.garbageWorkers(), Resources.all(), custom, delegated),
                new AggregationController(context, config.otherWorkers()),
                new NamespaceController(
                    context, config.otherWorkers(), custom::withBuiltIn, discovery),
                new NamespaceDefaults(context, config.otherWorkers(), config.rootCa()),
                new TokenSecretController(context, config.otherWorkers(), config.rootCa()),
                new BootstrapTokenCleaner(context, config.otherWorkers()),
                new ClaimProtectionController(context, config.otherWorkers()),
                new VolumeProtectionController(context, config.otherWorkers()),
                new NodeLifecycleController(
                    context,
                    config.otherWorkers(),
                    config.nodeGracePeriod(),
                    config.nodeStartupGracePeriod()),
                new NodeIpamController(context, config.clusterCidrs()),
                new DisruptionController(context, config.otherWorkers(), custom::withBuiltIn),
                new ResourceQuotaController(context, config.otherWorkers()),
                new TaintEvictionController(context, config.otherWorkers()),
                new PodGarbageController(context, config.terminatedPodThreshold())));
    if (authority != null) {
      all.add(new CertificateController(context, config.otherWorkers(), authority));
    }
    this.controllers = List.copyOf(all);
  }

  /** Fills the informers and, once they are complete, starts the loops. Returns at once. */
  public void start() {
    informers.start();
    informers.whenSynced(this::run);
  }

  private synchronized void run() {
    if (closed) {
      return;
    }
    controllers.forEach(Controller::start);
    running = true;
    log.info("controllers started loops={}", controllers.size());
  }

  /** Whether the informers were complete and the loops run. */
  public synchronized boolean running() {
    return running && !closed;
  }

  /** Each controller's name and whether it still gets its work done. */
  public SortedMap<String, Boolean> health() {
    SortedMap<String, Boolean> health = new TreeMap<>();
    controllers.forEach(controller -> health.put(controller.name(), controller.alive()));
    return health;
  }

  @Override
  public synchronized void close() {
    closed = true;
    controllers.forEach(Controller::close);
    informers.close();
  }
}
