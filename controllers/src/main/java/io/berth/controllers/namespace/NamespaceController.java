package io.berth.controllers.namespace;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.object.ApiObject;
import io.berth.api.resource.GroupResource;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.resource.Resources;
import io.berth.api.transport.ApiException;
import io.berth.api.transport.ApiRequest;
import io.berth.client.Informer;
import io.berth.client.ListOptions;
import io.berth.client.Outcome;
import io.berth.controllers.loop.Changes;
import io.berth.controllers.loop.Controller;
import io.berth.controllers.loop.ControllerContext;
import io.berth.controllers.loop.DelegatedDiscovery;
import io.berth.controllers.loop.WatchedLoop;
import io.berth.controllers.object.StatusPatch;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Deletes what is in a namespace that is being deleted, waits until it is gone, and takes the
 * finalizer {@code kubernetes} away, upon which the namespace itself goes. One step: {@link
 * #reconcile}.
 */
public final class NamespaceController implements Controller {
  private static final Logger log = LoggerFactory.getLogger(NamespaceController.class);
  private static final String FINALIZER = "kubernetes";

  /** Between looks at a namespace in which something remains; pods' ends are heard of at once. */
  private static final Duration LOOK_AGAIN = Duration.ofSeconds(2);

  private final ControllerContext context;
  private final Informer namespaces;
  private final Supplier<List<ResourceDefinition>> resources;
  private final DelegatedDiscovery discovery;
  private final WatchedLoop<String> loop;

  /**
   * @param resources all resources that the API serves now itself
   * @param discovery tells what further servers serve
   */
  public NamespaceController(
      ControllerContext context,
      int workers,
      Supplier<List<ResourceDefinition>> resources,
      DelegatedDiscovery discovery) {
    this.context = context;
    this.resources = resources;
    this.discovery = discovery;
    this.namespaces = context.informers().of(Resources.NAMESPACES);
    this.loop = new WatchedLoop<>(name(), context, workers, this::reconcile);
    Changes.each(namespaces, this::changed);
    Changes.deleted(context.pods().informer(), this::podGone);
  }

  private void changed(ApiObject namespace) {
    if (namespace.header().deleting()) {
      loop.add(namespace.key().name());
    }
  }

  /**
   * The namespace is asked first: to gather its pods at every pod's end would cost their square.
   */
  private void podGone(ApiObject pod) {
    String namespace = pod.key().namespace();
    namespaces
        .get("", namespace)
        .filter(ending -> ending.header().deleting())
        .filter(ending -> context.pods().informer().inNamespace(namespace).isEmpty())
        .ifPresent(this::changed);
  }

  Outcome reconcile(String name) {
    ApiObject shown = namespaces.get("", name).orElse(null);
    if (shown == null || !shown.header().deleting()) {
      return Outcome.done();
    }
    ApiObject namespace = context.client().find(Resources.NAMESPACES, null, name).orElse(null);
    if (namespace == null || !namespace.header().uid().equals(shown.header().uid())) {
      return Outcome.done();
    }
    ObjectNode tree = (ObjectNode) namespace.tree();
    if (!hasFinalizer(tree)) {
      return Outcome.done();
    }
    Content content = empty(name);
    ObjectNode status =
        tree.path("status") instanceof ObjectNode known ? known.deepCopy() : Json.object();
    status.put("phase", "Terminating");
    status.set(
        "conditions",
        DeletionConditions.of(
            status.path("conditions"), content, context.environment().clock().now()));
    StatusPatch.write(context.client(), Resources.NAMESPACES, namespace, status);
    if (!content.empty()) {
      return Outcome.again(LOOK_AGAIN);
    }
    finalizeNamespace(name);
    log.info("namespace emptied name={}", name);
    return Outcome.done();
  }

  private static boolean hasFinalizer(JsonNode namespace) {
    for (JsonNode finalizer : namespace.path("spec").path("finalizers")) {
      if (finalizer.asText().equals(FINALIZER)) {
        return true;
      }
    }
    return false;
  }

  /** Asks everything in the namespace to go and looks at what is left. */
  private Content empty(String namespace) {
    SortedMap<GroupResource, Integer> remaining = new TreeMap<>();
    SortedMap<String, Integer> finalizers = new TreeMap<>();
    List<String> failures = new ArrayList<>();
    List<ResourceDefinition> all = new ArrayList<>(resources.get());
    DelegatedDiscovery.Found further = discovery.find(all);
    all.addAll(further.resources());
    for (ResourceDefinition resource : all) {
      boolean deletable = resource.verbs().contains("delete") && resource.verbs().contains("list");
      if (!resource.namespaced() || !deletable) {
        continue;
      }
      try {
        List<ApiObject> left = empty(resource, namespace);
        if (!left.isEmpty()) {
          remaining.put(resource.groupResource(), left.size());
        }
        for (ApiObject object : left) {
          JsonNode metadata = object.tree().path("metadata");
          metadata.path("finalizers").forEach(f -> finalizers.merge(f.asText(), 1, Integer::sum));
        }
      } catch (ApiException | IllegalArgumentException e) { // also what is no answer of its kind
        failures.add(resource.plural() + ": " + e.getMessage());
      }
    }
    return new Content(remaining, finalizers, failures, further.unknown());
  }

  private List<ApiObject> empty(ResourceDefinition resource, String namespace) {
    List<ApiObject> found = context.client().list(resource, namespace, ListOptions.ALL).items();
    if (found.stream().allMatch(object -> object.header().deleting())) {
      return found;
    }
    ObjectNode options = Json.object().put("kind", "DeleteOptions").put("apiVersion", "v1");
    options.put("propagationPolicy", "Background");
    if (resource.verbs().contains("deletecollection")) {
      context
          .client()
          .send(ApiRequest.delete(resource.path(namespace)).withBody(Json.bytes(options)));
    } else {
      found.forEach(object -> delete(resource, object, options));
    }
    return context.client().list(resource, namespace, ListOptions.ALL).items();
  }

  private void delete(ResourceDefinition resource, ApiObject object, ObjectNode options) {
    String path = resource.path(object.key().namespace(), object.key().name());
    try {
      context.client().send(ApiRequest.delete(path).withBody(Json.bytes(options)));
    } catch (ApiException e) {
      if (!e.isNotFound()) {
        throw e;
      }
    }
  }

  private void finalizeNamespace(String name) {
    ObjectNode namespace =
        (ObjectNode) context.client().get(Resources.NAMESPACES, null, name).tree();
    ArrayNode kept = Json.object().arrayNode();
    for (JsonNode finalizer : namespace.path("spec").path("finalizers")) {
      if (!finalizer.asText().equals(FINALIZER)) {
        kept.add(finalizer);
      }
    }
    namespace.withObject("/spec").set("finalizers", kept);
    String path = Resources.NAMESPACES.path(null, name, "finalize");
    context.client().send(ApiRequest.put(path, Json.bytes(namespace)));
  }

  @Override
  public String name() {
    return "namespace";
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
