package io.berth.client.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.object.ObjectKey;
import io.berth.api.resource.GroupResource;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.time.Environment;
import io.berth.api.transport.ApiException;
import io.berth.api.transport.ApiRequest;
import io.berth.api.transport.ApiResponse;
import io.berth.api.transport.Transport;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * An API server in memory, for tests of what talks to one: list, watch, create, update, merge
 * patch, delete with finalizers and grace, status, scale, finalize, binding and token, with {@link
 * #faults() faults} on demand. No authentication, defaults, validation or JSON patch; of strategic
 * merge only the merging of conditions by type. Requests are answered on the caller's thread;
 * watches are fed on the environment's executor. Safe for use by many threads.
 */
public final class FakeApi implements Transport {
  private final Environment environment;
  private final FakeStore store = new FakeStore();
  private final FakeObjects objects;
  private final FakeFaults faults = new FakeFaults();
  private final List<FakeWatch> watches = new ArrayList<>();
  private final List<ApiRequest> requests = new ArrayList<>();
  private final Map<String, byte[]> documents = new HashMap<>();
  private final Map<GroupResource, ResourceDefinition> others = new HashMap<>();
  private boolean holding;
  private int tokens;

  public FakeApi(Environment environment) {
    this.environment = environment;
    this.objects = new FakeObjects(store, environment, this::publish);
  }

  public FakeFaults faults() {
    return faults;
  }

  // What tests do and see beside the API.

  /** Creates or replaces an object as it is, status included, past all faults. */
  public synchronized ObjectNode put(ResourceDefinition resource, JsonNode object) {
    String namespace = object.path("metadata").path("namespace").asText();
    return objects.place(new FakeRoute(resource, namespace, "", ""), (ObjectNode) object);
  }

  /** From now on serves one more resource. */
  public synchronized void serve(ResourceDefinition resource) {
    others.put(resource.groupResource(), resource);
  }

  /** From now on answers a GET of this path with this, whatever it is otherwise. */
  public synchronized void document(String path, JsonNode document) {
    documents.put(path, Json.bytes(document));
  }

  /** Changes an object as it is stored, past all faults. */
  public synchronized ObjectNode change(
      ResourceDefinition resource, String namespace, String name, Consumer<ObjectNode> change) {
    ObjectNode object = objects.get(new FakeRoute(resource, namespace, name, ""));
    change.accept(object);
    return put(resource, object);
  }

  /** Removes an object at once, finalizers or not, past all faults. */
  public synchronized void remove(ResourceDefinition resource, String namespace, String name) {
    ObjectKey key = ObjectKey.of(resource.groupResource(), namespace, name);
    if (store.get(key) != null) {
      publish(store.remove(key));
    }
  }

  public synchronized Optional<ObjectNode> find(
      ResourceDefinition resource, String namespace, String name) {
    ObjectNode object = store.get(ObjectKey.of(resource.groupResource(), namespace, name));
    return Optional.ofNullable(object).map(ObjectNode::deepCopy);
  }

  /** All objects of a resource in the order of their names; an empty namespace means all. */
  public synchronized List<ObjectNode> list(ResourceDefinition resource, String namespace) {
    return store.list(resource, namespace).stream().map(ObjectNode::deepCopy).toList();
  }

  /** Every request sent so far, refused ones included, without watches. */
  public synchronized List<ApiRequest> requests() {
    return List.copyOf(requests);
  }

  /** The requests sent so far that would change something. */
  public List<ApiRequest> writes() {
    return requests().stream().filter(r -> !r.method().equals("GET")).toList();
  }

  /** Keeps back all watch events until {@link #releaseWatches}. */
  public synchronized void holdWatches() {
    holding = true;
    watches.forEach(watch -> watch.hold(true));
  }

  public synchronized void releaseWatches() {
    holding = false;
    watches.forEach(watch -> watch.hold(false));
  }

  /** Breaks every running watch as a lost connection does. */
  public synchronized void cutWatches() {
    watches.forEach(watch -> watch.close(new IOException("connection reset")));
  }

  /** Compacts: a watch from an earlier version is now refused with 410. */
  public synchronized void forgetHistory() {
    store.forgetHistory();
  }

  // The transport.

  @Override
  public ApiResponse send(ApiRequest request) throws IOException, InterruptedException {
    FakeFaults.Fault fault = faults.take(request);
    ApiResponse response;
    synchronized (this) {
      requests.add(request);
      response =
          switch (fault) {
            case FakeFaults.Fault.Refused refused -> failure(refused.answer());
            case FakeFaults.Fault.Unreachable unreachable -> null;
            case FakeFaults.Fault.LostReply lost -> answer(request);
            case null -> answer(request);
          };
    }
    if (response == null || fault instanceof FakeFaults.Fault.LostReply) {
      throw new IOException("connection reset");
    }
    return response;
  }

  private ApiResponse answer(ApiRequest request) {
    try {
      return handle(request);
    } catch (ApiException e) {
      return failure(e);
    }
  }

  private ApiResponse handle(ApiRequest request) {
    byte[] document = request.method().equals("GET") ? documents.get(request.path()) : null;
    if (document != null) {
      String tag = "\"" + Arrays.hashCode(document) + "\"";
      Map<String, String> headers = Map.of("content-type", "application/json", "etag", tag);
      return tag.equals(request.header("if-none-match"))
          ? new ApiResponse(304, headers, new byte[0])
          : new ApiResponse(200, headers, document);
    }
    FakeRoute route = FakeRoute.of(request.path(), others);
    boolean collection = route.name().isEmpty();
    return switch (request.method()) {
      case "GET" -> collection ? json(200, list(route, request)) : json(200, read(route));
      case "POST" -> post(route, request);
      case "PUT" -> json(200, objects.replace(route, body(request)));
      case "PATCH" -> patch(route, request);
      case "DELETE" -> collection ? deleteAll(route, request) : delete(route, request);
      default -> throw new ApiException(405, "MethodNotAllowed", request.method());
    };
  }

  private ObjectNode read(FakeRoute route) {
    ObjectNode object = objects.get(route);
    if (!route.subresource().equals("scale")) {
      return object;
    }
    ObjectNode scale = Json.object().put("kind", "Scale").put("apiVersion", "autoscaling/v1");
    scale.set("metadata", object.path("metadata"));
    scale.putObject("spec").set("replicas", object.path("spec").path("replicas"));
    return scale;
  }

  private ApiResponse post(FakeRoute route, ApiRequest request) {
    if (route.subresource().equals("binding")) {
      objects.bind(route, body(request));
      return json(201, Json.object().put("kind", "Status").put("status", "Success"));
    }
    if (route.subresource().equals("token")) {
      return json(201, token(body(request)));
    }
    return json(201, objects.create(route, body(request)));
  }

  /** Another token each time. */
  private ObjectNode token(ObjectNode request) {
    request.putObject("status").put("token", "token-" + ++tokens);
    return request;
  }

  private ApiResponse patch(FakeRoute route, ApiRequest request) {
    ObjectNode patch = body(request);
    switch (String.valueOf(request.header("content-type"))) {
      case "application/merge-patch+json" -> {}
      case "application/strategic-merge-patch+json" -> objects.mergeConditions(route, patch);
      default ->
          throw new ApiException(415, "UnsupportedMediaType", "the fake takes merge patches only");
    }
    return json(200, objects.patch(route, patch));
  }

  private ApiResponse delete(FakeRoute route, ApiRequest request) {
    return json(200, objects.delete(route, body(request)));
  }

  private ApiResponse deleteAll(FakeRoute route, ApiRequest request) {
    for (ObjectNode object : selected(route, request)) {
      String name = object.path("metadata").path("name").asText();
      String namespace = object.path("metadata").path("namespace").asText();
      objects.delete(new FakeRoute(route.resource(), namespace, name, ""), body(request));
    }
    return json(200, list(route, request));
  }

  private List<ObjectNode> selected(FakeRoute route, ApiRequest request) {
    Predicate<JsonNode> selector = selector(request);
    return store.list(route.resource(), route.namespace()).stream().filter(selector).toList();
  }

  private ObjectNode list(FakeRoute route, ApiRequest request) {
    ObjectNode list =
        Json.object()
            .put("kind", route.resource().kind() + "List")
            .put("apiVersion", route.resource().apiVersion());
    list.putObject("metadata").put("resourceVersion", Long.toString(store.revision()));
    ArrayNode items = list.putArray("items");
    selected(route, request).forEach(items::add);
    return list;
  }

  private static Predicate<JsonNode> selector(ApiRequest request) {
    return FakeSelector.of(request.query("labelSelector"), request.query("fieldSelector"));
  }

  @Override
  public synchronized Stream stream(ApiRequest request, StreamListener listener) {
    FakeFaults.Fault fault = faults.take(request);
    FakeRoute route = FakeRoute.of(request.path(), others);
    FakeWatch watch =
        new FakeWatch(
            environment.executor(),
            listener,
            key ->
                key.resource().equals(route.resource().groupResource())
                    && (route.namespace().isEmpty() || key.namespace().equals(route.namespace())),
            selector(request),
            route.resource().apiVersion(),
            route.resource().kind());
    if (fault != null) {
      watch.close(new IOException("connection reset"));
      return watch;
    }
    watch.start();
    begin(watch, route, request);
    watches.removeIf(FakeWatch::closed);
    watches.add(watch);
    watch.hold(holding);
    return watch;
  }

  private void begin(FakeWatch watch, FakeRoute route, ApiRequest request) {
    String version = Optional.ofNullable(request.query("resourceVersion")).orElse("");
    boolean initial = "true".equals(request.query("sendInitialEvents"));
    if (initial || version.isEmpty() || version.equals("0")) {
      store.list(route.resource(), route.namespace()).forEach(watch::added);
      if (initial) {
        watch.bookmark(store.revision(), true);
      }
    } else if (store.forgotten(Long.parseLong(version))) {
      watch.error(new ApiException(410, "Expired", "too old resource version: " + version));
    } else {
      store.since(Long.parseLong(version)).forEach(watch::offer);
    }
  }

  private void publish(FakeStore.Change change) {
    watches.removeIf(FakeWatch::closed);
    watches.forEach(watch -> watch.offer(change));
  }

  @Override
  public synchronized void close() {
    watches.forEach(watch -> watch.close(null));
  }

  private static ObjectNode body(ApiRequest request) {
    return request.body().length == 0
        ? Json.object()
        : (ObjectNode) Json.parse(request.body()).deepCopy();
  }

  private static ApiResponse failure(ApiException e) {
    return json(e.code(), e.toStatus());
  }

  private static ApiResponse json(int status, @Nullable JsonNode body) {
    byte[] bytes = body == null ? new byte[0] : Json.bytes(body);
    return new ApiResponse(status, Map.of("content-type", "application/json"), bytes);
  }
}
