package io.berth.apiserver.streaming;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.object.ApiObject;
import io.berth.api.object.ObjectKey;
import io.berth.api.resource.Resources;
import io.berth.api.transport.Errors;

/** Finds a node's agent in what the node says of itself. */
public final class NodeLocator {
  private final ObjectLookup objects;

  public NodeLocator(ObjectLookup objects) {
    this.objects = objects;
  }

  /**
   * @throws io.berth.api.transport.ApiException 404 there is no such node; 503 it has not said yet
   *     where it is
   */
  public NodeAddress find(String name) {
    ObjectKey key = ObjectKey.of(Resources.NODES.groupResource(), "", name);
    JsonNode status =
        objects
            .find(key)
            .map(ApiObject::tree)
            .orElseThrow(() -> Errors.notFound(key.resource(), name))
            .path("status");
    int port = status.path("daemonEndpoints").path("kubeletEndpoint").path("Port").asInt();
    String host = "";
    for (JsonNode address : status.path("addresses")) {
      if (host.isEmpty() && address.path("type").asText().equals("InternalIP")) {
        host = address.path("address").asText();
      }
    }
    if (host.isEmpty() || port == 0) {
      throw Errors.serviceUnavailable("node " + name + " has not reported its agent's address");
    }
    return new NodeAddress(name, host, port);
  }
}
