package io.berth.apiserver.kinds;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.resource.Resources;
import io.berth.api.transport.ApiException;
import io.berth.apiserver.registry.Meta;
import io.berth.apiserver.server.RequestHandler;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What every cluster holds from its first start: its own namespaces, the services that lead to the
 * API server and to the resolver, the range of services' addresses, the runtime class of machines,
 * and classes of priority and flows. Made as a client would make them, by the server's own
 * identity; what is there already stays as it is. Where the API servers are, {@link
 * ApiServerAddresses} tells.
 */
public final class FirstObjects {
  private static final Logger log = LoggerFactory.getLogger(FirstObjects.class);
  private static final List<String> NAMESPACES =
      List.of("default", "kube-system", "kube-public", "kube-node-lease");
  private static final String KUBERNETES = "kubernetes";
  private static final String RESOLVER = "kube-dns";
  private static final int HTTPS_PORT = 443;
  private static final int DNS_PORT = 53;
  private static final int HTTP_UNPROCESSABLE = 422;

  /** Which address of the services' is the resolver's, by custom. */
  private static final int RESOLVER_ADDRESS = 10;

  /**
   * What differs from cluster to cluster.
   *
   * @param apiServerPort at which the API servers listen
   * @param serviceNetwork its first address becomes that of the service {@code kubernetes}
   * @param vmOverhead what a machine costs beside its containers, resource to quantity; may be
   *     empty
   */
  public record Settings(
      int apiServerPort, AddressRange serviceNetwork, Map<String, String> vmOverhead) {
    public Settings {
      vmOverhead = Map.copyOf(vmOverhead);
    }
  }

  private final OwnRequests requests;
  private final Settings settings;

  public FirstObjects(RequestHandler handler, Settings settings) {
    this.requests = new OwnRequests(handler);
    this.settings = settings;
  }

  /**
   * Creates what is missing. Doing it again changes nothing; several servers may do it at once.
   *
   * @throws ApiException the store does not answer, or an object is refused
   */
  public void ensure() {
    for (String namespace : NAMESPACES) {
      requests.create(Resources.NAMESPACES, "", named(Resources.NAMESPACES, namespace));
    }
    requests.create(Resources.RUNTIME_CLASSES, "", vmClass());
    WrittenObjects.all()
        .forEach(written -> requests.create(written.resource(), "", written.object()));
    requests.create(Resources.SERVICE_CIDRS, "", serviceCidr());
    requests.create(Resources.SERVICES, "default", service());
    ensureResolver();
  }

  /** A cluster from before there was one may have given its address to another service. */
  private void ensureResolver() {
    try {
      requests.create(Resources.SERVICES, "kube-system", resolver());
    } catch (ApiException e) {
      if (e.code() != HTTP_UNPROCESSABLE) {
        throw e;
      }
      log.warn("no service for the resolver service=kube-system/kube-dns error={}", e.getMessage());
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

  /** Without a selector: each node's agent answers itself what is sent to it. */
  private ObjectNode resolver() {
    ObjectNode service = named(Resources.SERVICES, RESOLVER);
    Meta.of(service)
        .put("namespace", "kube-system")
        .putObject("labels")
        .put("k8s-app", RESOLVER)
        .put("kubernetes.io/cluster-service", "true")
        .put("kubernetes.io/name", "CoreDNS");
    ObjectNode spec = service.putObject("spec").put("type", "ClusterIP");
    spec.put("clusterIP", settings.serviceNetwork().address(RESOLVER_ADDRESS));
    ArrayNode ports = spec.putArray("ports");
    ports.addObject().put("name", "dns").put("protocol", "UDP").put("port", DNS_PORT);
    ports.addObject().put("name", "dns-tcp").put("protocol", "TCP").put("port", DNS_PORT);
    return service;
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
}
