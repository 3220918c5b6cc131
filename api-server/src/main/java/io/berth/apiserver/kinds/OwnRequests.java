package io.berth.apiserver.kinds;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.transport.ApiException;
import io.berth.api.transport.ApiRequest;
import io.berth.apiserver.registry.Meta;
import io.berth.apiserver.server.Identity;
import io.berth.apiserver.server.LocalCalls;
import io.berth.apiserver.server.RequestHandler;
import io.berth.apiserver.server.Verb;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The server's own requests to its registry, under its own identity. */
final class OwnRequests {
  private static final Logger log = LoggerFactory.getLogger(OwnRequests.class);
  private static final Identity SERVER = Identity.of("system:apiserver", Identity.MASTERS);

  private final LocalCalls calls;

  OwnRequests(RequestHandler handler) {
    this.calls = new LocalCalls(handler, SERVER);
  }

  /** The object as it is now. */
  Optional<ObjectNode> find(ResourceDefinition resource, String namespace, String name) {
    try {
      byte[] body =
          ask(ApiRequest.get(resource.path(namespace, name)), Verb.GET, resource, namespace, name);
      return Optional.of((ObjectNode) Json.parse(body));
    } catch (ApiException e) {
      if (e.isNotFound()) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /**
   * Creates the object where there is none of its name.
   *
   * @throws ApiException it is refused, or the store does not answer
   */
  void create(ResourceDefinition resource, String namespace, JsonNode object) {
    String name = Meta.name(object);
    if (find(resource, namespace, name).isPresent()) {
      return;
    }
    ApiRequest request = ApiRequest.post(resource.path(namespace), Json.bytes(object));
    try {
      ask(request, Verb.CREATE, resource, namespace, "");
      log.debug("created first object kind={} name={}", resource.kind(), name);
    } catch (ApiException e) {
      if (find(resource, namespace, name).isEmpty()) {
        throw e; // no other server was faster: it is refused
      }
    }
  }

  void update(ResourceDefinition resource, String namespace, JsonNode object) {
    String name = Meta.name(object);
    ask(
        ApiRequest.put(resource.path(namespace, name), Json.bytes(object)),
        Verb.UPDATE,
        resource,
        namespace,
        name);
  }

  void delete(ResourceDefinition resource, String namespace, String name) {
    ask(ApiRequest.delete(resource.path(namespace, name)), Verb.DELETE, resource, namespace, name);
  }

  private byte[] ask(
      ApiRequest request, Verb verb, ResourceDefinition resource, String namespace, String name) {
    return calls
        .ask(
            request.withHeader("user-agent", "kube-apiserver"), verb, resource, namespace, name, "")
        .body();
  }
}
