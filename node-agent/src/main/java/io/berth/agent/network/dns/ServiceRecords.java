package io.berth.agent.network.dns;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.object.ApiObject;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.xbill.DNS.AAAARecord;
import org.xbill.DNS.ARecord;
import org.xbill.DNS.CNAMERecord;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Name;
import org.xbill.DNS.Record;
import org.xbill.DNS.SRVRecord;
import org.xbill.DNS.TextParseException;
import org.xbill.DNS.Type;

/**
 * What the names of one service stand for, as the <a
 * href="https://github.com/kubernetes/dns/blob/master/docs/specification.md">Kubernetes DNS
 * specification</a> has it; where that leaves something open, as CoreDNS answers. Pure, immutable.
 */
final class ServiceRecords {
  /** Seconds; short, since the objects behind a name come and go. */
  static final long TTL = 5;

  private static final int ALL_WEIGHT = 100;

  private record Endpoint(Name name, Record address) {}

  private final Name service;
  private final Map<Name, List<Record>> records = new HashMap<>();
  private final Set<Name> between = new HashSet<>();
  private final Map<String, Name> byAddress = new LinkedHashMap<>();
  private @Nullable Name alias;

  /**
   * @param name the service's, absolute
   * @param slices its endpoint slices
   * @throws TextParseException a name in an object is none that DNS can hold
   */
  ServiceRecords(Name name, ApiObject service, Collection<ApiObject> slices)
      throws TextParseException {
    this.service = name;
    JsonNode spec = service.tree().path("spec");
    if (spec.path("type").asText().equals("ExternalName")) {
      alias = Name.fromString(spec.path("externalName").asText(), Name.root);
      add(new CNAMERecord(name, DClass.IN, TTL, alias));
      return;
    }
    boolean headless = spec.path("clusterIP").asText().equals("None");
    if (!headless) {
      addClusterAddresses(spec);
    }
    for (ApiObject slice : slices) {
      addEndpoints(slice.tree(), headless);
    }
    if (headless) {
      weigh();
    }
  }

  /** Where an ExternalName service leads; null for the others. */
  @Nullable Name alias() {
    return alias;
  }

  /** Whether there is such a name, if only because there are longer ones. */
  boolean has(Name name) {
    return name.equals(service) || records.containsKey(name) || between.contains(name);
  }

  /** The records of a type, in no order. */
  List<Record> of(Name name, int type) {
    List<Record> all = records.getOrDefault(name, List.of());
    return type == Type.ANY ? all : all.stream().filter(r -> r.getType() == type).toList();
  }

  /** The name that an address goes by, or null. */
  @Nullable Name nameOf(String address) {
    return byAddress.get(address);
  }

  private void addClusterAddresses(JsonNode spec) throws TextParseException {
    List<String> addresses = new ArrayList<>();
    spec.path("clusterIPs").forEach(address -> addresses.add(address.asText()));
    if (addresses.isEmpty() && !spec.path("clusterIP").asText().isEmpty()) {
      addresses.add(spec.path("clusterIP").asText());
    }
    for (String address : addresses) {
      add(addressRecord(service, address));
      byAddress.put(canonical(address), service);
    }
    if (addresses.isEmpty()) {
      return;
    }
    for (JsonNode port : spec.path("ports")) {
      int number = port.path("port").asInt();
      add(new SRVRecord(service, DClass.IN, TTL, 0, ALL_WEIGHT, number, service));
      Name named = portName(port);
      if (named != null) {
        add(new SRVRecord(named, DClass.IN, TTL, 0, ALL_WEIGHT, number, service));
      }
    }
  }

  /** The name itself stands for the endpoints of a headless service only. */
  private void addEndpoints(JsonNode slice, boolean headless) throws TextParseException {
    if (slice.path("addressType").asText().equals("FQDN")) {
      return;
    }
    for (JsonNode endpoint : slice.path("endpoints")) {
      if (!endpoint.path("conditions").path("ready").asBoolean(true)) {
        continue;
      }
      for (JsonNode address : endpoint.path("addresses")) {
        Endpoint known = endpoint(endpoint.path("hostname").asText(), address.asText());
        add(known.address());
        byAddress.putIfAbsent(canonical(address.asText()), known.name());
        if (headless) {
          add(addressRecord(service, address.asText()));
          for (JsonNode port : slice.path("ports")) {
            addPort(known.name(), port);
          }
        }
      }
    }
  }

  private Endpoint endpoint(String hostname, String address) throws TextParseException {
    String label = hostname.isEmpty() ? address.replace('.', '-').replace(':', '-') : hostname;
    Name name = Name.fromString(label.toLowerCase(Locale.ROOT), service);
    return new Endpoint(name, addressRecord(name, address));
  }

  private void addPort(Name target, JsonNode port) throws TextParseException {
    int number = port.path("port").asInt();
    if (number == 0) {
      return;
    }
    add(new SRVRecord(service, DClass.IN, TTL, 0, ALL_WEIGHT, number, target));
    Name named = portName(port);
    if (named != null) {
      add(new SRVRecord(named, DClass.IN, TTL, 0, ALL_WEIGHT, number, target));
    }
  }

  private @Nullable Name portName(JsonNode port) throws TextParseException {
    String name = port.path("name").asText();
    if (name.isEmpty()) {
      return null;
    }
    String protocol = port.path("protocol").asText("TCP").toLowerCase(Locale.ROOT);
    Name below = Name.fromString("_" + protocol, service);
    between.add(below);
    return Name.fromString("_" + name, below);
  }

  /** Shares of equal weight among the targets of each name. */
  private void weigh() {
    for (List<Record> all : records.values()) {
      long targets = all.stream().filter(SRVRecord.class::isInstance).count();
      int weight = (int) Math.max(1, ALL_WEIGHT / Math.max(1, targets));
      all.replaceAll(
          record ->
              record instanceof SRVRecord srv
                  ? new SRVRecord(
                      srv.getName(), DClass.IN, TTL, 0, weight, srv.getPort(), srv.getTarget())
                  : record);
    }
  }

  private void add(Record record) {
    List<Record> all = records.computeIfAbsent(record.getName(), name -> new ArrayList<>());
    if (!all.contains(record)) {
      all.add(record);
    }
  }

  /**
   * @throws IllegalArgumentException it is no address
   */
  static Record addressRecord(Name name, String address) {
    InetAddress parsed = InetAddress.ofLiteral(address);
    return parsed.getAddress().length == 4
        ? new ARecord(name, DClass.IN, TTL, parsed)
        : new AAAARecord(name, DClass.IN, TTL, parsed);
  }

  /** One spelling of an address of the sixth version. */
  static String canonical(String address) {
    return address.indexOf(':') < 0 ? address : InetAddress.ofLiteral(address).getHostAddress();
  }
}
