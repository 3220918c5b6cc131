package io.berth.controllers.loop;

import io.berth.api.time.Environment;
import io.berth.client.ApiClient;
import io.berth.client.EventRecorder;
import io.berth.client.Informers;
import io.micrometer.core.instrument.MeterRegistry;

/**
 * What a controller gets to work with. Shared by all of them; safe for use by many threads.
 *
 * @param client writes, and the few reads that must not be stale
 * @param informers the process's shared copies
 * @param pods what controllers know of pods, beside the pod informer
 * @param environment time, timers, threads and chance
 * @param registry where loops report
 */
public record ControllerContext(
    ApiClient client,
    Informers informers,
    PodIndex pods,
    Environment environment,
    MeterRegistry registry) {

  /** A recorder whose events bear that component as their source. */
  public EventRecorder events(String component) {
    return new EventRecorder(client, environment, component, "");
  }
}
