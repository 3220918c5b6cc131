package io.berth.agent.node;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.agent.runtime.ImageStore;
import io.berth.agent.runtime.ImageStore.Image;
import io.berth.agent.runtime.RuntimeDriver;
import io.berth.api.codec.Json;
import io.berth.api.object.ApiObject;
import io.berth.api.object.Quantity;
import io.berth.api.resource.Resources;
import io.berth.api.time.Environment;
import io.berth.api.time.Timers;
import io.berth.api.transport.ApiException;
import io.berth.client.ApiClient;
import io.berth.client.ApiUnavailableException;
import io.berth.client.BackOff;
import io.berth.client.PatchType;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.IntSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Registers the node and keeps its status true: looks each 2 s, at first more often where something
 * is wrong, writes when something changed, and each 5 minutes in any case. {@link #step} is the
 * loop's body.
 */
public final class NodeLoop implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(NodeLoop.class);
  private static final Duration LOOK = Duration.ofSeconds(2);
  private static final Duration WRITE = Duration.ofMinutes(5);
  private static final BackOff BACK_OFF =
      new BackOff(Duration.ofMillis(100), Duration.ofSeconds(5));

  /** What is wrong at the start is mostly over in a moment, and all pods wait for it. */
  private static final BackOff UNHEALTHY = new BackOff(Duration.ofMillis(100), LOOK);

  private final ApiClient client;

  private final Environment environment;
  private final NodeConfig config;
  private final Supplier<Machine> machine;
  private final Map<String, RuntimeDriver> drivers;
  private final ImageStore images;
  private final Supplier<@Nullable String> network;
  private final IntSupplier port;
  private final NodeLease lease;
  private volatile Map<String, Quantity> allocatable = Map.of();
  private volatile List<String> unhealthy = List.of();
  private volatile boolean closed;
  private volatile Timers.@Nullable Cancellable timer;
  private @Nullable ApiObject node;
  private @Nullable JsonNode written;
  private long writtenNanos;
  private int failures;
  private int looksUnhealthy;
  private List<Image> lastImages = List.of();

  /**
   * @param drivers by handler, the empty one for plain pods
   * @param network null where the pods' network works, else what is wrong
   * @param port the agent's own server's, 0 while there is none
   */
  public NodeLoop(
      ApiClient client,
      Environment environment,
      NodeConfig config,
      Supplier<Machine> machine,
      Map<String, RuntimeDriver> drivers,
      ImageStore images,
      Supplier<@Nullable String> network,
      IntSupplier port) {
    this.client = client;
    this.environment = environment;
    this.config = config;
    this.machine = machine;
    this.drivers = new TreeMap<>(drivers);
    this.images = images;
    this.network = network;
    this.port = port;
    this.lease = new NodeLease(client, environment, config.name());
  }

  public void start() {
    environment.executor().execute(this::run);
  }

  /** What pods may use of the node. */
  public Map<String, Quantity> allocatable() {
    return allocatable;
  }

  /** What is wrong with the runtimes and the network; empty where nothing is. */
  public List<String> unhealthy() {
    return unhealthy;
  }

  private void run() {
    if (closed) {
      return;
    }
    Duration next;
    try {
      step();
      failures = 0;
      looksUnhealthy = unhealthy.isEmpty() ? 0 : looksUnhealthy + 1;
      next = unhealthy.isEmpty() ? LOOK : UNHEALTHY.delay(looksUnhealthy);
    } catch (ApiException | ApiUnavailableException e) {
      next = BACK_OFF.delay(++failures);
      log.warn("node not written node={} error={}", config.name(), e.getMessage());
    }
    if (!closed) {
      timer = environment.timers().after(next, this::run);
    }
  }

  /** Looks at the machine and writes what changed. */
  void step() {
    NodeDocument document = look();
    allocatable = document.allocatable();
    if (node == null) {
      register(document);
    }
    ApiObject known = node;
    if (known == null) {
      return;
    }
    JsonNode before = written == null ? known.tree().path("status") : written;
    ObjectNode status = document.status(before, environment.clock().now());
    boolean due = environment.clock().nanos() - writtenNanos >= WRITE.toNanos();
    if (written != null && !due && settled(written).equals(settled(status))) {
      return;
    }
    ObjectNode patch = Json.object();
    patch.set("status", status);
    try {
      node =
          client.patch(
              Resources.NODES, null, config.name(), "status", PatchType.STRATEGIC_MERGE, patch);
    } catch (ApiException e) {
      if (e.isNotFound()) {
        node = null; // somebody deleted it: it is registered anew
        written = null;
      }
      throw e;
    }
    written = status;
    writtenNanos = environment.clock().nanos();
  }

  private NodeDocument look() {
    List<String> wrong = new ArrayList<>();
    for (Map.Entry<String, RuntimeDriver> entry : drivers.entrySet()) {
      String health = entry.getValue().health();
      // A runtime that only some pods ask for does not take the node from all others.
      if (health != null && entry.getKey().isEmpty()) {
        wrong.add("container runtime is down: " + health);
      }
    }
    String net = network.get();
    if (net != null) {
      wrong.add("container runtime network not ready: " + net);
    }
    if (!wrong.equals(unhealthy)) {
      log.info("node health node={} wrong={}", config.name(), wrong);
    }
    unhealthy = wrong;
    RuntimeDriver plain = drivers.get("");
    if (wrong.isEmpty()) {
      try {
        lastImages = images.list();
      } catch (RuntimeException e) {
        log.debug("images not listed: {}", e.getMessage());
      }
    }
    return new NodeDocument(
        config,
        machine.get(),
        plain == null ? "" : version(plain),
        List.copyOf(drivers.keySet()),
        wrong,
        lastImages,
        port.getAsInt());
  }

  private static String version(RuntimeDriver driver) {
    try {
      return driver.version();
    } catch (RuntimeException e) {
      return driver.name() + "://unknown";
    }
  }

  private void register(NodeDocument document) {
    Optional<ApiObject> present = client.find(Resources.NODES, null, config.name());
    if (present.isEmpty()) {
      node = client.create(Resources.NODES, null, document.whole(environment.clock().now()));
      log.info("node registered node={}", config.name());
    } else {
      ObjectNode patch = Json.object();
      patch.putObject("metadata").set("labels", document.labels());
      if (!present.get().tree().path("spec").has("podCIDR") && !config.podCidr().isEmpty()) {
        ObjectNode spec = patch.putObject("spec").put("podCIDR", config.podCidr());
        spec.putArray("podCIDRs").add(config.podCidr());
      }
      node = client.patch(Resources.NODES, null, config.name(), null, PatchType.MERGE, patch);
    }
    ApiObject now = node;
    if (now != null) {
      lease.start(now.header().uid());
    }
  }

  /** The status without what changes all the time. */
  private static JsonNode settled(JsonNode status) {
    ObjectNode copy = status.deepCopy();
    if (copy.get("conditions") instanceof ArrayNode conditions) {
      conditions.forEach(condition -> ((ObjectNode) condition).remove("lastHeartbeatTime"));
    }
    return copy;
  }

  @Override
  public void close() {
    closed = true;
    lease.close();
    Timers.Cancellable waiting = timer;
    if (waiting != null) {
      waiting.cancel();
    }
  }
}
