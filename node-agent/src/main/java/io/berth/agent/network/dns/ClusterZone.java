package io.berth.agent.network.dns;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.object.ApiObject;
import io.berth.client.Informer;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.xbill.DNS.DClass;
import org.xbill.DNS.NSRecord;
import org.xbill.DNS.Name;
import org.xbill.DNS.PTRRecord;
import org.xbill.DNS.Rcode;
import org.xbill.DNS.Record;
import org.xbill.DNS.ReverseMap;
import org.xbill.DNS.SOARecord;
import org.xbill.DNS.SRVRecord;
import org.xbill.DNS.TXTRecord;
import org.xbill.DNS.TextParseException;
import org.xbill.DNS.Type;

/**
 * The names of the cluster: services, their endpoints and ports, pods by their address, and the
 * addresses back to names. It reads the objects as they are when it is asked, and keeps what it
 * worked out for a service as long as its objects are the same. Safe for use by many threads.
 */
final class ClusterZone {
  private static final Logger log = LoggerFactory.getLogger(ClusterZone.class);
  private static final String BY_SERVICE = "service";
  private static final String BY_ADDRESS = "address";
  private static final String SERVICE_LABEL = "kubernetes.io/service-name";
  private static final String SCHEMA_VERSION = "1.1.0";

  /**
   * @param rcode of {@link Rcode}
   * @param alias where an answer goes on outside of the zone's knowledge, or null
   */
  record Answer(int rcode, List<Record> answers, List<Record> additional, @Nullable Name alias) {
    static Answer of(List<Record> records) {
      return new Answer(Rcode.NOERROR, records, List.of(), null);
    }

    static Answer none() {
      return new Answer(Rcode.NXDOMAIN, List.of(), List.of(), null);
    }
  }

  private record Known(ApiObject service, List<ApiObject> slices, ServiceRecords records) {
    boolean isOf(ApiObject now, List<ApiObject> slicesNow) {
      if (!same(service, now) || slices.size() != slicesNow.size()) {
        return false;
      }
      for (int i = 0; i < slices.size(); i++) {
        if (!same(slices.get(i), slicesNow.get(i))) {
          return false;
        }
      }
      return true;
    }

    private static boolean same(ApiObject one, ApiObject other) {
      return one.header().revision() == other.header().revision()
          && one.header().uid().equals(other.header().uid());
    }
  }

  private final Informer services;
  private final Informer slices;
  private final List<String> own;
  private final Name zone;
  private final Name serviceZone;
  private final Name server;
  private final Map<String, Known> known = new ConcurrentHashMap<>();

  /**
   * @param domain such as {@code cluster.local}
   * @param own addresses of the server itself
   */
  ClusterZone(Informer services, Informer slices, String domain, List<String> own) {
    this.services = services;
    this.slices = slices;
    this.own = List.copyOf(own);
    this.zone = Name.fromConstantString(domain + ".");
    this.serviceZone = Name.fromConstantString("svc." + domain + ".");
    this.server = Name.fromConstantString("ns.dns." + domain + ".");
    services.addIndex(BY_ADDRESS, ClusterZone::clusterAddresses);
    slices.addIndex(BY_ADDRESS, ClusterZone::endpointAddresses);
    slices.addIndex(BY_SERVICE, ClusterZone::serviceOf);
  }

  /** Whether all objects have been read once; before, a name that is not found may well be. */
  boolean complete() {
    return services.synced() && slices.synced();
  }

  boolean contains(Name name) {
    return name.subdomain(zone);
  }

  /** What the zone is ruled by; says how long it may be remembered that something is not there. */
  Record authority() {
    return new SOARecord(
        zone,
        DClass.IN,
        ServiceRecords.TTL,
        server,
        Name.fromConstantString("hostmaster." + zone),
        1,
        7200,
        1800,
        86_400,
        ServiceRecords.TTL);
  }

  /** An answer for a name that the zone contains. */
  Answer lookup(Name name, int type) {
    int labels = name.labels() - zone.labels();
    if (labels == 0) {
      return Answer.of(apex(type));
    }
    String kind = label(name, labels - 1);
    return switch (kind) {
      case "svc" -> labels < 3 ? space(name, labels) : service(name, type, labels);
      case "pod" -> labels < 3 ? space(name, labels) : pod(name, type, labels);
      case "dns" -> serverName(name, type);
      case "dns-version" -> labels == 1 ? Answer.of(version(name, type)) : Answer.none();
      default -> Answer.none();
    };
  }

  /** The name behind {@code 4.3.2.1.in-addr.arpa.} and its like; empty where it is none of ours. */
  Optional<Record> reverse(Name question) {
    String address;
    try {
      address = ReverseMap.fromName(question).getHostAddress();
    } catch (UnknownHostException | RuntimeException e) {
      return Optional.empty();
    }
    String text = ServiceRecords.canonical(address);
    Optional<Record> ofService =
        services.byIndex(BY_ADDRESS, text).stream()
            .flatMap(service -> pointer(question, service, text).stream())
            .findFirst();
    if (ofService.isPresent()) {
      return ofService;
    }
    return slices.byIndex(BY_ADDRESS, text).stream()
        .flatMap(slice -> serviceOf(slice).stream())
        .map(key -> key.split("/", 2))
        .flatMap(key -> services.get(key[0], key[1]).stream())
        .flatMap(service -> pointer(question, service, text).stream())
        .findFirst();
  }

