package io.berth.apiserver.kinds;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.resource.Resources;
import io.berth.api.transport.ApiException;
import io.berth.api.transport.Errors;
import io.berth.api.validation.FieldError;
import io.berth.apiserver.registry.Meta;
import io.berth.apiserver.registry.Strategy.Claim;
import io.berth.apiserver.store.Store;
import io.berth.apiserver.store.StoreUnavailableException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives services their cluster IPs and node ports. What a service has is written in the service;
 * that no other one has it, in {@link Reservations}.
 */
final class ServiceClaims {
  private static final Logger log = LoggerFactory.getLogger(ServiceClaims.class);
  private static final int ATTEMPTS = 32;

  private final Reservations addresses;
  private final Reservations ports;
  private final AddressRange network;
  private final PortRange nodePorts;
  private final RandomGenerator random;

  ServiceClaims(Store store, AddressRange network, PortRange nodePorts, RandomGenerator random) {
    this.addresses = new Reservations(store, "/berth/serviceips/");
    this.ports = new Reservations(store, "/berth/nodeports/");
    this.network = network;
    this.nodePorts = nodePorts;
    this.random = random;
  }

  /** Takes what the service needs and does not have, and writes it into the service. */
  Claim claim(ObjectNode service, @Nullable ObjectNode old, boolean dryRun) {
    Taking taking = new Taking(service, old, dryRun);
    try {
      taking.address();
      taking.nodePorts();
      return taking;
    } catch (RuntimeException e) {
      taking.rollback();
      throw e;
    }
  }

  void release(JsonNode service) {
    String owner = ServiceStrategy.owner(service);
    addressesOf(service).forEach(address -> release(addresses, address, owner));
    portsOf(service).forEach(port -> release(ports, port, owner));
  }

  /** The object's fate is decided: what the store does not take now, {@link #repair} gives back. */
  private static void release(Reservations reservations, String thing, String owner) {
    try {
      reservations.release(thing, owner);
    } catch (StoreUnavailableException e) {
      log.warn("not given back yet thing={} owner={} cause={}", thing, owner, e.getMessage());
    }
  }

  /** Gives back what no service has, in the second call that finds it so. */
  List<String> repair(Iterable<? extends JsonNode> services) {
    Set<String> usedAddresses = new TreeSet<>();
    Set<String> usedPorts = new TreeSet<>();
    for (JsonNode service : services) {
      usedAddresses.addAll(addressesOf(service));
      usedPorts.addAll(portsOf(service));
    }
    List<String> released = new ArrayList<>(addresses.repair(usedAddresses));
    released.addAll(ports.repair(usedPorts));
    return released;
  }

  private static Set<String> addressesOf(@Nullable JsonNode service) {
    Set<String> all = new TreeSet<>();
    if (service != null) {
      String address = service.path("spec").path("clusterIP").asText("");
      if (!address.isEmpty() && !address.equals(ServiceStrategy.NONE)) {
        all.add(address);
      }
    }
    return all;
  }

  private static Set<String> portsOf(@Nullable JsonNode service) {
    Set<String> all = new TreeSet<>();
    if (service != null) {
      for (JsonNode port : service.path("spec").path("ports")) {
        if (port.path("nodePort").asInt() != 0) {
          all.add(portName(port, port.path("nodePort").asInt()));
        }
      }
    }
    return all;
  }

  private static String portName(JsonNode port, int number) {
    return port.path("protocol").asText("TCP") + "/" + number;
  }

  /** What one request takes, to be given back where the service is not stored after all. */
  private final class Taking implements Claim {
    private final ObjectNode service;
    private final ObjectNode spec;
    private final @Nullable ObjectNode old;
    private final boolean dryRun;
    private final String owner;
    private final List<String> newAddresses = new ArrayList<>();
    private final List<String> newPorts = new ArrayList<>();

    Taking(ObjectNode service, @Nullable ObjectNode old, boolean dryRun) {
      this.service = service;
      this.spec = service.withObject("/spec");
      this.old = old;
      this.dryRun = dryRun;
      this.owner = ServiceStrategy.owner(service);
    }

