package io.berth.agent.probe;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.agent.pod.ContainerDef;
import io.berth.agent.pod.PodProbes;
import io.berth.agent.pod.PodView;
import io.berth.agent.pod.ProbeState;
import io.berth.agent.pod.RuntimeState;
import io.berth.agent.runtime.RuntimeDriver;
import io.berth.agent.runtime.RuntimeDriver.Container;
import io.berth.agent.runtime.RuntimeDriver.ContainerState;
import io.berth.api.time.Environment;
import io.berth.client.EventRecorder;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;

/** The probes of all containers that run on this node. Safe for use by many threads. */
public final class Probes implements PodProbes, AutoCloseable {
  private final Environment environment;
  private final ProbeRunner runner;
  private final EventRecorder events;
  private final MeterRegistry registry;

  /** By pod uid and container id. */
  private final Map<String, Map<String, ContainerProbes>> pods = new HashMap<>();

  private Consumer<String> changed = uid -> {};
  private boolean closed;

  public Probes(
      Environment environment, ProbeRunner runner, EventRecorder events, MeterRegistry registry) {
    this.environment = environment;
    this.runner = runner;
    this.events = events;
    this.registry = registry;
  }

  /** Has the listener told the uid of each pod for which a probe changes something. */
  public synchronized void onChange(Consumer<String> listener) {
    changed = listener;
  }

  @Override
  public synchronized void sync(
      PodView pod, RuntimeState state, RuntimeDriver driver, String podIp) {
    if (closed) {
      return;
    }
    Map<String, ContainerProbes> running =
        pods.computeIfAbsent(pod.id().uid(), uid -> new TreeMap<>());
    Set<String> wanted = new HashSet<>();
    for (ContainerDef def : pod.all()) {
      if (def.init() && !def.sidecar()) {
        continue;
      }
      state
          .latest(def.name())
          .filter(c -> c.state() == ContainerState.RUNNING && hasProbes(def))
          .ifPresent(
              container -> {
                wanted.add(container.id());
                if (!running.containsKey(container.id())) {
                  ContainerProbes probes = begin(pod, def, container, driver, podIp);
                  running.put(container.id(), probes);
                  probes.start();
                }
                if (pod.deleting()) {
                  Objects.requireNonNull(running.get(container.id())).onlyReadiness();
                }
              });
    }
    running
        .entrySet()
        .removeIf(
            entry -> {
              boolean over = !wanted.contains(entry.getKey());
              if (over) {
                entry.getValue().close();
              }
              return over;
            });
  }

  private static boolean hasProbes(ContainerDef def) {
    return def.hasProbe("livenessProbe")
        || def.hasProbe("readinessProbe")
        || def.hasProbe("startupProbe");
  }

  private ContainerProbes begin(
      PodView pod, ContainerDef def, Container container, RuntimeDriver driver, String podIp) {
    ProbeRunner.Target target = new ProbeRunner.Target(driver, container.id(), podIp, def.json());
    return new ContainerProbes(
        environment,
        runner,
        new ContainerProbes.Listener() {
          @Override
          public void changed() {
            Probes.this.tell(pod.id().uid());
          }

          @Override
          public void result(String kind, ProbeRunner.Result result) {
            count(pod, def, kind, result.success());
            if (!result.success()) {
              tell("Unhealthy", kind + " probe failed: " + result.message());
            } else if (result.warning()) {
              tell("ProbeWarning", kind + " probe warning: " + result.message());
            }
          }

          private void tell(String reason, String message) {
            events.event(pod.object(), "Warning", reason, message);
          }
        },
        target,
        container.startedAt() == null ? environment.clock().now() : container.startedAt(),
        before(pod, container));
  }

  private void count(PodView pod, ContainerDef def, String kind, boolean success) {
    registry
        .counter(
            "prober_probe_total",
            "probe_type",
            kind,
            "result",
            success ? "successful" : "failed",
            "container",
            def.name(),
            "pod",
            pod.id().name(),
            "pod_uid",
            pod.id().uid(),
            "namespace",
            pod.id().namespace())
        .increment();
  }

  /** What an agent before this one found: a restart of the agent makes no container unready. */
  private static ProbeState before(PodView pod, Container container) {
    for (String list : new String[] {"containerStatuses", "initContainerStatuses"}) {
      for (JsonNode status : pod.status().path(list)) {
        if (status.path("containerID").asText().endsWith("://" + container.id())) {
          return new ProbeState(
              status.path("started").asBoolean(), status.path("ready").asBoolean(), "");
        }
      }
    }
    return new ProbeState(false, false, "");
  }

  private void tell(String uid) {
    Consumer<String> listener;
    synchronized (this) {
      listener = changed;
    }
    listener.accept(uid);
  }

  @Override
  public synchronized Map<String, ProbeState> states(String podUid) {
    Map<String, ProbeState> states = new TreeMap<>();
    pods.getOrDefault(podUid, Map.of()).forEach((id, probes) -> states.put(id, probes.state()));
    return states;
  }

  @Override
  public synchronized void forget(String podUid) {
    Map<String, ContainerProbes> gone = pods.remove(podUid);
    registry.getMeters().stream()
        .filter(meter -> podUid.equals(meter.getId().getTag("pod_uid")))
        .forEach(registry::remove);
    if (gone != null) {
      gone.values().forEach(ContainerProbes::close);
    }
  }

  @Override
  public synchronized void close() {
    closed = true;
    pods.values().forEach(all -> all.values().forEach(ContainerProbes::close));
    pods.clear();
  }
}
