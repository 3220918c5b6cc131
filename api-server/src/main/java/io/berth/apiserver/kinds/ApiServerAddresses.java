package io.berth.apiserver.kinds;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.resource.Resources;
import io.berth.api.time.Environment;
import io.berth.api.time.Timers;
import io.berth.api.transport.ApiException;
import io.berth.apiserver.registry.Meta;
import io.berth.apiserver.server.RequestHandler;
import io.berth.apiserver.store.Store;
import io.berth.apiserver.store.StoreException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the endpoints of the service {@code kubernetes} those of the API servers that live. Each
 * server renews a record of its own in the store and looks at those of the others; one that was not
 * renewed for {@link #LOST}, measured here from when a change of it was seen, counts as gone. So
 * several servers write the same, and none takes the others' addresses away.
 */
public final class ApiServerAddresses implements AutoCloseable {
  static final Duration EVERY = Duration.ofSeconds(10);
  static final Duration LOST = Duration.ofSeconds(35);

  /** Outside of the objects' prefix; a record that nobody renews leaves the store by itself. */
  private static final String PREFIX = "/berth/apiservers/";

  private static final long LIFETIME_SECONDS = 120;
  private static final String KUBERNETES = "kubernetes";
  private static final Logger log = LoggerFactory.getLogger(ApiServerAddresses.class);

  private record Seen(long revision, long nanos) {}

  private final Store store;
  private final Environment environment;
  private final OwnRequests requests;
  private final SortedSet<String> own;
  private final int port;
  private final Map<String, Seen> seen = new HashMap<>();
  private boolean closed;
  private Timers.@Nullable Cancellable next;

  /**
   * @param addresses IPv4 addresses at which nodes and pods reach this server, no loopback ones;
   *     empty where it has none, and then nothing happens
   * @param port at all of them
   */
  public ApiServerAddresses(
      RequestHandler handler,
      Store store,
      Environment environment,
      List<String> addresses,
      int port) {
    this.store = store;
    this.environment = environment;
    this.requests = new OwnRequests(handler);
    this.own = new TreeSet<>(addresses);
    this.port = port;
  }

  /** Publishes this server now, and goes on. */
  public void start() {
    if (!own.isEmpty()) {
      step();
      later();
    }
  }

  private synchronized void later() {
    if (!closed) {
      next =
          environment
              .timers()
              .after(
                  EVERY,
                  () -> {
                    step();
                    later();
                  });
    }
  }

  /** Renews the own record and brings the endpoints up to date. */
  synchronized void step() {
    if (closed) {
      return;
    }
    try {
      renew();
      publish(living());
    } catch (StoreException | ApiException e) {
      log.warn("addresses of API servers not published error={}", e.getMessage());
    }
  }

  private String key() {
    return PREFIX + own.first() + ":" + port;
  }

  private void renew() {
    ObjectNode record = Json.object().put("port", port);
    own.forEach(record.putArray("addresses")::add);
    byte[] value = Json.bytes(record);
    Optional<Store.Entry> there = store.get(key());
    if (there.isPresent()) {
      store.update(key(), value, there.get().modRevision(), LIFETIME_SECONDS);
    } else {
      store.create(key(), value, LIFETIME_SECONDS);
    }
  }

  private SortedSet<String> living() {
    SortedSet<String> living = new TreeSet<>(own);
    long now = environment.clock().nanos();
    for (Store.Entry entry : store.range(PREFIX, null, 0, 0).entries()) {
      Seen last = seen.get(entry.key());
      if (last == null || last.revision() != entry.modRevision()) {
        last = new Seen(entry.modRevision(), now);
        seen.put(entry.key(), last);
      }
      JsonNode record = Json.parse(entry.value());
      if (now - last.nanos() < LOST.toNanos() && record.path("port").asInt() == port) {
        record.path("addresses").forEach(address -> living.add(address.asText()));
      }
    }
    return living;
  }

  private void publish(SortedSet<String> addresses) {
    put(Resources.ENDPOINTS, endpoints(addresses));
    put(Resources.ENDPOINT_SLICES, slice(addresses));
  }

  private void put(ResourceDefinition resource, ObjectNode object) {
    Optional<ObjectNode> there = requests.find(resource, "default", KUBERNETES);
    if (there.isEmpty()) {
      requests.create(resource, "default", object);
    } else if (!same(there.get(), object)) {
      requests.update(resource, "default", object);
      log.info("published API servers kind={}", resource.kind());
    }
  }

  /** Whether the object says already what is wanted; what the server fills in does not count. */
  private static boolean same(ObjectNode there, ObjectNode wanted) {
    for (String field : List.of("subsets", "endpoints", "ports")) {
      if (wanted.has(field) && !wanted.get(field).equals(there.get(field))) {
        return false;
      }
    }
    return true;
  }

  private ObjectNode endpoints(SortedSet<String> addresses) {
    ObjectNode endpoints = labelled(Resources.ENDPOINTS);
    endpoints.withObject("/metadata/labels").put("endpointslice.kubernetes.io/skip-mirror", "true");
    ObjectNode subset = endpoints.putArray("subsets").addObject();
    ArrayNode list = subset.putArray("addresses");
    addresses.forEach(address -> list.addObject().put("ip", address));
    port(subset.putArray("ports").addObject());
    return endpoints;
  }

  private ObjectNode slice(SortedSet<String> addresses) {
    ObjectNode slice = labelled(Resources.ENDPOINT_SLICES);
    slice.withObject("/metadata/labels").put("kubernetes.io/service-name", KUBERNETES);
    slice.put("addressType", "IPv4");
    ArrayNode endpoints = slice.putArray("endpoints");
    for (String address : addresses) {
      ObjectNode endpoint = endpoints.addObject();
      endpoint.putArray("addresses").add(address);
      endpoint.putObject("conditions").put("ready", true);
    }
    port(slice.putArray("ports").addObject());
    return slice;
  }

  private void port(ObjectNode ofObject) {
    ofObject.put("name", "https").put("port", port).put("protocol", "TCP");
  }

  private static ObjectNode labelled(ResourceDefinition resource) {
    ObjectNode object =
        Json.object().put("kind", resource.kind()).put("apiVersion", resource.apiVersion());
    Meta.of(object)
        .put("name", KUBERNETES)
        .put("namespace", "default")
        .putObject("labels")
        .put("provider", KUBERNETES);
    return object;
  }

  /** Takes its record away, so that the others need not wait for it. */
  @Override
  public synchronized void close() {
    closed = true;
    if (next != null) {
      next.cancel();
    }
    if (own.isEmpty()) {
      return;
    }
    try {
      store.get(key()).ifPresent(entry -> store.delete(entry.key(), entry.modRevision()));
    } catch (StoreException e) {
      log.debug("own record not removed error={}", e.getMessage());
    }
  }
}
