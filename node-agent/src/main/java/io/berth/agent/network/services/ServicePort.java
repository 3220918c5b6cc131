package io.berth.agent.network.services;

import io.berth.agent.network.Family;
import java.util.List;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * One port of a service, for one family of addresses, as this node is to forward it.
 *
 * @param id namespace, name and port's name, such as {@code default/web:http}
 * @param protocol {@code tcp}, {@code udp} or {@code sctp}
 * @param clusterAddress whose family all addresses here are of
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

  Family family() {
    return Family.of(clusterAddress);
  }

  /** Where connections from inside the cluster go. */
  List<ServiceEndpoint> inside() {
    return localInside ? local() : everywhere();
  }

  /** Those on this node. */
  List<ServiceEndpoint> local() {
    return usable(ServiceEndpoint::local);
  }

  /** Those of all nodes; the near ones alone where slices say so and there is one. */
  List<ServiceEndpoint> everywhere() {
    List<ServiceEndpoint> all = usable(endpoint -> true);
    List<ServiceEndpoint> here = meantFor(all, ServiceEndpoint::forNode);
    return here.isEmpty() ? orAll(meantFor(all, ServiceEndpoint::forZone), all) : here;
  }

  private static List<ServiceEndpoint> orAll(
      List<ServiceEndpoint> some, List<ServiceEndpoint> all) {
    return some.isEmpty() ? all : some;
  }

  /** Hints count only where every endpoint has one: a part of them says nothing of the rest. */
  private static List<ServiceEndpoint> meantFor(
      List<ServiceEndpoint> all, Function<ServiceEndpoint, Hint> hint) {
    return all.stream().anyMatch(endpoint -> hint.apply(endpoint) == Hint.NONE)
        ? List.of()
        : all.stream().filter(endpoint -> hint.apply(endpoint) == Hint.HERE).toList();
  }

  /** Whether it has endpoints at all; without any it refuses, with some elsewhere it drops. */
  boolean hasAny() {
    return !usable(endpoint -> true).isEmpty();
  }

  /** The ready ones; where there are none, those that end but still answer. */
  private List<ServiceEndpoint> usable(Predicate<ServiceEndpoint> place) {
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