    void address() {
      if (!ServiceStrategy.needsAddress(spec)) {
        return;
      }
      String asked = spec.path("clusterIP").asText("");
      if (asked.equals(ServiceStrategy.NONE) || addressesOf(old).contains(asked)) {
        return;
      }
      String given = asked.isEmpty() ? anyAddress() : exactly(asked);
      spec.put("clusterIP", given).putArray("clusterIPs").add(given);
    }

    private String exactly(String address) {
      if (!network.contains(address)) {
        throw badAddress(
            address,
            "failed to allocate IP "
                + address
                + ": the provided IP is not in the valid range. The range of valid IPs is "
                + network);
      }
      if (!takeAddress(address)) {
        throw badAddress(
            address, "failed to allocate IP " + address + ": provided IP is already allocated");
      }
      return address;
    }

    private ApiException badAddress(String address, String why) {
      return invalid(FieldError.invalidRaw("spec.clusterIPs", "[\"" + address + "\"]", why));
    }

    private String anyAddress() {
      for (int i = 0; i < ATTEMPTS; i++) {
        String address = network.random(random);
        if (takeAddress(address)) {
          return address;
        }
      }
      for (String address : network.all()) {
        if (takeAddress(address)) {
          return address;
        }
      }
      throw Errors.internal("failed to allocate a serviceIP: range is full");
    }

    private boolean takeAddress(String address) {
      boolean taken = dryRun ? !addresses.taken(address) : addresses.take(address, owner);
      if (taken && !dryRun) {
        newAddresses.add(address);
      }
      return taken;
    }

    void nodePorts() {
      if (!ServiceStrategy.needsNodePorts(spec)) {
        return;
      }
      Set<String> had = portsOf(old);
      JsonNode all = spec.path("ports");
      for (int i = 0; i < all.size(); i++) {
        ObjectNode port = (ObjectNode) all.get(i);
        int asked = port.path("nodePort").asInt();
        if (asked == 0) {
          port.put("nodePort", anyPort(port));
        } else if (!had.contains(portName(port, asked))) {
          exactly(i, port, asked);
        }
      }
    }

    private void exactly(int index, JsonNode port, int asked) {
      String field = "spec.ports[" + index + "].nodePort";
      if (!nodePorts.contains(asked)) {
        throw invalid(
            FieldError.invalid(
                field,
                asked,
                "provided port is not in the valid range. The range of valid ports is "
                    + nodePorts));
      }
      if (!takePort(portName(port, asked))) {
        throw invalid(FieldError.invalid(field, asked, "provided port is already allocated"));
      }
    }

    private int anyPort(JsonNode port) {
      for (int i = 0; i < ATTEMPTS; i++) {
        int number = nodePorts.random(random);
        if (takePort(portName(port, number))) {
          return number;
        }
      }
      for (int number = nodePorts.first(); number <= nodePorts.last(); number++) {
        if (takePort(portName(port, number))) {
          return number;
        }
      }
      throw Errors.internal("failed to allocate a nodePort: range is full");
    }

    private boolean takePort(String name) {
      boolean taken = dryRun ? !ports.taken(name) : ports.take(name, owner);
      if (taken && !dryRun) {
        newPorts.add(name);
      }
      return taken;
    }

    private ApiException invalid(FieldError error) {
      return Errors.invalid(Resources.SERVICES, Meta.name(service), List.of(error));
    }

    @Override
    public void commit() {
      Set<String> lostAddresses = addressesOf(old);
      lostAddresses.removeAll(addressesOf(service));
      lostAddresses.forEach(address -> ServiceClaims.release(addresses, address, owner));
      Set<String> lostPorts = portsOf(old);
      lostPorts.removeAll(portsOf(service));
      lostPorts.forEach(port -> ServiceClaims.release(ports, port, owner));
    }

    @Override
    public void rollback() {
      newAddresses.forEach(address -> ServiceClaims.release(addresses, address, owner));
      newPorts.forEach(port -> ServiceClaims.release(ports, port, owner));
      newAddresses.clear();
      newPorts.clear();
    }
  }
}
