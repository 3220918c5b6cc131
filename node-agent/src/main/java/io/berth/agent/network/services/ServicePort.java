package io.berth.agent.network.services;

import java.util.List;
import java.util.function.Predicate;

/**
 * One port of a service as this node is to forward it.
 *
 * @param id namespace, name and port's name, such as {@code default/web:http}
 * @param protocol {@code tcp} or {@code udp}
 * @param clusterAddress IPv4
 * @param externalAddresses addresses of the outside world that lead here
 * @param port on the addresses
 * @param nodePort on the node, 0 for none
 * @param localInside traffic from inside stays on the node
 * @param localOutside traffic from outside stays on the node, and keeps its source
 * @param affinitySeconds how long a client keeps its endpoint, 0 for not at all
 * @param endpoints in order
 */
record ServicePort(
    String id,
    String protocol,
    String clusterAddress,
    List<String> externalAddresses,
    int port,
    int nodePort,
    boolean localInside,
    boolean localOutside,
    int affinitySeconds,
    List<ServiceEndpoint> endpoints) {

  /** Where connections from inside the cluster go. */
  List<ServiceEndpoint> inside() {
    return usable(localInside);
  }

  /** Where connections from outside go. */
  List<ServiceEndpoint> outside() {
    return usable(localOutside);
  }

  /** Whether it has endpoints at all; without any it refuses, with some elsewhere it drops. */
  boolean hasAny() {
    return !usable(false).isEmpty();
  }

  /** The ready ones; where there are none, those that end but still answer. */
  private List<ServiceEndpoint> usable(boolean localOnly) {
    Predicate<ServiceEndpoint> place = endpoint -> endpoint.local() || !localOnly;
    List<ServiceEndpoint> ready =
        endpoints.stream().filter(place).filter(ServiceEndpoint::ready).toList();
    return !ready.isEmpty()
        ? ready
        : endpoints.stream()
            .filter(place)
            .filter(endpoint -> endpoint.serving() && endpoint.terminating())
            .toList();
  }

  ServicePort to(ServiceEndpoint endpoint) {
    return new ServicePort(
        id,
        protocol,
        clusterAddress,
        externalAddresses,
        port,
        nodePort,
        localInside,
        localOutside,
        affinitySeconds,
        List.of(endpoint));
  }
}
