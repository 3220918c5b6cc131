package io.berth.scheduler.loop;

/**
 * The scheduler's settings.
 *
 * @param schedulerName pods that name this scheduler are its own
 * @param maxBindingsInFlight how many bindings may wait for the API server's answer before no
 *     further pod is decided
 */
public record SchedulerConfig(String schedulerName, int maxBindingsInFlight) {
  public static final SchedulerConfig DEFAULT = new SchedulerConfig("default-scheduler", 128);
}
