package io.berth.agent.pod;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.agent.runtime.RuntimeDriver.Container;
import io.berth.agent.volumes.PodVolumes;
import io.berth.api.codec.Json;
import io.berth.api.object.Times;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * What the agent remembers of one pod. Only the pod's worker touches it, except {@link #stops},
 * which the tasks that stop containers change, too. After a restart of the agent it begins with
 * what the API and the runtime know.
 */
final class PodMemory {
  private final Map<String, BackOffState> backOffs = new HashMap<>();
  private final Map<String, Long> endsSeen = new HashMap<>();
  final Map<String, Long> stops = new ConcurrentHashMap<>();
  final Map<String, Blocked> blocked = new HashMap<>();
  private final Map<String, Integer> pastExits = new HashMap<>();
  private final Map<String, Integer> attempts = new HashMap<>();
  private final Map<String, String> lastWords = new HashMap<>();
  final Set<String> stoppedSandboxes = new HashSet<>();
  private int sandboxAttempt = -1;
  private @Nullable Long deletionSeenNanos;
  private volatile @Nullable PodView pod;
  private long orphanGraceSeconds = 30;
  private @Nullable Verdict verdict;
  private @Nullable Instant startedAt;
  private boolean checked;
  private List<String> notHandled = List.of();

  /** The status as last built, or as the API had it at first. */
  ObjectNode status = Json.object();

  /** Whether it was decided that the pod may run here. */
  boolean admitted;

  /** Whether the API was told to remove the pod. */
  boolean deletionAsked;

  /** The volumes as last made; null before that and after a change of what they are made of. */
  volatile @Nullable Map<String, PodVolumes.Ready> volumes;

  @Nullable PodView pod() {
    return pod;
  }

  /** Takes the newest version of the pod. */
  void take(PodView now) {
    if (pod == null) {
      begin(now);
    }
    pod = now;
    if (!checked) {
      checked = true;
      notHandled = HandledFields.notHandled(now);
    }
  }

  /** Whether anything of the pod ever ran here, as far as is known. */
  boolean begun() {
    return !attempts.isEmpty();
  }

  /** What the spec asks for beyond what the agent can do. */
  List<String> notHandled() {
    return notHandled;
  }

  private void begin(PodView now) {
    if (now.status() instanceof ObjectNode before) {
      status = before.deepCopy();
    }
    String started = now.status().path("startTime").asText();
    if (!started.isEmpty()) {
      startedAt = Times.parse(started);
    }
    if (now.terminal()) {
      JsonNode json = now.status();
      verdict =
          Verdict.told(
              json.path("phase").asText(),
              json.path("reason").asText(),
              json.path("message").asText());
    }
    for (ContainerDef.Kind kind : ContainerDef.Kind.values()) {
      now.status().path(kind.statuses()).forEach(this::begin);
    }
  }

  private void begin(JsonNode container) {
    if (container.path("containerID").asText().isEmpty()) {
      return;
    }
    String name = container.path("name").asText();
    attempts.put(name, container.path("restartCount").asInt());
    JsonNode ended = container.path("state").path("terminated");
    // What ran and is no longer known has ended without a code of its own.
    pastExits.put(name, ended.isObject() ? ended.path("exitCode").asInt() : 137);
  }

  /** Takes what was observed. */
  void observe(RuntimeState state, long nowNanos) {
    Set<String> ids = new HashSet<>();
    for (Container container : state.containers()) {
      ids.add(container.id());
      attempts.merge(container.name(), container.attempt(), Math::max);
      if (PodDecider.ended(container)) {
        endsSeen.putIfAbsent(container.id(), nowNanos);
        stops.remove(container.id());
      }
    }
    for (String name : attempts.keySet()) {
      state
          .latest(name)
          .filter(PodDecider::ended)
          .ifPresent(c -> pastExits.put(name, c.exitCode()));
    }
    endsSeen.keySet().retainAll(ids);
    lastWords.keySet().retainAll(ids);
    stops.keySet().retainAll(ids);
    state.sandboxes().forEach(s -> sandboxAttempt = Math.max(sandboxAttempt, s.attempt()));
    if (pod == null) {
      state.sandboxes().stream()
          .map(s -> s.annotations().getOrDefault(Specs.GRACE, "30"))
          .findFirst()
          .ifPresent(text -> orphanGraceSeconds = Long.parseLong(text));
    }
  }

  void deletionSeen(long nowNanos) {
    if (deletionSeenNanos == null) {
      deletionSeenNanos = nowNanos;
    }
  }

  void started(ContainerDef def, int attempt, BackOffState backOff) {
    attempts.merge(def.name(), attempt, Math::max);
    backOffs.put(def.name(), backOff);
  }

  void sandboxMade(int attempt) {
    sandboxAttempt = Math.max(sandboxAttempt, attempt);
  }

  Instant startedAt(Instant now) {
    if (startedAt == null) {
      startedAt = now;
    }
    return startedAt;
  }

  /** Whether the end is new. */
  boolean end(@Nullable Verdict end) {
    if (end == null || verdict != null) {
      return false;
    }
    verdict = end;
    return true;
  }

  @Nullable Verdict verdict() {
    return verdict;
  }

  Map<String, String> lastWords() {
    return lastWords;
  }

  PodSnapshot snapshot(
      boolean gone,
      RuntimeState state,
      Map<String, ProbeState> probes,
      Instant now,
      long nowNanos) {
    PodHistory history =
        new PodHistory(
            Map.copyOf(backOffs),
            Map.copyOf(endsSeen),
            Map.copyOf(stops),
            Map.copyOf(blocked),
            Map.copyOf(pastExits),
            Map.copyOf(attempts),
            sandboxAttempt,
            Set.copyOf(stoppedSandboxes),
            deletionSeenNanos == null ? nowNanos : deletionSeenNanos,
            startedAt,
            verdict);
    return new PodSnapshot(pod, gone, state, probes, history, orphanGraceSeconds, now, nowNanos);
  }
}
