package io.berth.controllers.endpoints;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.object.ApiObject;
import io.berth.api.object.ObjectKey;
import io.berth.api.resource.Resources;
import io.berth.api.transport.ApiException;
import io.berth.client.ApiClient;
import io.berth.client.DeleteOptions;
import io.berth.client.Informer;
import io.berth.client.Outcome;
import io.berth.controllers.loop.Changes;
import io.berth.controllers.loop.Controller;
import io.berth.controllers.loop.ControllerContext;
import io.berth.controllers.loop.WatchedLoop;
import io.berth.controllers.object.LatestWrites;
import io.berth.controllers.object.Reading;
import io.berth.controllers.object.Refusals;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;

/**
 * Keeps the Endpoints object of every Service that has a selector. One step: {@link #reconcile};
 * what it decides is in {@link EndpointsTree}.
 */
public final class EndpointsController implements Controller {
  private static final String MANAGED_BY = "endpoints.kubernetes.io/managed-by";
  private static final String MANAGER = "endpoint-controller";

  private final ApiClient client;
  private final Informer endpoints;
  private final LatestWrites latest = new LatestWrites();
  private final ServiceWatch services;
  private final WatchedLoop<ObjectKey> loop;

  public EndpointsController(ControllerContext context, int workers) {
    this.client = context.client();
    this.endpoints = context.informers().of(Resources.ENDPOINTS);
    this.loop = new WatchedLoop<>(name(), context, workers, this::reconcile);
    this.services = new ServiceWatch(context, loop);
    Changes.deleted(endpoints, object -> latest.gone(object.header().uid()));
    Changes.each(
        endpoints,
        object -> loop.add(ServiceWatch.key(object.key().namespace(), object.key().name())));
  }

  Outcome reconcile(ObjectKey key) {
    Optional<ApiObject> existing = newest(key);
    ServiceFacts service = services.service(key).orElse(null);
    if (service == null) {
      existing.filter(EndpointsController::managed).ifPresent(this::delete);
      return Outcome.done();
    }
    if (!service.selected() || service.object().header().deleting()) {
      return Outcome.done();
    }
    SortedMap<String, String> labels = service.labels();
    labels.put(MANAGED_BY, MANAGER);
    JsonNode subsets =
        Json.parse(Json.bytes(EndpointsTree.subsets(service, services.pods(service))));
    if (existing.isEmpty()) {
      create(key, labels, subsets);
    } else {
      update(existing.get(), labels, subsets);
    }
    return Outcome.done();
  }

  /** The object as it is shown, or as it was last written here where that is newer. */
  private Optional<ApiObject> newest(ObjectKey key) {
    List<ApiObject> shown = endpoints.get(key.namespace(), key.name()).stream().toList();
    return latest.current(key.namespacedName(), shown).stream().findFirst();
  }

  private static boolean managed(ApiObject object) {
    return MANAGER.equals(object.header().labels().get(MANAGED_BY));
  }

  private void delete(ApiObject object) {
    latest.gone(object.header().uid());
    client.delete(
        Resources.ENDPOINTS,
        object.key().namespace(),
        object.key().name(),
        DeleteOptions.uid(object.header().uid()));
  }

  private void create(ObjectKey key, SortedMap<String, String> labels, JsonNode subsets) {
    ObjectNode object =
        Json.object()
            .put("apiVersion", Resources.ENDPOINTS.apiVersion())
            .put("kind", Resources.ENDPOINTS.kind());
    ObjectNode metadata = object.putObject("metadata").put("name", key.name());
    metadata.put("namespace", key.namespace());
    set(object, labels, subsets);
    try {
      latest.wrote(
          key.namespacedName(), client.create(Resources.ENDPOINTS, key.namespace(), object));
    } catch (ApiException e) {
      // Already there: its event is on the way and brings the key again.
      if (!e.isAlreadyExists() && !Refusals.namespaceIsGoing(e)) {
        throw e;
      }
    }
  }

  private void update(ApiObject existing, SortedMap<String, String> labels, JsonNode subsets) {
    ObjectNode tree = (ObjectNode) existing.tree();
    JsonNode before = tree.path("subsets");
    boolean sameSubsets =
        Reading.same(before.isArray() ? before : subsets.isEmpty() ? subsets : before, subsets);
    boolean sameLabels = Reading.strings(tree.path("metadata").path("labels")).equals(labels);
    if (!sameSubsets || !sameLabels) {
      set(tree, labels, subsets);
      write(existing, tree);
    }
  }

  private void write(ApiObject existing, ObjectNode tree) {
    try {
      latest.wrote(existing.key().namespacedName(), client.update(Resources.ENDPOINTS, tree));
    } catch (ApiException e) {
      latest.gone(existing.header().uid()); // there is a newer version, or none
      throw e;
    }
  }

  private static void set(ObjectNode object, SortedMap<String, String> labels, JsonNode subsets) {
    ObjectNode tree = object.withObject("/metadata").putObject("labels");
    labels.forEach(tree::put);
    if (subsets instanceof ArrayNode array && !array.isEmpty()) {
      object.set("subsets", array);
    } else {
      object.remove("subsets");
    }
  }

  @Override
  public String name() {
    return "endpoint";
  }

  @Override
  public void start() {
    loop.start();
  }

  @Override
  public boolean alive() {
    return loop.alive();
  }

  @Override
  public void close() {
    loop.close();
  }
}
