package io.berth.client;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.object.ApiObject;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.transport.ApiException;
import io.berth.api.transport.ApiRequest;
import io.berth.api.transport.ApiResponse;
import io.berth.api.transport.Transport;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads and writes objects through a transport. Every method blocks until the server has answered,
 * throws {@link ApiException} for what the server refuses and {@link ApiUnavailableException} where
 * there was no answer. Safe for use by many threads.
 */
public final class ApiClient {
  private static final int MODIFY_ATTEMPTS = 10;
  private static final int PAGE = 5_000;

  private final Transport transport;

  public ApiClient(Transport transport) {
    this.transport = transport;
  }

  public Transport transport() {
    return transport;
  }

  public ApiObject get(ResourceDefinition resource, @Nullable String namespace, String name) {
    return object(resource, ApiRequest.get(resource.path(namespace, name)));
  }

  /** The object, or empty where there is none. */
  public Optional<ApiObject> find(
      ResourceDefinition resource, @Nullable String namespace, String name) {
    try {
      return Optional.of(get(resource, namespace, name));
    } catch (ApiException e) {
      if (e.isNotFound()) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /**
   * All objects that the options select, page by page where there are many.
   *
   * @param namespace null for all namespaces
   */
  public ObjectList list(
      ResourceDefinition resource, @Nullable String namespace, ListOptions options) {
    int limit = options.limit() > 0 ? options.limit() : PAGE;
    ApiRequest request = options.on(ApiRequest.get(resource.path(namespace)));
    request = options.limit() > 0 ? request : request.withQuery("limit", Integer.toString(limit));
    List<ApiObject> items = new ArrayList<>();
    ApiRequest next = request;
    while (true) {
      ObjectStream.Page page = ObjectStream.page(resource, send(next).body());
      page.items().forEach(item -> items.add(transport.shared(item)));
      if (page.continueToken().isEmpty()) {
        return new ObjectList(items, page.resourceVersion());
      }
      next = withoutVersion(request).withQuery("continue", page.continueToken());
    }
  }

  /** A continue token bears the version itself; the server refuses both. */
  private static ApiRequest withoutVersion(ApiRequest request) {
    List<ApiRequest.Parameter> query =
        request.query().stream().filter(p -> !p.name().equals("resourceVersion")).toList();
    return new ApiRequest(
        request.method(), request.path(), query, request.headers(), request.body());
  }

  public ApiObject create(
      ResourceDefinition resource, @Nullable String namespace, JsonNode object) {
    return object(resource, ApiRequest.post(resource.path(namespace), Json.bytes(object)));
  }

  /**
   * Replaces the object that {@code metadata} names, where it is at the version that {@code
   * metadata} bears.
   */
  public ApiObject update(ResourceDefinition resource, JsonNode object) {
    return put(resource, object, null);
  }

  public ApiObject updateStatus(ResourceDefinition resource, JsonNode object) {
    return put(resource, object, "status");
  }

  private ApiObject put(
      ResourceDefinition resource, JsonNode object, @Nullable String subresource) {
    JsonNode metadata = object.path("metadata");
    String path =
        path(
            resource,
            metadata.path("namespace").asText(),
            metadata.path("name").asText(),
            subresource);
    return object(resource, ApiRequest.put(path, Json.bytes(object)));
  }

  public ApiObject patch(
      ResourceDefinition resource,
      @Nullable String namespace,
      String name,
      @Nullable String subresource,
      PatchType type,
      JsonNode patch) {
    String path = path(resource, namespace, name, subresource);
    return object(resource, ApiRequest.patch(path, type.contentType(), Json.bytes(patch)));
  }

  /** Creates a subresource, such as a pod's binding. */
  public void createSubresource(
      ResourceDefinition resource,
      @Nullable String namespace,
      String name,
      String subresource,
      JsonNode body) {
    send(ApiRequest.post(resource.path(namespace, name, subresource), Json.bytes(body)));
  }

  /**
   * Asks for an object's deletion.
   *
   * @return whether there was such an object
   */
  public boolean delete(
      ResourceDefinition resource, @Nullable String namespace, String name, DeleteOptions options) {
    try {
      send(ApiRequest.delete(resource.path(namespace, name)).withBody(Json.bytes(options.body())));
      return true;
    } catch (ApiException e) {
      if (e.isNotFound()) {
        return false;
      }
      throw e;
    }
  }

  /**
   * Reads the object, changes it and writes it back, again where another writer came between. A
   * change that leaves the object as it was is not written.
   *
   * @param subresource {@code status}, or null for the object itself
   * @param change may be called several times and must depend on nothing but its argument
   * @throws ApiException among others, not found; or Conflict where others kept writing
   */
  public ApiObject modify(
      ResourceDefinition resource,
      @Nullable String namespace,
      String name,
      @Nullable String subresource,
      Consumer<ObjectNode> change) {
    for (int attempt = 1; ; attempt++) {
      ApiObject current = get(resource, namespace, name);
      ObjectNode before = (ObjectNode) current.tree();
      ObjectNode after = before.deepCopy();
      change.accept(after);
      if (after.equals(before)) {
        return current;
      }
      try {
        return put(resource, after, subresource);
      } catch (ApiException e) {
        if (!e.isConflict() || attempt == MODIFY_ATTEMPTS) {
          throw e;
        }
      }
    }
  }

  /**
   * Sends any request.
   *
   * @throws ApiException for every answer that is no success
   */
  public ApiResponse send(ApiRequest request) {
    try {
      return transport.send(request).orThrow();
    } catch (IOException e) {
      throw new ApiUnavailableException(
          request.method() + " " + request.path() + ": " + e.getMessage(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new ApiUnavailableException(
          request.method() + " " + request.path() + ": interrupted", e);
    }
  }

  private ApiObject object(ResourceDefinition resource, ApiRequest request) {
    return ObjectStream.object(resource, send(request).body());
  }

  private static String path(
      ResourceDefinition resource,
      @Nullable String namespace,
      String name,
      @Nullable String subresource) {
    return subresource == null
        ? resource.path(namespace, name)
        : resource.path(namespace, name, subresource);
  }
}
