package io.berth.agent.pod;

import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * All that a decision about a pod depends on.
 *
 * @param pod what is wanted; null for what runs although the agent never knew its pod
 * @param gone whether the API no longer has the pod
 * @param state what runs
 * @param probes by container id
 * @param history what is remembered
 * @param orphanGraceSeconds the grace of a pod that only the runtime knows
 * @param now wall-clock time
 * @param nowNanos monotonic time
 */
public record PodSnapshot(
    @Nullable PodView pod,
    boolean gone,
    RuntimeState state,
    Map<String, ProbeState> probes,
    PodHistory history,
    long orphanGraceSeconds,
    Instant now,
    long nowNanos) {}
