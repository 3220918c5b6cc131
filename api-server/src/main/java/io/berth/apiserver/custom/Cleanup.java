package io.berth.apiserver.custom;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.object.ApiObject;
import io.berth.api.resource.CustomResources;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.resource.Resources;
import io.berth.api.time.Environment;
import io.berth.api.transport.ApiException;
import io.berth.api.transport.ApiRequest;
import io.berth.apiserver.cache.WatchCache;
import io.berth.apiserver.registry.Meta;
import io.berth.apiserver.server.LocalCalls;
import io.berth.apiserver.server.Verb;
import io.berth.apiserver.store.StoreException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Deletes the objects of definitions that are being deleted, then lets these go. */
final class Cleanup {
  /** Held by every definition while it has objects. */
  static final String FINALIZER = "customresourcecleanup.apiextensions.k8s.io";

  private static final Logger log = LoggerFactory.getLogger(Cleanup.class);
  private static final ResourceDefinition CRDS = Resources.CUSTOM_RESOURCE_DEFINITIONS;
  private static final Duration LOOK_AGAIN = Duration.ofMillis(500);

  private final WatchCache cache;
  private final Environment environment;
  private final LocalCalls calls;
  private final Set<String> running = ConcurrentHashMap.newKeySet();

  Cleanup(WatchCache cache, Environment environment, LocalCalls calls) {
    this.cache = cache;
    this.environment = environment;
    this.calls = calls;
  }

  /** Goes on until the definition is gone; a second call for it does nothing. */
  void begin(String name, JsonNode crd) {
    if (Meta.finalizers(crd).contains(FINALIZER) && running.add(name)) {
      environment.executor().execute(() -> run(name, crd));
    }
  }

  private void run(String name, JsonNode crd) {
    boolean done = false;
    try {
      done = step(name, crd);
    } catch (ApiException e) {
      done = e.isNotFound();
      log.warn("objects of definition not deleted yet name={} cause={}", name, e.getMessage());
    } catch (StoreException e) {
      log.warn("objects of definition not deleted yet name={} cause={}", name, e.getMessage());
    }
    if (done) {
      running.remove(name);
    } else {
      environment.timers().after(LOOK_AGAIN, () -> run(name, crd));
    }
  }

  /** Whether nothing is left. */
  private boolean step(String name, JsonNode crd) {
    ResourceDefinition resource = CustomResources.stored(crd);
    cache.freshRevision();
    List<ApiObject> objects = cache.list(resource.groupResource(), null).objects();
    for (ApiObject object : objects) {
      if (!object.header().deleting()) {
        delete(resource, object);
      }
    }
    cache.freshRevision();
    if (!cache.list(resource.groupResource(), null).objects().isEmpty()) {
      return false;
    }
    release(name);
    log.info("objects of definition deleted name={} count={}", name, objects.size());
    return true;
  }

  /** By any served version; where none is served, by a request that its kind's rules take. */
  private void delete(ResourceDefinition resource, ApiObject object) {
    String namespace = object.key().namespace();
    String name = object.key().name();
    try {
      calls.ask(
          ApiRequest.delete(resource.path(namespace, name)),
          Verb.DELETE,
          resource,
          namespace,
          name,
          "");
    } catch (ApiException e) {
      if (!e.isNotFound() && !e.isConflict()) {
        throw e;
      }
    }
  }

  private void release(String name) {
    ObjectNode crd =
        (ObjectNode)
            Json.parse(
                calls
                    .ask(ApiRequest.get(CRDS.path(null, name)), Verb.GET, CRDS, "", name, "")
                    .body());
    List<String> finalizers = new ArrayList<>(Meta.finalizers(crd));
    if (!finalizers.remove(FINALIZER)) {
      return;
    }
    Meta.setFinalizers(crd, finalizers);
    calls.ask(
        ApiRequest.put(CRDS.path(null, name), Json.bytes(crd)), Verb.UPDATE, CRDS, "", name, "");
  }
}
