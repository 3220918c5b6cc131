package io.berth.agent.pod;

/**
 * What the probes have found of one container.
 *
 * @param started whether its startup probe has succeeded, or there is none
 * @param ready whether its readiness probe succeeds, or there is none
 * @param failed the kind of probe ({@code liveness} or {@code startup}) that asks for its end, or
 *     empty
 */
public record ProbeState(boolean started, boolean ready, String failed) {}
