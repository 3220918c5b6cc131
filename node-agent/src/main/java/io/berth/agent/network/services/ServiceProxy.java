package io.berth.agent.network.services;

import io.berth.agent.network.Family;
import io.berth.agent.network.Machine;
import io.berth.agent.network.services.ServicePorts.Place;
import io.berth.agent.process.Command;
import io.berth.api.object.ApiObject;
import io.berth.api.object.ObjectKey;
import io.berth.api.resource.Resources;
import io.berth.api.time.Environment;
import io.berth.api.time.Timers;
import io.berth.client.EventRecorder;
import io.berth.client.Informer;
import io.berth.client.Informers;
import io.berth.client.Selection;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Forwards services on this node: watches services and endpoint slices, and keeps nftables as they
 * say. Changes that come close together are one; each {@link #step} brings the kernel up to date.
 * Safe for use by many threads.
 */
public final class ServiceProxy implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(ServiceProxy.class);
  private static final Duration MERGE = Duration.ofMillis(10);
  private static final Duration RETRY = Duration.ofSeconds(2);
  private static final Duration RECHECK = Duration.ofSeconds(30);
  private static final String BY_SERVICE = "service";
  private static final String SERVICE_LABEL = "kubernetes.io/service-name";
  private static final String ZONE = "topology.kubernetes.io/zone";

  /** The cluster's resolver: what is sent to it stays on the node, unless it has endpoints. */
  private static final String RESOLVER = "kube-system/kube-dns";

  private final Environment environment;
  private final Command command;
  private final Informers informers;
  private final Informer services;
  private final Informer slices;
  private final Informer nodes;
  private final EventRecorder events;
  private final String nodeName;
  private final String resolver;
  private final List<ServiceRules> rules;
  private final Map<Family, RuleTable> tables = new EnumMap<>(Family.class);
  private final Timer duration;

  private final Object queueLock = new Object();
  private final Set<String> changed = new HashSet<>();
  private Timers.@Nullable Cancellable pending;
  private boolean closed;

  private final Object stepLock = new Object();
  private final Map<String, List<ServicePort>> ports = new HashMap<>();
  private volatile String zone = "";
  private volatile @Nullable String problem = "services are not read yet";

  /**
   * @param informers shared; started by the caller
   * @param nodeName names the table, and says which endpoints are local
   * @param podCidrs this node's pods; of which families they are says which services count
   * @param bridge the pods' bridge
   * @param resolver where this node answers DNS
   */
  public ServiceProxy(
      Environment environment,
      Informers informers,
      EventRecorder events,
      MeterRegistry metrics,
      String nodeName,
      List<String> podCidrs,
      String bridge,
      String resolver) {
    this.environment = environment;
    this.command = new Command(environment);
    this.informers = informers;
    this.services = informers.of(Resources.SERVICES);
    this.slices = informers.of(Resources.ENDPOINT_SLICES);
    this.events = events;
    this.nodeName = nodeName;
    this.resolver = resolver;
    this.rules =
        podCidrs.stream()
            .map(
                cidr ->
                    new ServiceRules(
                        "berth-services-" + nodeName,
                        Family.of(cidr),
                        cidr,
                        bridge,
                        !Machine.filtersBridged()))
            .toList();
    rules.forEach(
        of ->
            tables.put(
                of.family(),
                new RuleTable(script -> command.run(List.of("nft", "-f", "-"), script), of)));
    this.nodes = informers.of(Resources.NODES, Selection.fields("metadata.name=" + nodeName));
    this.duration =
        Timer.builder("kubeproxy.sync.proxy.rules.duration")
            .description("how long it took to bring the service rules up to date")
            .register(metrics);
    slices.addIndex(BY_SERVICE, ServiceProxy::serviceOfSlice);
  }

  /** Begins; the first rules are there once services and slices are read. */
  public void start() {
    services.addHandler(new KeyHandler(now -> enqueue(nameOf(now))));
    slices.addHandler(new KeyHandler(now -> serviceOfSlice(now).forEach(this::enqueue)));
    nodes.addHandler(new KeyHandler(now -> zoneIs(now.header().labels().get(ZONE))));
    informers.whenSynced(this::schedule);
    environment.timers().after(RECHECK, this::recheck);
  }

  /** Null where the rules are as the objects say, else what is wrong. */
  public @Nullable String health() {
    return problem;
  }

  /** Stops following changes; the rules stay for the workloads. */
  @Override
  public void close() {
    synchronized (queueLock) {
      closed = true;
      if (pending != null) {
        pending.cancel();
      }
    }
  }

  /** Takes the rules away. */
  public void remove() {
    close();
    synchronized (stepLock) {
      tables.values().forEach(RuleTable::remove);
    }
  }

  /** Which endpoints are near is another thing from now on. */
  private void zoneIs(@Nullable String label) {
    String now = label == null ? "" : label;
    if (!now.equals(zone)) {
      zone = now;
      environment.executor().execute(() -> services.list().forEach(s -> enqueue(nameOf(s))));
    }
  }

  private static String nameOf(ApiObject service) {
    return service.key().namespace() + "/" + service.key().name();
  }

  private void enqueue(String service) {
    synchronized (queueLock) {
      changed.add(service);
    }
    if (services.synced() && slices.synced()) {
      schedule();
    }
  }

  private void schedule() {
    scheduleAfter(MERGE);
  }

  private void scheduleAfter(Duration delay) {
    synchronized (queueLock) {
      if (!closed && pending == null) {
        pending = environment.timers().after(delay, this::step);
      }
    }
  }

  /** Reads what changed and brings the kernel up to date. */
  void step() {
    Set<String> keys;
    synchronized (queueLock) {
      pending = null;
      keys = new HashSet<>(changed);
      changed.clear();
    }
    synchronized (stepLock) {
      Map<String, List<ServicePort>> read = new HashMap<>();
      List<List<String>> stale = new ArrayList<>();
      for (String key : keys) {
        List<ServicePort> now = read(key);
        List<ServicePort> before = now.isEmpty() ? ports.remove(key) : ports.put(key, now);
        read.put(key, now);
        stale.addAll(UdpFlows.stale(before == null ? List.of() : before, now));
      }
      apply(read, stale);
    }
  }

  private void apply(Map<String, List<ServicePort>> changed, List<List<String>> staleFlows) {
    try {
      duration.record(
          () ->
              rules.forEach(
                  of -> {
                    Map<String, ServiceElements> elements = new HashMap<>();
                    changed.forEach((key, now) -> elements.put(key, of.of(now)));
                    table(of).apply(elements);
                  }));
      staleFlows.forEach(this::forgetFlows);
      problem = null;
      log.debug("service rules services={} changed={}", ports.size(), changed.size());
    } catch (Command.FailedException e) {
      problem = "service rules: " + e.getMessage();
      log.warn("service rules not applied error={}", e.getMessage());
      tables.values().forEach(RuleTable::forget);
      scheduleAfter(RETRY);
    }
  }

  private RuleTable table(ServiceRules of) {
    return Objects.requireNonNull(tables.get(of.family()));
  }

  /** conntrack fails where there is no such flow. */
  private void forgetFlows(List<String> arguments) {
    List<String> line = new ArrayList<>(List.of("conntrack"));
    line.addAll(arguments);
    command.attempt(line, "", Map.of(), RETRY);
  }

  private List<ServicePort> read(String key) {
    String[] parts = key.split("/", -1);
    ApiObject object = services.get(parts[0], parts[1]).orElse(null);
    if (object == null) {
      return List.of();
    }
    Service service = object.as(Service.class);
    for (ServicePorts.NotSupported field : ServicePorts.notSupported(service, tables.keySet())) {
      events.event(object, "Warning", "NotSupported", field.fieldPath() + ": " + field.why());
    }
    List<EndpointSlice> its =
        slices.byIndex(BY_SERVICE, key).stream().map(s -> s.as(EndpointSlice.class)).toList();
    List<ServicePort> found = ServicePorts.of(service, its, new Place(nodeName, zone));
    return key.equals(RESOLVER) ? ServicePorts.orElse(found, resolver) : found;
  }

  private void recheck() {
    synchronized (stepLock) {
      if (problem == null && !rules.stream().allMatch(this::isThere)) {
        log.warn("service rules are gone, made anew node={}", nodeName);
        tables.values().forEach(RuleTable::forget);
        schedule();
      }
    }
    synchronized (queueLock) {
      if (!closed) {
        environment.timers().after(RECHECK, this::recheck);
      }
    }
  }

  /** Whether the kernel still has the table; others may flush all rules. */
  private boolean isThere(ServiceRules of) {
    return command
        .attempt("nft", "list", "chain", of.family().word, of.table(), "dispatch")
        .succeeded();
  }

  private static Collection<String> serviceOfSlice(ApiObject slice) {
    String name = slice.header().labels().get(SERVICE_LABEL);
    ObjectKey key = slice.key();
    return name == null ? List.of() : List.of(key.namespace() + "/" + name);
  }
}
