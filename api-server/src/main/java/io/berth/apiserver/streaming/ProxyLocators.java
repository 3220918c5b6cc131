package io.berth.apiserver.streaming;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.object.ApiObject;
import io.berth.api.object.ObjectKey;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.resource.Resources;
import io.berth.api.transport.ApiException;
import io.berth.api.transport.Errors;
import io.berth.apiserver.server.Backend;
import io.berth.apiserver.server.RequestInfo;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Where pods, services and nodes are reached. Addresses that are this machine's own or its link's
 * lead nowhere: who may proxy to pods is not to reach the API server's neighbours by a pod that
 * claims their address.
 */
final class ProxyLocators {
  private static final int HTTP = 80;
  private static final int HTTPS = 443;

  private final ObjectLookup objects;
  private final NodeLocator nodes;
  private final Backend.Trust agents;
  private final RandomGenerator random;

  /**
   * @param agents how node agents are spoken to
   */
  ProxyLocators(ObjectLookup objects, Backend.Trust agents, RandomGenerator random) {
    this.objects = objects;
    this.nodes = new NodeLocator(objects);
    this.agents = agents;
    this.random = random;
  }

  Proxy.Place pod(RequestInfo info) {
    SchemeNamePort wanted = SchemeNamePort.parse(info.name(), "pod");
    JsonNode pod = get(Resources.PODS, info.namespace(), wanted.name());
    String ip = pod.path("status").path("podIP").asText();
    requireReachable(ip);
    boolean https = wanted.scheme().equals("https");
    int port = https ? HTTPS : HTTP;
    if (!wanted.port().isEmpty()) {
      port = number(wanted.port());
    } else {
      int first = firstPort(pod);
      port = first > 0 ? first : port;
    }
    return new Proxy.Place(ip, port, trust(https));
  }

  private static int firstPort(JsonNode pod) {
    for (JsonNode container : pod.path("spec").path("containers")) {
      JsonNode ports = container.path("ports");
      if (!ports.isEmpty()) {
        return ports.path(0).path("containerPort").asInt();
      }
    }
    return 0;
  }

  Proxy.Place service(RequestInfo info) {
    SchemeNamePort wanted = SchemeNamePort.parse(info.name(), "service");
    String portName = wanted.port();
    if (!portName.isEmpty() && portName.chars().allMatch(Character::isDigit)) {
      portName = portName(info.namespace(), wanted);
    }
    JsonNode endpoints;
    try {
      endpoints = get(Resources.ENDPOINTS, info.namespace(), wanted.name());
    } catch (ApiException e) {
      get(Resources.SERVICES, info.namespace(), wanted.name()); // is it missing, say so
      throw noEndpoints(wanted.name());
    }
    List<Proxy.Place> places = new ArrayList<>();
    for (JsonNode subset : endpoints.path("subsets")) {
      places(info.namespace(), subset, portName, wanted.scheme().equals("https"), places);
    }
    if (places.isEmpty()) {
      throw noEndpoints(info.name());
    }
    return places.get(random.nextInt(places.size()));
  }

  private static ApiException noEndpoints(String service) {
    return Errors.serviceUnavailable(
        "no endpoints available for service \"%s\"".formatted(service));
  }

  private String portName(String namespace, SchemeNamePort wanted) {
    JsonNode service = get(Resources.SERVICES, namespace, wanted.name());
    for (JsonNode port : service.path("spec").path("ports")) {
      if (port.path("port").asText().equals(wanted.port())) {
        return port.path("name").asText();
      }
    }
    throw Errors.serviceUnavailable(
        "no service port %s found for service \"%s\"".formatted(wanted.port(), wanted.name()));
  }

  private void places(
      String namespace, JsonNode subset, String portName, boolean https, List<Proxy.Place> to) {
    for (JsonNode port : subset.path("ports")) {
      if (port.path("name").asText().equals(portName)) {
        for (JsonNode address : subset.path("addresses")) {
          if (isPod(namespace, address)) {
            String ip = address.path("ip").asText();
            to.add(new Proxy.Place(ip, port.path("port").asInt(), trust(https)));
          }
        }
      }
    }
  }

  /** Endpoints that somebody wrote by hand may name any address; only pods are proxied to. */
  private boolean isPod(String namespace, JsonNode address) {
    JsonNode target = address.path("targetRef");
    if (!target.path("kind").asText().equals("Pod")) {
      return false;
    }
    ObjectKey key =
        ObjectKey.of(Resources.PODS.groupResource(), namespace, target.path("name").asText());
    ApiObject pod = objects.find(key).orElse(null);
    if (pod == null) {
      return false;
    }
    String ip = address.path("ip").asText();
    for (JsonNode of : pod.tree().path("status").path("podIPs")) {
      if (of.path("ip").asText().equals(ip)) {
        return reachable(ip);
      }
    }
    return false;
  }

  Proxy.Place node(RequestInfo info) {
    SchemeNamePort wanted = SchemeNamePort.parse(info.name(), "node");
    NodeAddress agent = nodes.find(wanted.name());
    if (wanted.port().isEmpty() || wanted.port().equals(Integer.toString(agent.port()))) {
      return new Proxy.Place(agent.host(), agent.port(), agents);
    }
    requireReachable(agent.host());
    return new Proxy.Place(
        agent.host(), number(wanted.port()), trust(wanted.scheme().equals("https")));
  }

  private JsonNode get(ResourceDefinition resource, String namespace, String name) {
    ObjectKey key = ObjectKey.of(resource.groupResource(), namespace, name);
    return objects
        .find(key)
        .map(ApiObject::tree)
        .orElseThrow(() -> Errors.notFound(key.resource(), name));
  }

  private static Backend.Trust trust(boolean https) {
    return https ? new Backend.Unverified() : new Backend.Plain();
  }

  private static int number(String port) {
    try {
      int number = Integer.parseInt(port);
      if (number > 0 && number <= 65_535) {
        return number;
      }
    } catch (NumberFormatException e) {
      // Told below.
    }
    throw Errors.badRequest("invalid port \"%s\"".formatted(port));
  }

  private static void requireReachable(String ip) {
    if (!reachable(ip)) {
      throw Errors.badRequest("address not allowed");
    }
  }

  private static boolean reachable(@Nullable String ip) {
    if (ip == null || ip.isEmpty() || !(ip.indexOf(':') >= 0 || Character.isDigit(ip.charAt(0)))) {
      return false; // a name is not looked up
    }
    try {
      InetAddress address = InetAddress.getByName(ip);
      return !address.isLoopbackAddress()
          && !address.isLinkLocalAddress()
          && !address.isAnyLocalAddress()
          && !address.isMulticastAddress();
    } catch (UnknownHostException e) {
      return false;
    }
  }
}
