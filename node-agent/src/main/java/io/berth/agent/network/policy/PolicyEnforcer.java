package io.berth.agent.network.policy;

import io.berth.agent.network.Family;
import io.berth.agent.network.Machine;
import io.berth.agent.network.PodGate;
import io.berth.agent.process.Command;
import io.berth.agent.runtime.RuntimeDriverException;
import io.berth.api.object.ApiObject;
import io.berth.api.resource.Resources;
import io.berth.api.time.Environment;
import io.berth.api.time.Timers;
import io.berth.client.Informer;
import io.berth.client.Informers;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has the kernel let pass what network policies let pass to and from this node's pods, be they
 * containers or machines: watches policies, namespaces and all pods, and keeps nftables as they
 * say. Changes that come close together are one; each {@link #step} brings the kernel up to date.
 * Safe for use by many threads.
 */
public final class PolicyEnforcer implements PodGate, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(PolicyEnforcer.class);
  private static final Duration MERGE = Duration.ofMillis(10);
  private static final Duration RETRY = Duration.ofSeconds(2);
  private static final Duration RECHECK = Duration.ofSeconds(30);

  private final Environment environment;
  private final Command command;
  private final Informers informers;
  private final Informer policies;
  private final Informer namespaces;
  private final Informer pods;
  private final LinkLocalGuard guard;
  private final List<FilterTable> tables = new ArrayList<>();
  private final Timer duration;

  private final Object queueLock = new Object();
  private PolicyChanges changes = new PolicyChanges();
  private Timers.@Nullable Cancellable pending;
  private boolean closed;

  private final Object stepLock = new Object();
  private final PolicyModel model;
  private final LocalPods local;
  private volatile @Nullable String problem = "network policies are not read yet";

  /**
   * @param command runs {@code nft} where the pods' bridge is
   * @param informers shared; started by the caller
   * @param nodeName names the tables, and says which pods are local
   * @param podCidrs this node's pods; of which families they are says what is judged
   * @param bridge the pods' bridge
   * @param resolvers where this node answers DNS, at most one address of a family
   */
  public PolicyEnforcer(
      Environment environment,
      Command command,
      Informers informers,
      MeterRegistry metrics,
      String nodeName,
      List<String> podCidrs,
      String bridge,
      List<String> resolvers) {
    this(
        environment,
        command,
        informers,
        metrics,
        nodeName,
        podCidrs,
        bridge,
        resolvers,
        !Machine.filtersBridged());
  }

  /**
   * @param bridged whether what the bridge carries from pod to pod does not pass the rules for what
   *     is routed
   */
  PolicyEnforcer(
      Environment environment,
      Command command,
      Informers informers,
      MeterRegistry metrics,
      String nodeName,
      List<String> podCidrs,
      String bridge,
      List<String> resolvers,
      boolean bridged) {
    this.environment = environment;
    this.command = command;
    this.informers = informers;
    this.policies = informers.of(Resources.NETWORK_POLICIES);
    this.namespaces = informers.of(Resources.NAMESPACES);
    this.pods = informers.ofKept(Resources.PODS, SlimPod::of);
    this.guard = new LinkLocalGuard(command, nodeName, bridge);
    List<Family> families = podCidrs.stream().map(Family::of).distinct().toList();
    this.model = new PolicyModel(families, new Resolver(resolvers));
    this.local = new LocalPods(nodeName);
    for (Family family : families) {
      tables.add(table(new FilterRules("berth-policy-" + nodeName, family, false)));
      if (bridged) {
        String name = "berth-policy-" + nodeName + "-" + family.word;
        tables.add(table(new FilterRules(name, family, true)));
      }
    }
    this.duration =
        Timer.builder("networkpolicy.sync.rules.duration")
            .description("how long it took to bring the rules of network policies up to date")
            .register(metrics);
    Gauge.builder("networkpolicy.isolated.addresses", this, PolicyEnforcer::isolated)
        .description("addresses of this node's pods that network policies select")
        .register(metrics);
  }

  private FilterTable table(FilterRules rules) {
    return new FilterTable(script -> command.run(List.of("nft", "-f", "-"), script), rules);
  }

  private double isolated() {
    synchronized (stepLock) {
      return model.isolated();
    }
  }

  /** Begins; the first rules are there once everything is read. */
  public void start() {
    guard.ensure();
    policies.addHandler(new Queue(PolicyChanges::policy));
    namespaces.addHandler(new Queue(PolicyChanges::namespace));
    pods.addHandler(new Queue(PolicyChanges::pod));
    informers.whenSynced(() -> scheduleAfter(Duration.ZERO));
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
      tables.forEach(FilterTable::remove);
      guard.remove();
    }
  }

  @Override
  public void admit(ApiObject pod, List<String> addresses) {
    synchronized (stepLock) {
      if (!synced()) {
        throw new RuntimeDriverException("network policies are not read yet");
      }
      if (local.admit(SlimPod.of(pod), addresses, model) || problem != null) {
        step();
      }
      String now = problem;
      if (now != null) {
        throw new RuntimeDriverException(now);
      }
    }
  }

  @Override
  public void release(String uid) {
    synchronized (stepLock) {
      if (local.release(uid, model)) {
        scheduleAfter(MERGE);
      }
    }
  }

  /** Which object changed, and what it is now. */
  private interface Take {
    void into(PolicyChanges changes, ApiObject object, boolean gone);
  }

  private final class Queue implements Informer.Handler {
    private final Take take;

    Queue(Take take) {
      this.take = take;
    }

    @Override
    public void onAdd(ApiObject now) {
      put(now, false);
    }

    @Override
    public void onUpdate(ApiObject before, ApiObject now) {
      put(now, false);
    }

    @Override
    public void onDelete(ApiObject last) {
      put(last, true);
    }

    private void put(ApiObject object, boolean gone) {
      synchronized (queueLock) {
        take.into(changes, object, gone);
      }
      if (synced()) {
        scheduleAfter(MERGE);
      }
    }
  }

  private boolean synced() {
    return policies.synced() && namespaces.synced() && pods.synced();
  }

  private void scheduleAfter(Duration delay) {
    synchronized (queueLock) {
      if (!closed && pending == null) {
        pending = environment.timers().after(delay, this::step);
      }
    }
  }

  /** Takes what changed and brings the kernel up to date. */
  void step() {
    synchronized (stepLock) {
      PolicyChanges now;
      synchronized (queueLock) {
        if (pending != null) {
          pending.cancel();
          pending = null;
        }
        now = changes;
        changes = new PolicyChanges();
      }
      now.apply(model, local);
      try {
        duration.record(() -> tables.forEach(t -> t.apply(model.state(t.rules().family()))));
        problem = null;
      } catch (Command.FailedException e) {
        problem = "network policies: " + e.getMessage();
        log.warn("policy rules not applied error={}", e.getMessage());
        tables.forEach(FilterTable::forget);
        scheduleAfter(RETRY);
      }
      model.told();
    }
  }

  private void recheck() {
    synchronized (stepLock) {
      if (problem == null && !tables.stream().filter(FilterTable::made).allMatch(this::isThere)) {
        log.warn("policy rules are gone, made anew");
        tables.forEach(FilterTable::forget);
        scheduleAfter(Duration.ZERO);
      }
    }
    guard.ensure();
    synchronized (queueLock) {
      if (!closed) {
        environment.timers().after(RECHECK, this::recheck);
      }
    }
  }

  /** Whether the kernel still has the table; others may flush all rules. */
  private boolean isThere(FilterTable table) {
    String[] name = table.rules().name().split(" ", -1);
    return command
        .attempt(
            List.of("nft", "list", "chain", name[0], name[1], FilterRules.PROBE),
            "",
            Map.of(),
            RETRY)
        .succeeded();
  }
}