  private Optional<Record> pointer(Name question, ApiObject service, String address) {
    ServiceRecords records = records(service);
    Name name = records == null ? null : records.nameOf(address);
    return name == null
        ? Optional.empty()
        : Optional.of(new PTRRecord(question, DClass.IN, ServiceRecords.TTL, name));
  }

  private List<Record> apex(int type) {
    return switch (type) {
      case Type.SOA -> List.of(authority());
      case Type.NS -> List.of(new NSRecord(zone, DClass.IN, ServiceRecords.TTL, server));
      default -> List.of();
    };
  }

  private Answer serverName(Name name, int type) {
    if (!server.subdomain(name) || name.labels() > server.labels()) {
      return Answer.none();
    }
    return name.equals(server) ? Answer.of(addresses(server, own, type)) : Answer.of(List.of());
  }

  private static List<Record> version(Name name, int type) {
    return type == Type.TXT
        ? List.of(new TXTRecord(name, DClass.IN, ServiceRecords.TTL, SCHEMA_VERSION))
        : List.of();
  }

  /** Names that stand for nothing themselves: {@code svc}, and namespaces that hold a service. */
  private Answer space(Name name, int labels) {
    boolean there = labels == 1 || !services.inNamespace(label(name, 0)).isEmpty();
    return there ? Answer.of(List.of()) : Answer.none();
  }

  private Answer service(Name name, int type, int labels) {
    Optional<ApiObject> service = services.get(label(name, labels - 2), label(name, labels - 3));
    ServiceRecords records = service.map(this::records).orElse(null);
    if (records == null || !records.has(name)) {
      return Answer.none();
    }
    Name alias = records.alias();
    if (alias != null) {
      boolean goesOn = type != Type.CNAME && type != Type.ANY;
      return new Answer(
          Rcode.NOERROR, records.of(name, Type.CNAME), List.of(), goesOn ? alias : null);
    }
    List<Record> found = records.of(name, type);
    Set<Record> additional = new LinkedHashSet<>();
    for (Record record : found) {
      if (record instanceof SRVRecord srv) {
        additional.addAll(records.of(srv.getTarget(), Type.A));
        additional.addAll(records.of(srv.getTarget(), Type.AAAA));
      }
    }
    return new Answer(Rcode.NOERROR, found, List.copyOf(additional), null);
  }

  /** {@code 10-244-0-5.default.pod}: the address itself, of whatever pod has it. */
  private Answer pod(Name name, int type, int labels) {
    String dashed = label(name, 0);
    if (labels > 3 || dashed.indexOf('-') < 0) {
      return Answer.none();
    }
    String address =
        dashed.matches("[0-9]+-[0-9]+-[0-9]+-[0-9]+")
            ? dashed.replace('-', '.')
            : dashed.replace('-', ':');
    try {
      return Answer.of(addresses(name, List.of(address), type));
    } catch (IllegalArgumentException e) {
      return Answer.none();
    }
  }

  private static List<Record> addresses(Name name, List<String> addresses, int type) {
    return addresses.stream()
        .map(address -> ServiceRecords.addressRecord(name, address))
        .filter(record -> type == Type.ANY || record.getType() == type)
        .toList();
  }

  private @Nullable ServiceRecords records(ApiObject service) {
    String key = service.key().namespace() + "/" + service.key().name();
    List<ApiObject> its = slices.byIndex(BY_SERVICE, key);
    Known before = known.get(key);
    if (before != null && before.isOf(service, its)) {
      return before.records();
    }
    try {
      Name name =
          Name.fromString(service.key().name() + "." + service.key().namespace(), serviceZone);
      ServiceRecords records = new ServiceRecords(name, service, its);
      known.put(key, new Known(service, its, records));
      return records;
    } catch (TextParseException | IllegalArgumentException e) {
      log.warn("service has no name in DNS service={} error={}", key, e.getMessage());
      return null;
    }
  }

  /** Takes what was worked out for services that are gone. */
  void forget(ApiObject service) {
    known.remove(service.key().namespace() + "/" + service.key().name());
  }

  private static String label(Name name, int index) {
    return name.getLabelString(index).toLowerCase(Locale.ROOT);
  }

  private static Collection<String> clusterAddresses(ApiObject service) {
    List<String> addresses = new ArrayList<>();
    JsonNode spec = service.tree().path("spec");
    spec.path("clusterIPs")
        .forEach(address -> addresses.add(ServiceRecords.canonical(address.asText())));
    addresses.remove("None");
    return addresses;
  }

  private static Collection<String> endpointAddresses(ApiObject slice) {
    List<String> addresses = new ArrayList<>();
    for (JsonNode endpoint : slice.tree().path("endpoints")) {
      endpoint
          .path("addresses")
          .forEach(address -> addresses.add(ServiceRecords.canonical(address.asText())));
    }
    return addresses;
  }

  private static Collection<String> serviceOf(ApiObject slice) {
    String name = slice.header().labels().get(SERVICE_LABEL);
    return name == null ? List.of() : List.of(slice.key().namespace() + "/" + name);
  }
}
