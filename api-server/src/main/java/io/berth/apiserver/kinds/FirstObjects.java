package io.berth.apiserver.kinds;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.resource.Resources;
import io.berth.api.transport.ApiException;
import io.berth.api.transport.ApiRequest;
import io.berth.api.transport.ApiResponse;
import io.berth.apiserver.registry.Meta;
import io.berth.apiserver.server.Frames;
import io.berth.apiserver.server.Identity;
import io.berth.apiserver.server.RequestHandler;
import io.berth.apiserver.server.RequestInfo;
import io.berth.apiserver.server.ResponseSink;
import io.berth.apiserver.server.Verb;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What every cluster holds from its first start: its own namespaces, the service that leads to the
 * API server, the range of services' addresses, the runtime class of machines, and classes of
 * priority and flows. Made as a client would make them, by the server's own identity; what is there
 * already stays as it is, except for the API server's addresses.
 */
public final class FirstObjects {
  private static final Logger log = LoggerFactory.getLogger(FirstObjects.class);
  private static final Identity SERVER = Identity.of("system:apiserver", Identity.MASTERS);
  private static final List<String> NAMESPACES =
      List.of("default", "kube-system", "kube-public", "kube-node-lease");
  private static final String KUBERNETES = "kubernetes";
  private static final int HTTPS_PORT = 443;

  /**
   * What differs from cluster to cluster.
   *
   * @param apiServerAddresses IPv4 addresses at which nodes and pods reach the API servers; no
   *     loopback address; empty while they have none
   * @param apiServerPort their port
   * @param serviceNetwork its first address becomes that of the service {@code kubernetes}
   * @param vmOverhead what a machine costs beside its containers, resource to quantity; may be
   *     empty
   */
  public record Settings(
      List<String> apiServerAddresses,
      int apiServerPort,
      AddressRange serviceNetwork,
      Map<String, String> vmOverhead) {
    public Settings {
      apiServerAddresses = List.copyOf(apiServerAddresses);
      vmOverhead = Map.copyOf(vmOverhead);
    }
  }

  private final RequestHandler handler;
  private final Settings settings;

  public FirstObjects(RequestHandler handler, Settings settings) {
    this.handler = handler;
    this.settings = settings;
  }

  /**
   * Creates what is missing. Doing it again changes nothing; several servers may do it at once.
   *
   * @throws ApiException the store does not answer, or an object is refused
   */
  public void ensure() {
    for (String namespace : NAMESPACES) {
      create(Resources.NAMESPACES, "", named(Resources.NAMESPACES, namespace));
    }
    create(Resources.RUNTIME_CLASSES, "", vmClass());
    WrittenObjects.all().forEach(written -> create(written.resource(), "", written.object()));
    create(Resources.SERVICE_CIDRS, "", serviceCidr());
    create(Resources.SERVICES, "default", service());
    if (!settings.apiServerAddresses().isEmpty()) {
      put(Resources.ENDPOINTS, endpoints());
      put(Resources.ENDPOINT_SLICES, endpointSlice());
    }
  }

  private ObjectNode vmClass() {
    ObjectNode runtimeClass = named(Resources.RUNTIME_CLASSES, "vm").put("handler", "vm");
    if (!settings.vmOverhead().isEmpty()) {
      ObjectNode podFixed = runtimeClass.putObject("overhead").putObject("podFixed");
      settings.vmOverhead().entrySet().stream()
          .sorted(Map.Entry.comparingByKey())
          .forEach(e -> podFixed.put(e.getKey(), e.getValue()));
    }
    return runtimeClass;
  }

  private ObjectNode serviceCidr() {
    ObjectNode range = named(Resources.SERVICE_CIDRS, KUBERNETES);
    range.putObject("spec").putArray("cidrs").add(settings.serviceNetwork().toString());
    return range;
  }

