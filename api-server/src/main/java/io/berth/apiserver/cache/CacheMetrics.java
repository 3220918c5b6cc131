package io.berth.apiserver.cache;

import io.berth.api.resource.GroupResource;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;

/** The cache's figures, under the names that Kubernetes' dashboards expect. */
final class CacheMetrics {
  private final MeterRegistry meters;
  private final Set<GroupResource> known = new ConcurrentSkipListSet<>();

  CacheMetrics(MeterRegistry meters) {
    this.meters = meters;
  }

  /** Registers the figures of resources that have come up. */
  void update(Map<GroupResource, ResourceCache> caches) {
    caches.forEach(
        (resource, cache) -> {
          if (known.add(resource)) {
            register(resource.toString(), cache);
          }
        });
  }

  private void register(String resource, ResourceCache cache) {
    Gauge.builder("apiserver_storage_objects", cache, ResourceCache::size)
        .description("Objects stored, by resource")
        .tag("resource", resource)
        .register(meters);
    Gauge.builder("apiserver_longrunning_watchers", cache, ResourceCache::watching)
        .description("Watches of clients on the cache, by resource")
        .tag("resource", resource)
        .register(meters);
    FunctionCounter.builder("apiserver_terminated_watchers_total", cache, ResourceCache::cut)
        .description("Watches cut because they did not keep up, by resource")
        .tag("resource", resource)
        .register(meters);
  }
}
