package io.berth.agent.network.services;

import io.berth.agent.network.Family;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceSpec;
import io.fabric8.kubernetes.api.model.discovery.v1.Endpoint;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointConditions;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointHints;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointPort;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.api.model.discovery.v1.ForNode;
import io.fabric8.kubernetes.api.model.discovery.v1.ForZone;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Reads what this node is to forward from services and their endpoint slices. Pure functions. */
final class ServicePorts {
  private static final int DEFAULT_AFFINITY_SECONDS = 10_800;

  private ServicePorts() {}

  /**
   * Where this node is.
   *
   * @param zone empty where it is in none
   */
  record Place(String node, String zone) {}

  /** A field that this node cannot act on. */
  record NotSupported(String fieldPath, String why) {}

  /** What of a service is left out here; nothing for one that needs no forwarding. */
  static List<NotSupported> notSupported(Service service, Set<Family> families) {
    List<NotSupported> found = new ArrayList<>();
    ServiceSpec spec = service.getSpec();
    if (!forwarded(spec)) {
      return found;
    }
    List<String> addresses = List.copyOf(clusterAddresses(spec));
    for (int i = 0; i < addresses.size(); i++) {
      Family family = Family.of(addresses.get(i));
      if (!families.contains(family)) {
        found.add(
            new NotSupported(
                "spec.ipFamilies[" + i + "]", "pods of this node have no " + family.apiName));
      }
    }
    return found;
  }

  /**
   * @param here who this node is to hints and policies
   */
  static List<ServicePort> of(Service service, Collection<EndpointSlice> slices, Place here) {
    ServiceSpec spec = service.getSpec();
    if (!forwarded(spec)) {
      return List.of();
    }
    List<ServicePort> ports = new ArrayList<>();
    for (String address : clusterAddresses(spec)) {
      for (var port : spec.getPorts()) {
        ports.add(port(service, address, port, slices, here));
      }
    }
    return ports;
  }

  /** With an address of this node where there are no endpoints at all. */
  static List<ServicePort> orElse(List<ServicePort> ports, String address) {
    if (ports.stream().anyMatch(ServicePort::hasAny)) {
      return ports;
    }
    return ports.stream()
        .filter(p -> p.family() == Family.of(address))
        .map(p -> p.to(ServiceEndpoint.ready(address, p.port(), true)))
        .toList();
  }

  private static ServicePort port(
      Service service,
      String address,
      io.fabric8.kubernetes.api.model.ServicePort port,
      Collection<EndpointSlice> slices,
      Place here) {
    ServiceSpec spec = service.getSpec();
    String protocol = protocol(port.getProtocol());
    String name = Objects.requireNonNullElse(port.getName(), "");
    return new ServicePort(
        service.getMetadata().getNamespace() + "/" + service.getMetadata().getName() + ":" + name,
        protocol,
        address,
        externalAddresses(service, Family.of(address)),
        port.getPort(),
        Objects.requireNonNullElse(port.getNodePort(), 0),
        "Local".equals(spec.getInternalTrafficPolicy()),
        "Local".equals(spec.getExternalTrafficPolicy()),
        affinity(spec),
        endpoints(slices, Family.of(address), name, protocol, here));
  }

  /** Headless services and names for elsewhere need no forwarding. */
  private static boolean forwarded(@Nullable ServiceSpec spec) {
    return spec != null
        && !"ExternalName".equals(spec.getType())
        && spec.getClusterIP() != null
        && !spec.getClusterIP().isEmpty()
        && !spec.getClusterIP().equals("None");
  }

  private static Set<String> clusterAddresses(ServiceSpec spec) {
    Set<String> all = new LinkedHashSet<>(List.of(spec.getClusterIP()));
    all.addAll(spec.getClusterIPs());
    return all;
  }

  private static List<String> externalAddresses(Service service, Family family) {
    TreeSet<String> addresses = new TreeSet<>(service.getSpec().getExternalIPs());
    if (service.getStatus() != null && service.getStatus().getLoadBalancer() != null) {
      service.getStatus().getLoadBalancer().getIngress().stream()
          .map(ingress -> ingress.getIp())
          .filter(Objects::nonNull)
          .forEach(addresses::add);
    }
    return addresses.stream().filter(address -> Family.of(address) == family).toList();
  }

  private static String protocol(@Nullable String protocol) {
    return Objects.requireNonNullElse(protocol, "TCP").toLowerCase(Locale.ROOT);
  }

  private static int affinity(ServiceSpec spec) {
    if (!"ClientIP".equals(spec.getSessionAffinity())) {
      return 0;
    }
    var config = spec.getSessionAffinityConfig();
    Integer seconds =
        config == null || config.getClientIP() == null
            ? null
            : config.getClientIP().getTimeoutSeconds();
    return Objects.requireNonNullElse(seconds, DEFAULT_AFFINITY_SECONDS);
  }

  private static List<ServiceEndpoint> endpoints(
      Collection<EndpointSlice> slices,
      Family family,
      String portName,
      String protocol,
      Place here) {
    TreeSet<ServiceEndpoint> found = new TreeSet<>();
    for (EndpointSlice slice : slices) {
      if (!family.apiName.equals(slice.getAddressType())) {
        continue;
      }
      for (EndpointPort port : slice.getPorts()) {
        boolean named = Objects.requireNonNullElse(port.getName(), "").equals(portName);
        Integer number = port.getPort();
        if (named && number != null && protocol(port.getProtocol()).equals(protocol)) {
          slice.getEndpoints().forEach(e -> add(e, number, here, found));
        }
      }
    }
    return List.copyOf(found);
  }

  /** An absent condition means ready, as in Kubernetes. */
  private static void add(Endpoint endpoint, int port, Place here, Set<ServiceEndpoint> to) {
    EndpointConditions conditions = endpoint.getConditions();
    boolean ready = conditions == null || !Boolean.FALSE.equals(conditions.getReady());
    Boolean serving = conditions == null ? null : conditions.getServing();
    boolean terminating = conditions != null && Boolean.TRUE.equals(conditions.getTerminating());
    EndpointHints hints = endpoint.getHints();
    List<String> nodes =
        hints == null ? List.of() : hints.getForNodes().stream().map(ForNode::getName).toList();
    List<String> zones =
        hints == null ? List.of() : hints.getForZones().stream().map(ForZone::getName).toList();
    if (!endpoint.getAddresses().isEmpty()) {
      to.add(
          new ServiceEndpoint(
              endpoint.getAddresses().getFirst(),
              port,
              ready,
              Objects.requireNonNullElse(serving, ready),
              terminating,
              here.node().equals(endpoint.getNodeName()),
              hint(nodes, here.node()),
              hint(zones, here.zone())));
    }
  }

  private static Hint hint(List<String> meant, String here) {
    if (meant.isEmpty()) {
      return Hint.NONE;
    }
    return meant.contains(here) ? Hint.HERE : Hint.ELSEWHERE;
  }
}