  private ObjectNode service() {
    ObjectNode service = labelled(Resources.SERVICES);
    service.withObject("/metadata/labels").put("component", "apiserver");
    ObjectNode spec = service.putObject("spec").put("type", "ClusterIP");
    spec.put("clusterIP", settings.serviceNetwork().first());
    spec.putArray("ports")
        .addObject()
        .put("name", "https")
        .put("protocol", "TCP")
        .put("port", HTTPS_PORT)
        .put("targetPort", settings.apiServerPort());
    return service;
  }

  private ObjectNode endpoints() {
    ObjectNode endpoints = labelled(Resources.ENDPOINTS);
    endpoints.withObject("/metadata/labels").put("endpointslice.kubernetes.io/skip-mirror", "true");
    ObjectNode subset = endpoints.putArray("subsets").addObject();
    var addresses = subset.putArray("addresses");
    settings.apiServerAddresses().stream()
        .sorted()
        .forEach(address -> addresses.addObject().put("ip", address));
    port(subset.putArray("ports").addObject());
    return endpoints;
  }

  private ObjectNode endpointSlice() {
    ObjectNode slice = labelled(Resources.ENDPOINT_SLICES);
    slice.withObject("/metadata/labels").put("kubernetes.io/service-name", KUBERNETES);
    slice.put("addressType", "IPv4");
    var endpoints = slice.putArray("endpoints");
    settings.apiServerAddresses().stream()
        .sorted()
        .forEach(
            address -> {
              ObjectNode endpoint = endpoints.addObject();
              endpoint.putArray("addresses").add(address);
              endpoint.putObject("conditions").put("ready", true);
            });
    port(slice.putArray("ports").addObject());
    return slice;
  }

  private void port(ObjectNode port) {
    port.put("name", "https").put("port", settings.apiServerPort()).put("protocol", "TCP");
  }

  private static ObjectNode labelled(ResourceDefinition resource) {
    ObjectNode object = named(resource, KUBERNETES);
    Meta.of(object).put("namespace", "default").putObject("labels").put("provider", KUBERNETES);
    return object;
  }

  private static ObjectNode named(ResourceDefinition resource, String name) {
    ObjectNode object =
        Json.object().put("kind", resource.kind()).put("apiVersion", resource.apiVersion());
    object.putObject("metadata").put("name", name);
    return object;
  }

  private void create(ResourceDefinition resource, String namespace, JsonNode object) {
    String name = Meta.name(object);
    if (exists(resource, namespace, name)) {
      return;
    }
    ApiRequest request = ApiRequest.post(resource.path(namespace), Json.bytes(object));
    try {
      ask(request, new RequestInfo(Verb.CREATE, resource, namespace, "", ""));
      log.info("created first object kind={} name={}", resource.kind(), name);
    } catch (ApiException e) {
      if (!exists(resource, namespace, name)) {
        throw e; // no other server was faster: it is refused
      }
    }
  }

  private boolean exists(ResourceDefinition resource, String namespace, String name) {
    try {
      ask(
          ApiRequest.get(resource.path(namespace, name)),
          new RequestInfo(Verb.GET, resource, namespace, name, ""));
      return true;
    } catch (ApiException e) {
      if (e.isNotFound()) {
        return false;
      }
      throw e;
    }
  }

  /** Creates the object, or makes the one that is there be as it. */
  private void put(ResourceDefinition resource, ObjectNode object) {
    create(resource, "default", object);
    String path = resource.path("default", KUBERNETES);
    ask(
        ApiRequest.put(path, Json.bytes(object)),
        new RequestInfo(Verb.UPDATE, resource, "default", KUBERNETES, ""));
  }

  private void ask(ApiRequest request, RequestInfo info) {
    Answer answer = new Answer();
    handler.handle(request, info, SERVER, answer);
    ApiResponse response = answer.response;
    if (response == null) {
      throw new IllegalStateException("no answer to " + request.path());
    }
    response.orThrow();
  }

  /** Keeps the one answer, which comes before the handler returns. */
  private static final class Answer implements ResponseSink {
    private @Nullable ApiResponse response;

    @Override
    public void send(ApiResponse whole) {
      response = whole;
    }

    @Override
    public Frames start(int status, Map<String, String> headers) {
      throw new IllegalStateException("a stream was not asked for");
    }
  }
}
