package io.berth.agent.stats;

import io.berth.agent.cgroup.CgroupReader;
import io.berth.agent.cgroup.CgroupUsage;
import io.berth.agent.cgroup.PodCgroups;
import io.berth.agent.pod.PodView;
import io.berth.agent.pod.RuntimeView;
import io.berth.agent.runtime.RuntimeDriver;
import io.berth.agent.runtime.RuntimeDriver.Container;
import io.berth.agent.runtime.RuntimeDriver.ContainerUsage;
import io.berth.agent.runtime.RuntimeDriver.Sandbox;
import io.berth.agent.runtime.RuntimeDriverException;
import io.berth.agent.stats.Sample.OfContainer;
import io.berth.agent.stats.Sample.OfPod;
import io.berth.agent.stats.Sample.Use;
import io.berth.api.object.QosClass;
import io.berth.api.time.Environment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Reads what the node, its pods and their containers use. {@link #step} is one look, a few small
 * files a container; the newest is there for many threads.
 */
public final class Sampler {
  private static final String NODE = "";
  private static final long LEAST_WINDOW_NANOS = 1_000_000_000L;

  /** What was read of something the last time. */
  private record Past(long nanos, long cpuNanos) {}

  private final Environment environment;
  private final CgroupReader reader;
  private final PodCgroups groups;
  private final ProcFiles proc;
  private final RuntimeView view;
  private final Function<String, Optional<PodView>> pods;
  private Map<String, Past> past = Map.of();
  private volatile long changesSeen = -1;
  private volatile Sample last = Sample.NONE;

  /**
   * @param pods by uid, those that the API has
   */
  public Sampler(
      Environment environment,
      PodCgroups groups,
      ProcFiles proc,
      RuntimeView view,
      Function<String, Optional<PodView>> pods) {
    this.environment = environment;
    this.reader = new CgroupReader(groups.tree());
    this.groups = groups;
    this.proc = proc;
    this.view = view;
    this.pods = pods;
  }

  /** What was seen last. */
  public Sample last() {
    return last;
  }

  /** Whether nothing that runs has changed since, as far as the agent knows. */
  boolean current() {
    return changesSeen == view.changes();
  }

  /** Looks. */
  public synchronized Sample step() {
    Map<String, Past> now = new HashMap<>();
    Use node = use(NODE, proc.usage(), now);
    Map<String, OfPod> found = new HashMap<>();
    Map<RuntimeDriver, Map<String, ContainerUsage>> told = new HashMap<>();
    long changes = view.changes();
    view.last()
        .pods()
        .forEach(
            (uid, observed) -> {
              RuntimeDriver driver = observed.driver();
              Sandbox sandbox = observed.state().ready().orElse(null);
              if (driver != null && sandbox != null) {
                QosClass qos = pods.apply(uid).map(PodView::qos).orElse(QosClass.BURSTABLE);
                String group = groups.group(qos, uid);
                List<OfContainer> containers = new ArrayList<>();
                for (Container container : observed.state().alive()) {
                  if (container.sandboxId().equals(sandbox.id())) {
                    OfContainer one = container(driver, container, group, told, now);
                    if (one != null) {
                      containers.add(one);
                    }
                  }
                }
                CgroupUsage whole = reader.usage(group);
                Use use = whole == null ? null : use(group, whole, now);
                found.put(uid, new OfPod(driver, sandbox, group, use, List.copyOf(containers)));
              }
            });
    past = now;
    changesSeen = changes;
    last = new Sample(node.at(), node, Map.copyOf(found));
    return last;
  }

  private @Nullable OfContainer container(
      RuntimeDriver driver,
      Container container,
      String podGroup,
      Map<RuntimeDriver, Map<String, ContainerUsage>> told,
      Map<String, Past> now) {
    String group = podGroup + "/" + container.id();
    CgroupUsage usage = reader.usage(group);
    if (usage != null) {
      return new OfContainer(container, group, use(container.id(), usage, now));
    }
    ContainerUsage own = told.computeIfAbsent(driver, Sampler::ask).get(container.id());
    if (own == null) {
      return null;
    }
    CgroupUsage all =
        new CgroupUsage(
            own.cpuNanos(), own.memoryBytes(), own.memoryBytes(), -1, -1, -1, 0, -1, -1);
    return new OfContainer(container, "", use(container.id(), all, now));
  }

  private static Map<String, ContainerUsage> ask(RuntimeDriver driver) {
    Map<String, ContainerUsage> usage = new HashMap<>();
    try {
      driver.usage().forEach(own -> usage.put(own.containerId(), own));
    } catch (RuntimeDriverException e) {
      return usage; // the node's health says it
    }
    return usage;
  }

  private Use use(String key, CgroupUsage usage, Map<String, Past> now) {
    long nanos = environment.clock().nanos();
    Past before = past.get(key);
    now.put(key, new Past(nanos, usage.cpuNanos()));
    long window = before == null ? 0 : nanos - before.nanos();
    long used = before == null ? 0 : usage.cpuNanos() - before.cpuNanos();
    if (window > 0 && window < LEAST_WINDOW_NANOS && before != null) {
      now.put(key, before); // a rate over less would jump about
    }
    long rate = window <= 0 || used < 0 ? -1 : (long) (used * (1e9 / window));
    return new Use(environment.clock().now(), usage, rate, window);
  }
}
