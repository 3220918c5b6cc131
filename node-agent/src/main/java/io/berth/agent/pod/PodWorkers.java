package io.berth.agent.pod;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.agent.network.HostPort;
import io.berth.agent.network.HostPorts;
import io.berth.agent.runtime.RuntimeDriver;
import io.berth.agent.runtime.RuntimeDriver.Sandbox;
import io.berth.agent.runtime.RuntimeDriverException;
import io.berth.agent.volumes.ConfigObjects;
import io.berth.agent.volumes.FileTrees;
import io.berth.agent.volumes.PodTokens;
import io.berth.agent.volumes.PodVolumes;
import io.berth.api.object.ApiObject;
import io.berth.api.resource.Resources;
import io.berth.api.time.Environment;
import io.berth.api.transport.ApiException;
import io.berth.client.ApiClient;
import io.berth.client.ApiUnavailableException;
import io.berth.client.BackOff;
import io.berth.client.DeleteOptions;
import io.berth.client.Informer;
import io.berth.client.Outcome;
import io.berth.client.ReconcileLoop;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The agent's main loop: one worker a pod at a time, woken by the API, the runtimes, probes, config
 * maps and secrets, and by its own actions. {@link #reconcile} looks, decides, acts, until there is
 * nothing left to do now, and offers the pod's status. Safe for use by many threads.
 */
public final class PodWorkers implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(PodWorkers.class);
  private static final int WORKERS = 256;
  private static final int ROUNDS = 64;
  private static final BackOff BACK_OFF =
      new BackOff(Duration.ofMillis(100), Duration.ofSeconds(10));

  /** A pod that runs within this time needs no status that says it is being made. */
  private static final Duration QUICK = Duration.ofMillis(400);

  /** How long a container that is kept running is not looked at although nothing happened. */
  private static final Duration DRIVER_DOWN = Duration.ofSeconds(1);

  private final ApiClient client;
  private final Environment environment;
  private final Informer pods;
  private final RuntimeView view;
  private final RuntimeHandlers handlers;
  private final PodProbes probes;
  private final PodExecutor executor;
  private final Admission admission = new Admission();
  private final PodExecutor.Tools tools;
  private final StatusWriter statuses;
  private final ReconcileLoop<PodId> loop;
  private final MeterRegistry registry;
  private final Map<String, PodId> ids = new ConcurrentHashMap<>();
  private final Map<String, PodMemory> memories = new ConcurrentHashMap<>();
  private final Map<String, Long> seenNanos = new ConcurrentHashMap<>();
  private final Map<String, Integer> failures = new ConcurrentHashMap<>();
  private final Set<String> configChanged = ConcurrentHashMap.newKeySet();
  private volatile boolean closed;

  PodWorkers(
      ApiClient client,
      Informer pods,
      RuntimeView view,
      RuntimeHandlers handlers,
      PodProbes probes,
      PodExecutor.Tools tools,
      MeterRegistry registry) {
    this.client = client;
    this.environment = tools.environment();
    this.pods = pods;
    this.view = view;
    this.handlers = handlers;
    this.probes = probes;
    this.tools = tools;
    this.executor = new PodExecutor(tools);
    this.registry = registry;
    this.statuses = new StatusWriter(client, environment, registry, this::informed);
    this.loop = new ReconcileLoop<>("pods", environment, WORKERS, this::reconcile, registry);
  }

  /** Begins to work. The informer must be synced: what it does not have is torn down. */
  void start() {
    pods.addHandler(
        new Informer.Handler() {
          @Override
          public void onAdd(ApiObject now) {
            PodId id = PodId.of(now);
            ids.put(id.uid(), id);
            seenNanos.putIfAbsent(id.uid(), environment.clock().nanos());
            loop.add(id);
          }

          @Override
          public void onUpdate(ApiObject before, ApiObject now) {
            loop.add(PodId.of(now));
          }

          @Override
          public void onDelete(ApiObject last) {
            loop.add(PodId.of(last));
          }
        });
    tools.objects().onChange(this::configChanged);
    tools.tokens().onDue(this::configChanged);
    statuses.start();
    tools.hostPorts().begin(publishedPorts());
    loop.start();
    view.start(this::look);
  }

  /** What the node's ports lead to before anything is done: what an earlier agent left running. */
  private Map<String, HostPorts.Target> publishedPorts() {
    Map<String, Set<HostPort>> wanted = new HashMap<>();
    for (ApiObject object : pods.list()) {
      PodView pod = new PodView(object);
      Set<HostPort> ports = publishedPorts(pod);
      if (!ports.isEmpty()) {
        wanted.put(pod.id().uid(), ports);
      }
    }
    Map<String, HostPorts.Target> found = new HashMap<>();
    for (RuntimeDriver driver : wanted.isEmpty() ? List.<RuntimeDriver>of() : handlers.all()) {
      try {
        for (Sandbox sandbox : driver.sandboxes()) {
          Set<HostPort> ports = wanted.get(sandbox.uid());
          if (ports != null && PodDecider.ready(sandbox) && !sandbox.ips().isEmpty()) {
            found.put(sandbox.uid(), new HostPorts.Target(sandbox.ips().getFirst(), ports));
          }
        }
      } catch (RuntimeDriverException e) {
        log.warn("sandboxes not listed driver={} error={}", driver.name(), e.getMessage());
      }
    }
    return found;
  }

  /** A pod with the node's network has its ports by itself. */
  private static Set<HostPort> publishedPorts(PodView pod) {
    return pod.hostNetwork() ? Set.of() : pod.hostPorts();
  }

  private void publishPorts(PodView pod, PodMemory memory, RuntimeState state) {
    Set<HostPort> ports = publishedPorts(pod);
    if (ports.isEmpty()) {
      return;
    }
    String ip = memory.verdict() == null ? ip(state) : "";
    if (ip.isEmpty()) {
      tools.hostPorts().withdraw(pod.id().uid());
    } else {
      tools.hostPorts().publish(pod.id().uid(), new HostPorts.Target(ip, ports));
    }
  }

  /** Has a pod looked at. */
  void look(PodId id) {
    if (!closed) {
      loop.add(id);
    }
  }

  /** Has the pod of that uid looked at, if need be one that only a runtime knows. */
  public void look(String uid) {
    PodId id = ids.get(uid);
    if (id == null) {
      RuntimeView.Observed observed = view.last().pods().get(uid);
      if (observed == null || observed.state().sandboxes().isEmpty()) {
        return;
      }
      Sandbox sandbox = observed.state().sandboxes().getFirst();
      id = new PodId(sandbox.namespace(), sandbox.name(), uid);
      ids.put(uid, id);
    }
    look(id);
  }

  private void configChanged(String uid) {
    configChanged.add(uid);
    look(uid);
  }

  private Optional<ApiObject> informed(PodId id) {
    return pods.get(id.namespace(), id.name()).filter(pod -> pod.header().uid().equals(id.uid()));
  }

  Outcome reconcile(PodId id) {
    if (closed) {
      return Outcome.done();
    }
    try {
      Outcome outcome = work(id);
      failures.remove(id.uid());
      return outcome;
    } catch (ApiException | ApiUnavailableException e) {
      Duration delay = BACK_OFF.delay(failures.merge(id.uid(), 1, Integer::sum));
      log.warn("pod held up pod={} retryMillis={} error={}", id, delay.toMillis(), e.getMessage());
      return Outcome.again(delay);
    }
  }

  private Outcome work(PodId id) {
    PodMemory memory = memories.computeIfAbsent(id.uid(), uid -> new PodMemory());
    Optional<ApiObject> object = informed(id);
    object.ifPresent(now -> take(memory, now));
    PodView pod = memory.pod();
    if (object.isEmpty() || (pod != null && pod.deleting())) {
      memory.deletionSeen(environment.clock().nanos());
    }
    Duration wake = null;
    for (int round = 0; round < ROUNDS && !closed; round++) {
      Round result = round(id, memory, object.isEmpty());
      wake = result.wake();
      if (!result.again()) {
        break;
      }
    }
    return wake == null || closed ? Outcome.done() : Outcome.again(wake);
  }

  private void take(PodMemory memory, ApiObject now) {
    PodView known = memory.pod();
    if (known != null && known.object().header().revision() == now.header().revision()) {
      return;
    }
    PodView pod = new PodView(now);
    memory.take(pod);
    if (known == null || known.ephemeral().size() != pod.ephemeral().size()) {
      for (ContainerDef def : pod.ephemeral()) {
        List<String> beyond = HandledFields.notHandled(def);
        if (!beyond.isEmpty()) {
          executor.notSupported(pod, memory, def.name(), String.join(", ", beyond));
        }
      }
      Set<ConfigObjects.Ref> refs = new HashSet<>(PodVolumes.refs(pod.tree()));
      refs.addAll(ContainerEnv.refs(pod));
      tools.objects().track(pod.id().uid(), refs);
    }
    if (known == null) {
      if (PodTokens.wanted(pod.tree())) {
        configChanged.add(pod.id().uid()); // after a restart nobody knows how old its token is
      }
    } else if (!known.metadata().path("labels").equals(pod.metadata().path("labels"))
        || !known.metadata().path("annotations").equals(pod.metadata().path("annotations"))) {
      configChanged.add(pod.id().uid());
    }
    if (!memory.notHandled().isEmpty()) {
      executor.notSupported(pod, memory, "", String.join(", ", memory.notHandled()));
    }
  }

  /** What one look led to. */
  private record Round(boolean again, @Nullable Duration wake) {}

  private Round round(PodId id, PodMemory memory, boolean gone) {
    RuntimeView.Listing listing = view.fresh(id.uid());
    RuntimeView.Observed observed =
        listing.pods().getOrDefault(id.uid(), RuntimeView.Observed.NOTHING);
    RuntimeState state = observed.state();
    PodView pod = memory.pod();
    RuntimeDriver driver = observed.driver();
    if (driver == null && pod != null) {
      driver = handlers.driver(pod, memory, executor);
    }
    if (driver != null && listing.unreachable().containsKey(driver)) {
      return unreachable(pod, memory, state, gone);
    }
    long nanos = environment.clock().nanos();
    Instant now = environment.clock().now();
    memory.observe(state, nanos);
    if (pod != null && !gone) {
      memory.startedAt(now);
      refresh(pod, memory, state);
      if (driver != null) {
        admit(pod, memory, driver, state);
        publishPorts(pod, memory, state);
        probes.sync(pod, state, driver, ip(state));
      }
    }
    Map<String, ProbeState> found = probes.states(id.uid());
    PodPlan plan = PodDecider.decide(memory.snapshot(gone, state, found, now, nanos));
    if (pod != null && !gone && plan.actions().stream().anyMatch(PodWorkers::slow)) {
      statuses.offerLater(id, status(pod, memory, state, plan), QUICK);
    }
    boolean again = memory.end(plan.verdict());
    for (PodAction action : plan.actions()) {
      if (closed) {
        break; // the next agent finds what is there and goes on
      }
      again |= act(id, pod, memory, driver, state, action);
    }
    if (again) {
      return new Round(true, null);
    }
    PodPlan after = decideAgain(memory, gone, state, found);
    if (pod != null && !gone && !memory.deletionAsked) {
      tellBackOff(pod, memory, after);
      publish(pod, memory, state, after);
    }
    return new Round(false, after.wake());
  }

  private void admit(PodView pod, PodMemory memory, RuntimeDriver driver, RuntimeState state) {
    if (memory.verdict() != null) {
      admission.over(pod.id().uid());
      if (state.alive().isEmpty()) {
        tools.volumes().release(pod.id().uid());
      }
    } else if (!memory.admitted && !pod.deleting()) {
      memory.admitted = true;
      if (memory.begun() || !state.isEmpty()) {
        admission.running(pod);
        return;
      }
      Optional<Verdict> refused = admission.admit(pod, driver);
      refused.ifPresent(end -> tools.events().warning(pod, end.reason(), end.why()));
      var _ = memory.end(refused.orElse(null));
    }
  }

  private static String ip(RuntimeState state) {
    return state.ready().flatMap(s -> s.ips().stream().findFirst()).orElse("");
  }

  private static boolean slow(PodAction action) {
    return action instanceof PodAction.CreateSandbox || action instanceof PodAction.StartContainer;
  }

  /** The plan with what the actions came upon: why containers wait. */
  private PodPlan decideAgain(
      PodMemory memory, boolean gone, RuntimeState state, Map<String, ProbeState> found) {
    Instant now = environment.clock().now();
    return PodDecider.decide(memory.snapshot(gone, state, found, now, environment.clock().nanos()));
  }

  /** Of pods whose driver does not answer nothing is known, so nothing is done. */
  private Round unreachable(
      @Nullable PodView pod, PodMemory memory, RuntimeState state, boolean gone) {
    if (pod != null && !gone && state.isEmpty() && memory.verdict() == null) {
      memory.startedAt(environment.clock().now());
      publish(pod, memory, state, new PodPlan(List.of(), Map.of(), null, null));
    }
    return new Round(false, DRIVER_DOWN);
  }

  private void refresh(PodView pod, PodMemory memory, RuntimeState state) {
    if (configChanged.remove(pod.id().uid()) && memory.verdict() == null) {
      memory.blocked.values().removeIf(PodWorkers::fromConfig);
      executor.refreshVolumes(pod, memory, state);
    }
  }

  /** Whether a change of a config map or secret may have ended it. */
  private static boolean fromConfig(Blocked blocked) {
    String reason = blocked.waiting().reason();
    return !blocked.forever()
        && (reason.equals("CreateContainerConfigError") || reason.equals("ContainerCreating"));
  }

  private boolean act(
      PodId id,
      @Nullable PodView pod,
      PodMemory memory,
      @Nullable RuntimeDriver driver,
      RuntimeState state,
      PodAction action) {
    if (action instanceof PodAction.Forget) {
      forget(id);
      return false;
    }
    if (action instanceof PodAction.FinishDeletion && pod != null) {
      finishDeletion(pod, memory, state);
      return false;
    }
    if (driver == null) {
      return false;
    }
    try {
      return perform(id, pod, memory, driver, state, action);
    } catch (RuntimeDriverException e) {
      log.warn("failed pod={} action={} error={}", id, action, e.getMessage());
      loop.addAfter(id, DRIVER_DOWN);
      return false;
    }
  }

  private boolean perform(
      PodId id,
      @Nullable PodView pod,
      PodMemory memory,
      RuntimeDriver driver,
      RuntimeState state,
      PodAction action) {
    return switch (action) {
      case PodAction.CreateSandbox create when pod != null ->
          executor.createSandbox(pod, memory, driver, create.attempt());
      case PodAction.StartContainer start when pod != null ->
          executor.startContainer(pod, memory, driver, state, start);
      case PodAction.StartCreated start when pod != null ->
          executor.startCreated(pod, memory, driver, state, start.container(), start.containerId());
      case PodAction.StopContainer stop -> {
        executor.stopContainer(pod, memory, driver, state, stop);
        yield false;
      }
      case PodAction.StopSandbox stop -> {
        operation("stop_podsandbox", () -> driver.stopSandbox(stop.sandboxId()));
        tools.gate().release(id.uid());
        memory.stoppedSandboxes.add(stop.sandboxId());
        yield true;
      }
      case PodAction.RemoveSandbox remove -> {
        operation("remove_podsandbox", () -> driver.removeSandbox(remove.sandboxId()));
        yield true;
      }
      case PodAction.RemoveContainer remove -> {
        operation("remove_container", () -> driver.removeContainer(remove.containerId()));
        deleteFiles(pod, state, remove.containerId());
        yield false;
      }
      default -> false;
    };
  }

  /** What a container leaves on the node is of use as long as the container is known. */
  private void deleteFiles(@Nullable PodView pod, RuntimeState state, String containerId) {
    for (RuntimeDriver.Container container : state.containers()) {
      if (pod != null && container.id().equals(containerId)) {
        try {
          String name = container.name();
          LogRotation.delete(tools.paths().log(pod.id(), name, container.attempt()));
          Files.deleteIfExists(tools.paths().terminationLog(pod.id(), name, container.attempt()));
        } catch (IOException e) {
          log.warn("log not deleted container={} error={}", containerId, e.getMessage());
        }
      }
    }
  }

  private void operation(String name, Runnable call) {
    tools.operations().run(name, call);
  }

  private void finishDeletion(PodView pod, PodMemory memory, RuntimeState state) {
    if (memory.deletionAsked) {
      return;
    }
    PodId id = pod.id();
    PodPlan plan = new PodPlan(List.of(), Map.of(), null, null);
    statuses.writeNow(id, status(pod, memory, state, plan));
    probes.forget(id.uid());
    tools.volumes().remove(id.uid());
    client.delete(Resources.PODS, id.namespace(), id.name(), DeleteOptions.now(id.uid()));
    memory.deletionAsked = true;
    log.info("pod deleted pod={} uid={}", id, id.uid());
  }

  private void forget(PodId id) {
    probes.forget(id.uid());
    admission.over(id.uid());
    tools.hostPorts().withdraw(id.uid());
    tools.gate().release(id.uid());
    tools.objects().track(id.uid(), Set.of());
    tools.images().forget(id.uid());
    tools.volumes().remove(id.uid());
    try {
      FileTrees.delete(tools.paths().logs(id));
    } catch (IOException e) {
      log.warn("logs not deleted pod={} error={}", id, e.getMessage());
    }
    statuses.forget(id);
    memories.remove(id.uid());
    ids.remove(id.uid());
    seenNanos.remove(id.uid());
    configChanged.remove(id.uid());
  }

  private void tellBackOff(PodView pod, PodMemory memory, PodPlan plan) {
    plan.waiting()
        .forEach(
            (name, why) -> {
              boolean told = memory.status.toString().contains(why.message());
              if (why.reason().equals("CrashLoopBackOff") && !told) {
                tools
                    .events()
                    .warning(
                        pod,
                        "BackOff",
                        "Back-off restarting failed container "
                            + name
                            + " in pod "
                            + pod.id().described());
              }
            });
  }

  private void publish(PodView pod, PodMemory memory, RuntimeState state, PodPlan plan) {
    ObjectNode status = status(pod, memory, state, plan);
    boolean wasRunning = memory.status.path("phase").asText().equals("Running");
    memory.status = status;
    statuses.offer(pod.id(), status);
    Long seen = seenNanos.get(pod.id().uid());
    if (!wasRunning && status.path("phase").asText().equals("Running") && seen != null) {
      Timer.builder("kubelet_pod_start_duration_seconds")
          .register(registry)
          .record(environment.clock().nanos() - seen, TimeUnit.NANOSECONDS);
    }
  }

  private ObjectNode status(PodView pod, PodMemory memory, RuntimeState state, PodPlan plan) {
    Instant now = environment.clock().now();
    return new PodStatus(
            pod,
            state,
            plan.waiting(),
            probes.states(pod.id().uid()),
            memory.verdict(),
            memory.status,
            tools.config(),
            memory.startedAt(now),
            container ->
                memory
                    .lastWords()
                    .computeIfAbsent(
                        container.id(), i -> LastWords.of(pod, tools.paths(), container)),
            now)
        .build();
  }

  /** The pod of that uid, as its worker knows it. */
  Optional<PodView> known(String uid) {
    PodMemory memory = memories.get(uid);
    return memory == null ? Optional.empty() : Optional.ofNullable(memory.pod());
  }

  /** All pods that workers know. */
  List<PodView> known() {
    return memories.values().stream().map(PodMemory::pod).filter(Objects::nonNull).toList();
  }

  /** The volumes that were made for the pod of that uid. */
  Map<String, PodVolumes.Ready> volumes(String uid) {
    PodMemory memory = memories.get(uid);
    Map<String, PodVolumes.Ready> made = memory == null ? null : memory.volumes;
    return made == null ? Map.of() : made;
  }

  /** The pod of that name, as the agent knows it. */
  public Optional<PodView> find(String namespace, String name) {
    return pods.get(namespace, name).map(PodView::new);
  }

  /** Stops to work; what runs goes on. */
  @Override
  public void close() {
    closed = true;
    loop.close();
    statuses.close();
    view.close();
  }
}
