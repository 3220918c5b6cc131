package io.berth.controllers.endpoints;

import io.berth.api.object.ApiObject;
import io.berth.api.object.ObjectKey;
import io.berth.api.resource.Resources;
import io.berth.client.Informer;
import io.berth.controllers.loop.Changes;
import io.berth.controllers.loop.ControllerContext;
import io.berth.controllers.loop.Memo;
import io.berth.controllers.loop.PodIndex;
import io.berth.controllers.loop.WatchedLoop;
import io.berth.controllers.object.PodFacts;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * Services and the pods behind them, and who is to look when they change. A Service with many pods
 * is looked at a little later, so that many changes become one write.
 */
final class ServiceWatch {
  /** Up to so many pods a change is looked at at once. */
  private static final int SMALL = 100;

  private static final int PODS_A_MILLISECOND = 10;

  private final PodIndex pods;
  private final Informer services;
  private final Memo<ServiceFacts> facts;
  private final ConcurrentMap<ObjectKey, Integer> sizes = new ConcurrentHashMap<>();
  private final WatchedLoop<ObjectKey> loop;

  ServiceWatch(ControllerContext context, WatchedLoop<ObjectKey> loop) {
    this.pods = context.pods();
    this.loop = loop;
    this.services = context.informers().of(Resources.SERVICES);
    this.facts = new Memo<>(services, ServiceFacts::of);
    Changes.each(services, service -> loop.add(service.key()));
    Changes.deleted(services, service -> sizes.remove(service.key()));
    Changes.eachAndBefore(pods.informer(), this::podChanged);
  }

  private void podChanged(ApiObject pod) {
    for (ApiObject service : services.inNamespace(pod.key().namespace())) {
      if (facts.of(service).selects(pod.header().labels())) {
        int size = sizes.getOrDefault(service.key(), 0);
        if (size <= SMALL) {
          loop.add(service.key());
        } else {
          loop.addAfter(service.key(), Duration.ofMillis(size / PODS_A_MILLISECOND));
        }
      }
    }
  }

  static ObjectKey key(String namespace, String name) {
    return ObjectKey.of(Resources.SERVICES.groupResource(), namespace, name);
  }

  Optional<ServiceFacts> service(ObjectKey key) {
    return services.get(key.namespace(), key.name()).map(facts::of);
  }

  /** The pods that the Service selects, in the order of their names. */
  List<PodFacts> pods(ServiceFacts service) {
    List<PodFacts> selected =
        pods.inNamespace(service.namespace()).stream()
            .filter(pod -> service.selects(pod.labels()))
            .toList();
    sizes.put(service.object().key(), selected.size());
    return selected;
  }
}
