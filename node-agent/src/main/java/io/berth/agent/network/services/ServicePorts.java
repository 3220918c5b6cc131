package io.berth.agent.network.services;

import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceSpec;
import io.fabric8.kubernetes.api.model.discovery.v1.Endpoint;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointConditions;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointPort;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Reads what this node is to forward from services and their endpoint slices. Pure functions. */
final class ServicePorts {
  private static final int DEFAULT_AFFINITY_SECONDS = 10_800;

  private ServicePorts() {}

  /** A field that this node cannot act on. */
  record NotSupported(String fieldPath, String why) {}

  /** What of a service is left out here; nothing for one that needs no forwarding. */
  static List<NotSupported> notSupported(Service service) {
    List<NotSupported> found = new ArrayList<>();
    ServiceSpec spec = service.getSpec();
    if (!forwarded(spec)) {
      return found;
    }
    if (clusterAddress(spec).isEmpty()) {
      found.add(new NotSupported("spec.ipFamilies", "only IPv4 addresses are forwarded"));
    }
    List<io.fabric8.kubernetes.api.model.ServicePort> ports = spec.getPorts();
    for (int i = 0; i < ports.size(); i++) {
      if (protocol(ports.get(i).getProtocol()).isEmpty()) {
        found.add(
            new NotSupported("spec.ports[" + i + "].protocol", "only TCP and UDP are forwarded"));
      }
    }
    return found;
  }

  static List<ServicePort> of(Service service, Collection<EndpointSlice> slices, String nodeName) {
    ServiceSpec spec = service.getSpec();
    Optional<String> address = forwarded(spec) ? clusterAddress(spec) : Optional.empty();
    if (address.isEmpty()) {
      return List.of();
    }
    List<ServicePort> ports = new ArrayList<>();
    for (var port : spec.getPorts()) {
      Optional<String> protocol = protocol(port.getProtocol());
      if (protocol.isPresent()) {
        ports.add(port(service, address.get(), port, protocol.get(), slices, nodeName));
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
        .map(p -> p.to(new ServiceEndpoint(address, p.port(), true, true, false, true)))
        .toList();
  }

  private static ServicePort port(
      Service service,
      String address,
      io.fabric8.kubernetes.api.model.ServicePort port,
      String protocol,
      Collection<EndpointSlice> slices,
      String nodeName) {
    ServiceSpec spec = service.getSpec();
    String name = Objects.requireNonNullElse(port.getName(), "");
    return new ServicePort(
        service.getMetadata().getNamespace() + "/" + service.getMetadata().getName() + ":" + name,
        protocol,
        address,
        externalAddresses(service),
        port.getPort(),
        Objects.requireNonNullElse(port.getNodePort(), 0),
        "Local".equals(spec.getInternalTrafficPolicy()),
        "Local".equals(spec.getExternalTrafficPolicy()),
        affinity(spec),
        endpoints(slices, name, protocol, nodeName));
  }

  /** Headless services and names for elsewhere need no forwarding. */
  private static boolean forwarded(@Nullable ServiceSpec spec) {
    return spec != null
        && !"ExternalName".equals(spec.getType())
        && spec.getClusterIP() != null
        && !spec.getClusterIP().isEmpty()
        && !spec.getClusterIP().equals("None");
  }

  private static Optional<String> clusterAddress(ServiceSpec spec) {
    List<String> all = new ArrayList<>(List.of(spec.getClusterIP()));
    all.addAll(spec.getClusterIPs());
    return all.stream().filter(ServicePorts::isIpv4).findFirst();
  }

  private static List<String> externalAddresses(Service service) {
    TreeSet<String> addresses = new TreeSet<>(service.getSpec().getExternalIPs());
    if (service.getStatus() != null && service.getStatus().getLoadBalancer() != null) {
      service.getStatus().getLoadBalancer().getIngress().stream()
          .map(ingress -> ingress.getIp())
          .filter(Objects::nonNull)
          .forEach(addresses::add);
    }
    return addresses.stream().filter(ServicePorts::isIpv4).toList();
  }

  private static boolean isIpv4(String address) {
    return address.matches("[0-9]{1,3}(\\.[0-9]{1,3}){3}");
  }

  private static Optional<String> protocol(@Nullable String protocol) {
    String name = Objects.requireNonNullElse(protocol, "TCP").toLowerCase(Locale.ROOT);
    return name.equals("tcp") || name.equals("udp") ? Optional.of(name) : Optional.empty();
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
      Collection<EndpointSlice> slices, String portName, String protocol, String nodeName) {
    TreeSet<ServiceEndpoint> found = new TreeSet<>();
    for (EndpointSlice slice : slices) {
      if (!"IPv4".equals(slice.getAddressType())) {
        continue;
      }
      for (EndpointPort port : slice.getPorts()) {
        boolean named = Objects.requireNonNullElse(port.getName(), "").equals(portName);
        Integer number = port.getPort();
        if (named && number != null && protocol(port.getProtocol()).equals(Optional.of(protocol))) {
          slice.getEndpoints().forEach(e -> add(e, number, nodeName, found));
        }
      }
    }
    return List.copyOf(found);
  }

  /** An absent condition means ready, as in Kubernetes. */
  private static void add(Endpoint endpoint, int port, String nodeName, Set<ServiceEndpoint> to) {
    EndpointConditions conditions = endpoint.getConditions();
    boolean ready = conditions == null || !Boolean.FALSE.equals(conditions.getReady());
    Boolean serving = conditions == null ? null : conditions.getServing();
    boolean terminating = conditions != null && Boolean.TRUE.equals(conditions.getTerminating());
    if (!endpoint.getAddresses().isEmpty()) {
      to.add(
          new ServiceEndpoint(
              endpoint.getAddresses().getFirst(),
              port,
              ready,
              Objects.requireNonNullElse(serving, ready),
              terminating,
              nodeName.equals(endpoint.getNodeName())));
    }
  }
}
