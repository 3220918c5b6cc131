package io.berth.agent.pod;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.agent.cgroup.PodCgroups;
import io.berth.agent.images.ImageReference;
import io.berth.agent.images.PauseImage;
import io.berth.agent.network.HostPorts;
import io.berth.agent.network.PodGate;
import io.berth.agent.runtime.ImageStore;
import io.berth.agent.runtime.RuntimeDriver;
import io.berth.agent.runtime.RuntimeDriver.ContainerState;
import io.berth.agent.runtime.RuntimeDriver.Sandbox;
import io.berth.agent.runtime.RuntimeDriverException;
import io.berth.agent.volumes.ConfigObjects;
import io.berth.agent.volumes.PodTokens;
import io.berth.agent.volumes.PodVolumes;
import io.berth.api.object.ApiObject;
import io.berth.api.object.QosClass;
import io.berth.api.object.Quantity;
import io.berth.api.time.Environment;
import io.berth.client.ApiClient;
import io.berth.client.EventRecorder;
import io.berth.client.Informer;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The part of the agent that runs pods. */
public final class PodAgent implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(PodAgent.class);
  private static final long MAX_LOG_BYTES = 10 << 20;
  private static final int MAX_LOG_FILES = 5;

  /** A kubelet's default of one lets a large image hold up all others. */
  private static final int PULLS_AT_ONCE = 5;

  /**
   * What it is made of.
   *
   * @param pods those bound to this node
   * @param drivers by handler
   * @param allocatable what pods may use of the node
   * @param nodeHosts the node's own hosts file
   * @param hostPorts the ports of the node that lead to pods
   * @param gate what must let a pod pass before its containers start
   * @param cgroups the pods' control groups
   */
  public record Parts(
      ApiClient client,
      Environment environment,
      Informer pods,
      Informer services,
      Informer runtimeClasses,
      Map<String, RuntimeDriver> drivers,
      ImageStore images,
      EventRecorder events,
      PodProbes probes,
      PodVolumes volumes,
      ConfigObjects objects,
      PodTokens tokens,
      PodPaths paths,
      PodConfig config,
      Supplier<Map<String, Quantity>> allocatable,
      Supplier<String> nodeHosts,
      HostPorts hostPorts,
      PodGate gate,
      PodCgroups cgroups,
      MeterRegistry registry) {}

  private final Environment environment;
  private final RuntimeView view;
  private final PodWorkers workers;
  private final PodLocator locator;
  private final LogRotation rotation;
  private final List<RuntimeDriver> drivers;
  private final Informer pods;

  public PodAgent(Parts parts) {
    this.environment = parts.environment();
    this.pods = parts.pods();
    this.drivers = parts.drivers().values().stream().distinct().toList();
    this.view = new RuntimeView(parts.drivers().values(), environment);
    Events events = new Events(parts.events());
    ImagePulls pulls =
        new ImagePulls(
            parts.images(),
            environment,
            events,
            new PullSecrets(parts.objects()::find, events)::of,
            this::look,
            PULLS_AT_ONCE);
    PodExecutor.Tools tools =
        new PodExecutor.Tools(
            environment,
            events,
            new Operations(parts.registry(), environment.clock()),
            parts.paths(),
            parts.config(),
            parts.volumes(),
            parts.objects(),
            parts.tokens(),
            pulls,
            pod -> services(parts.services(), pod),
            parts.allocatable(),
            parts.nodeHosts(),
            parts.hostPorts(),
            parts.gate(),
            parts.cgroups(),
            this::look);
    RuntimeHandlers handlers = new RuntimeHandlers(parts.drivers(), parts.runtimeClasses());
    this.workers =
        new PodWorkers(
            parts.client(), parts.pods(), view, handlers, parts.probes(), tools, parts.registry());
    this.locator = new PodLocator(workers, view, parts.paths());
    this.rotation = new LogRotation(environment, view, parts.paths(), MAX_LOG_BYTES, MAX_LOG_FILES);
    Gauge.builder("kubelet_running_pods", view, PodAgent::runningPods).register(parts.registry());
    for (ContainerState state : ContainerState.values()) {
      Gauge.builder("kubelet_running_containers", view, v -> containers(v, state))
          .tag("container_state", state.name().toLowerCase(java.util.Locale.ROOT))
          .register(parts.registry());
    }
  }

  private static double runningPods(RuntimeView view) {
    return view.last().pods().values().stream().filter(o -> o.state().ready().isPresent()).count();
  }

  private static double containers(RuntimeView view, ContainerState state) {
    return view.last().pods().values().stream()
        .flatMap(o -> o.state().containers().stream())
        .filter(c -> c.state() == state)
        .count();
  }

  /** Services that a pod's containers are told of: its namespace's, and the API's own. */
  private static List<JsonNode> services(Informer services, PodView pod) {
    List<JsonNode> found = new ArrayList<>();
    services.get("default", "kubernetes").map(ApiObject::tree).ifPresent(found::add);
    boolean links = pod.spec().path("enableServiceLinks").asBoolean(true);
    if (links) {
      for (ApiObject service : services.inNamespace(pod.id().namespace())) {
        if (!service.key().namespacedName().equals("default/kubernetes")) {
          found.add(service.tree());
        }
      }
    }
    return found;
  }

  private void look(PodId id) {
    workers.look(id);
  }

  /** Has the pod of that uid looked at. */
  public void look(String uid) {
    workers.look(uid);
  }

  /** The pod of that uid, as its worker knows it. */
  public Optional<PodView> known(String uid) {
    return workers.known(uid);
  }

  /** The volumes that were made for the pod of that uid. */
  public Map<String, PodVolumes.Ready> volumes(String uid) {
    return workers.volumes(uid);
  }

  /** What the pods that may run have a right to, by uid, those included that are ending. */
  public Map<String, PodCgroups.Claim> claims() {
    Map<String, PodCgroups.Claim> claims = new HashMap<>();
    for (PodView pod : workers.known()) {
      String uid = pod.id().uid();
      RuntimeView.Observed observed = view.last().pods().get(uid);
      if (!pod.terminal() || (observed != null && observed.state().ready().isPresent())) {
        claims.put(uid, PodResources.claim(pod));
      }
    }
    for (String uid : view.last().pods().keySet()) {
      claims.putIfAbsent(
          uid, new PodCgroups.Claim(QosClass.BEST_EFFORT, RuntimeDriver.Resources.NONE));
    }
    return claims;
  }

  public RuntimeView view() {
    return view;
  }

  public PodLocator locator() {
    return locator;
  }

  /** Ids and full names of the images that pods of this node use, or are about to. */
  public Set<String> imagesInUse() {
    Set<String> used = new HashSet<>(Set.of(PauseImage.NAME));
    for (RuntimeView.Observed pod : view.last().pods().values()) {
      for (RuntimeDriver.Container container : pod.state().containers()) {
        used.add(container.imageId());
        addName(container.image(), used);
      }
    }
    for (ApiObject object : pods.list()) {
      PodView pod = new PodView(object);
      if (!pod.terminal()) {
        pod.every().forEach(def -> addName(def.image(), used));
      }
    }
    return used;
  }

  private static void addName(String reference, Set<String> names) {
    try {
      names.add(ImageReference.parse(reference).full());
    } catch (IllegalArgumentException e) {
      names.add(reference); // an image's id
    }
  }

  /** Begins to work; what is bound to the node must be known. */
  public void start() {
    workers.start();
    rotation.start();
  }

  /** Ends and removes every sandbox, several at a time. Blocks until that is done. */
  public void stopWorkloads() {
    List<Runnable> stops = new ArrayList<>();
    for (RuntimeDriver driver : drivers) {
      for (Sandbox sandbox : driver.sandboxes()) {
        stops.add(
            () -> {
              driver.stopSandbox(sandbox.id());
              driver.removeSandbox(sandbox.id());
            });
      }
    }
    CountDownLatch left = new CountDownLatch(stops.size());
    for (Runnable stop : stops) {
      environment
          .executor()
          .execute(
              () -> {
                try {
                  stop.run();
                } catch (RuntimeDriverException e) {
                  log.warn("sandbox not stopped error={}", e.getMessage());
                } finally {
                  left.countDown();
                }
              });
    }
    try {
      left.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    workers.close();
    rotation.close();
  }
}
