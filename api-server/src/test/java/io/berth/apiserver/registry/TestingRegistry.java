package io.berth.apiserver.registry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.resource.Resources;
import io.berth.api.time.SystemEnvironment;
import io.berth.api.transport.ApiException;
import io.berth.api.transport.ApiRequest;
import io.berth.api.transport.ApiResponse;
import io.berth.apiserver.admission.PlacementPreview;
import io.berth.apiserver.authz.Authorization;
import io.berth.apiserver.cache.WatchCache;
import io.berth.apiserver.kinds.KindSettings;
import io.berth.apiserver.kinds.Kinds;
import io.berth.apiserver.server.Backend;
import io.berth.apiserver.server.Identity;
import io.berth.apiserver.server.RequestHandler;
import io.berth.apiserver.server.RequestInfo;
import io.berth.apiserver.server.Route;
import io.berth.apiserver.server.Router;
import io.berth.apiserver.server.ServedResources;
import io.berth.apiserver.store.Store;
import io.berth.apiserver.store.memory.MemoryStore;
import io.berth.apiserver.streaming.Connectors;
import io.berth.apiserver.streaming.NodeClient;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.Objects;
import java.util.Random;

/** A registry over a store in memory, asked as a client would. */
final class TestingRegistry implements AutoCloseable {
  private static final Identity ADMIN = Identity.of("admin", Identity.MASTERS);

  private final ServedResources served = ServedResources.builtIn();
  private final Router router = new Router(served);
  private final WatchCache cache;
  private final ResourceHandler handler;

  TestingRegistry() {
    this(new MemoryStore(new SystemEnvironment()));
  }

  TestingRegistry(Store store) {
    SystemEnvironment environment = new SystemEnvironment();
    cache = new WatchCache(store, environment, new SimpleMeterRegistry());
    cache.start();
    handler =
        Kinds.handler(
            store,
            cache,
            environment,
            KindSettings.defaults(),
            new Authorization(cache),
            java.util.Map.of(),
            served,
            new PlacementPreview());
  }

  /** With namespace and service account {@code default}, so that pods can be created. */
  static TestingRegistry ready() {
    TestingRegistry registry = new TestingRegistry();
    registry.create(Resources.NAMESPACES, "", named("default"));
    registry.create(Resources.SERVICE_ACCOUNTS, "default", named("default"));
    return registry;
  }

  /** The answer, be it an error. */
  ApiResponse send(ApiRequest request) {
    try {
      return stream(request).response();
    } catch (ApiException e) {
      return new ApiResponse(
          e.code(), java.util.Map.of("content-type", "application/json"), Json.bytes(e.toStatus()));
    }
  }

  /** Whether a resource is served at a path. */
  boolean serves(String path) {
    return router.route(ApiRequest.get(path)) instanceof Route.ToResource;
  }

  /** A watch's sink. */
  TestingSink stream(ApiRequest request) {
    return stream(request, ADMIN);
  }

  /** What somebody else than the administrator is answered; verbs are not checked here. */
  TestingSink stream(ApiRequest request, Identity who) {
    TestingSink sink = new TestingSink();
    handler.handle(request, info(request), who, sink);
    return sink;
  }

  /** What connects clients to nodes, pods and services. */
  RequestHandler connector(String resource, NodeClient nodes) {
    return Objects.requireNonNull(
        Connectors.all(cache::find, nodes, new Backend.Plain(), new Random(1), handler::connect)
            .get(resource));
  }

  /** What a request is for. */
  RequestInfo info(ApiRequest request) {
    if (!(router.route(request) instanceof Route.ToResource(var info))) {
      throw new AssertionError("no resource: " + request.path());
    }
    return info;
  }

  ObjectNode create(ResourceDefinition resource, String namespace, JsonNode object) {
    return body(send(ApiRequest.post(resource.path(namespace), Json.bytes(object))).orThrow());
  }

  ObjectNode get(ResourceDefinition resource, String namespace, String name) {
    return body(send(ApiRequest.get(resource.path(namespace, name))).orThrow());
  }

  ObjectNode put(ResourceDefinition resource, JsonNode object) {
    return body(send(putRequest(resource, object)).orThrow());
  }

  static ApiRequest putRequest(ResourceDefinition resource, JsonNode object) {
    return ApiRequest.put(
        resource.path(Meta.namespace(object), Meta.name(object)), Json.bytes(object));
  }

  ObjectNode list(ResourceDefinition resource, String namespace) {
    return body(send(ApiRequest.get(resource.path(namespace))).orThrow());
  }

  static ObjectNode body(ApiResponse response) {
    return (ObjectNode) Json.parse(response.body());
  }

  /** JSON with single quotes, for tests to read. */
  static ObjectNode json(String text) {
    return (ObjectNode)
        Json.parse(text.replace('\'', '"').getBytes(java.nio.charset.StandardCharsets.UTF_8));
  }

  static ObjectNode named(String name) {
    return json("{'metadata':{'name':'" + name + "'}}");
  }

  static ObjectNode pod(String name) {
    return json(
        "{'kind':'Pod','apiVersion':'v1','metadata':{'name':'"
            + name
            + "','labels':{'app':'"
            + name
            + "'}},'spec':{'containers':[{'name':'c','image':'busybox'}]}}");
  }

  @Override
  public void close() {
    cache.close();
  }
}
