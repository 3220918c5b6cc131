package io.berth.controllers.loop;

import io.berth.api.object.ApiObject;
import io.berth.api.resource.GroupResource;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.resource.Resources;
import io.berth.api.time.Environment;
import io.berth.api.transport.ApiException;
import io.berth.client.Informer;
import io.berth.client.Informers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells which resources further API servers serve, each once. What a server that is away served
 * stays until it can be asked again. Looks when an APIService changes, and every {@link #EVERY}
 * while there are such servers, since what they serve may change without a word. Nothing is looked
 * at before {@link #start}. Safe for use by many threads.
 */
public final class DelegatedResourceWatch {
  private static final Logger log = LoggerFactory.getLogger(DelegatedResourceWatch.class);

  static final Duration EVERY = Duration.ofSeconds(30);

  private record Follower(
      Consumer<ResourceDefinition> added, Consumer<ResourceDefinition> removed) {}

  private final Environment environment;
  private final Informer services;
  private final DelegatedDiscovery discovery;
  private final Supplier<List<ResourceDefinition>> known;
  private final List<Follower> followers = new ArrayList<>();
  private final Map<GroupResource, ResourceDefinition> resources = new HashMap<>();
  private boolean started;
  private boolean expected;
  private boolean closed;

  /**
   * @param known what is served without them
   */
  public DelegatedResourceWatch(
      Informers informers,
      Environment environment,
      DelegatedDiscovery discovery,
      Supplier<List<ResourceDefinition>> known) {
    this.environment = environment;
    this.services = informers.of(Resources.API_SERVICES);
    this.discovery = discovery;
    this.known = known;
    // Not within the handler: followers begin and end other informers.
    Changes.each(services, any -> environment.executor().execute(this::step));
    Changes.deleted(services, any -> environment.executor().execute(this::step));
  }

  /** From now on tells of every resource that comes and goes. */
  public synchronized void follow(
      Consumer<ResourceDefinition> added, Consumer<ResourceDefinition> removed) {
    followers.add(new Follower(added, removed));
    resources.values().forEach(added);
  }

  public void start() {
    synchronized (this) {
      started = true;
    }
    environment.executor().execute(this::step);
  }

  public synchronized void close() {
    closed = true;
  }

  private synchronized void step() {
    if (!started || closed) {
      return;
    }
    boolean some = services.list().stream().anyMatch(DelegatedResourceWatch::isElsewhere);
    try {
      publish(some ? discovery.find(known.get()) : DelegatedDiscovery.Found.NOTHING);
    } catch (ApiException e) {
      log.warn("discovery failed cause={}", e.getMessage());
    }
    if (some && !expected) {
      expected = true;
      environment.timers().after(EVERY, this::again);
    }
  }

  private synchronized void again() {
    expected = false;
    step();
  }

  private static boolean isElsewhere(ApiObject service) {
    return service.tree().path("spec").path("service").isObject();
  }

  private void publish(DelegatedDiscovery.Found found) {
    Map<GroupResource, ResourceDefinition> now = new HashMap<>();
    found.resources().forEach(resource -> now.put(resource.groupResource(), resource));
    Set<String> away = new HashSet<>(found.unknown());
    for (ResourceDefinition before : List.copyOf(resources.values())) {
      if (away.contains(before.apiVersion())) {
        now.putIfAbsent(before.groupResource(), before);
      }
      if (!before.equals(now.get(before.groupResource()))) {
        resources.remove(before.groupResource());
        followers.forEach(follower -> follower.removed().accept(before));
      }
    }
    now.forEach(
        (key, resource) -> {
          if (resources.putIfAbsent(key, resource) == null) {
            followers.forEach(follower -> follower.added().accept(resource));
          }
        });
  }
}
