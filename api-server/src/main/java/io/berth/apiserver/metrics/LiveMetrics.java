package io.berth.apiserver.metrics;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Headers;
import io.berth.api.codec.Json;
import io.berth.api.object.ApiObject;
import io.berth.api.object.ObjectKey;
import io.berth.api.object.Quantity;
import io.berth.api.object.Times;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.resource.Resources;
import io.berth.api.time.Environment;
import io.berth.apiserver.cache.WatchCache;
import io.berth.apiserver.registry.Measured;
import io.berth.apiserver.streaming.NodeClient;
import io.berth.apiserver.streaming.NodeLocator;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * {@code NodeMetrics} and {@code PodMetrics}: names and labels from the cache, figures from the
 * agents of the nodes concerned. A pod is there once all of its containers that run have a rate.
 */
public final class LiveMetrics implements Measured {
  private static final String NODE_NAME = "spec.nodeName";
  private static final int NANO_DIGITS = 9;

  private final WatchCache cache;
  private final AgentFigures figures;
  private final Environment environment;

  public LiveMetrics(WatchCache cache, NodeClient agents, Environment environment) {
    this.cache = cache;
    this.environment = environment;
    this.figures = new AgentFigures(new NodeLocator(cache::find), agents, environment);
  }

  @Override
  public boolean serves(ResourceDefinition resource) {
    return resource.group().equals(MetricKinds.GROUP) && MetricKinds.all().contains(resource);
  }

  private static boolean ofNodes(ResourceDefinition resource) {
    return resource.equals(MetricKinds.NODES);
  }

  @Override
  public List<ApiObject> list(
      ResourceDefinition resource, String namespace, Predicate<ApiObject> wanted) {
    ResourceDefinition of = ofNodes(resource) ? Resources.NODES : Resources.PODS;
    List<ApiObject> found =
        cache.list(of.groupResource(), namespace.isEmpty() ? null : namespace).objects().stream()
            .filter(wanted)
            .toList();
    return measure(resource, found);
  }

  @Override
  public Optional<ApiObject> find(ResourceDefinition resource, String namespace, String name) {
    ResourceDefinition of = ofNodes(resource) ? Resources.NODES : Resources.PODS;
    return cache
        .find(ObjectKey.of(of.groupResource(), namespace, name))
        .flatMap(object -> measure(resource, List.of(object)).stream().findFirst());
  }

  private List<ApiObject> measure(ResourceDefinition resource, List<ApiObject> objects) {
    boolean nodes = ofNodes(resource);
    Set<String> names = new TreeSet<>();
    objects.forEach(object -> names.add(nodes ? object.key().name() : node(object)));
    names.remove("");
    Map<String, JsonNode> documents = figures.of(names);
    Map<String, JsonNode> pods = nodes ? Map.of() : pods(documents);
    List<ApiObject> measured = new ArrayList<>();
    for (ApiObject object : objects) {
      ObjectNode json =
          nodes
              ? node(object, documents.get(object.key().name()))
              : pod(object, pods.get(object.header().uid()));
      if (json != null) {
        byte[] bytes = Json.bytes(json);
        measured.add(new ApiObject(Headers.read(resource, bytes, 0), bytes));
      }
    }
    return measured;
  }

  private static String node(ApiObject pod) {
    return pod.header().fields().getOrDefault(NODE_NAME, "");
  }

  private static Map<String, JsonNode> pods(Map<String, JsonNode> documents) {
    Map<String, JsonNode> pods = new HashMap<>();
    documents
        .values()
        .forEach(
            document -> document.path("pods").forEach(p -> pods.put(p.path("uid").asText(), p)));
    return pods;
  }

  private @Nullable ObjectNode node(ApiObject node, @Nullable JsonNode document) {
    JsonNode use = document == null ? Json.object() : document.path("node");
    if (use.isEmpty()) {
      return null;
    }
    ObjectNode json = begin(MetricKinds.NODES, node, use);
    json.set("usage", usage(use));
    return json;
  }

  private @Nullable ObjectNode pod(ApiObject pod, @Nullable JsonNode figures) {
    if (figures == null || figures.path("containers").isEmpty()) {
      return null;
    }
    Map<String, JsonNode> byName = new HashMap<>();
    figures.path("containers").forEach(one -> byName.put(one.path("name").asText(), one));
    ArrayNode containers = Json.mapper().createArrayNode();
    JsonNode oldest = figures.path("containers").get(0);
    JsonNode status = pod.tree().path("status");
    for (String list : List.of("containerStatuses", "initContainerStatuses")) {
      for (JsonNode one : status.path(list)) {
        JsonNode use = byName.get(one.path("name").asText());
        if (use == null && one.path("state").has("running")) {
          return null; // only just begun: no rate yet
        }
        if (use != null) {
          ObjectNode container = containers.addObject().put("name", one.path("name").asText());
          container.set("usage", usage(use));
        }
      }
    }
    if (containers.isEmpty()) {
      return null;
    }
    ObjectNode json = begin(MetricKinds.PODS, pod, oldest);
    json.set("containers", containers);
    return json;
  }

  private ObjectNode begin(ResourceDefinition kind, ApiObject of, JsonNode use) {
    ObjectNode json = Json.object().put("kind", kind.kind()).put("apiVersion", kind.apiVersion());
    ObjectNode metadata = json.putObject("metadata").put("name", of.key().name());
    if (kind.namespaced()) {
      metadata.put("namespace", of.key().namespace());
    }
    metadata.put("creationTimestamp", Times.seconds(environment.clock().now()));
    if (!of.header().labels().isEmpty()) {
      ObjectNode labels = metadata.putObject("labels");
      new java.util.TreeMap<>(of.header().labels()).forEach(labels::put);
    }
    json.put("timestamp", use.path("time").asText());
    json.put("window", window(use.path("window").asLong()));
    return json;
  }

  private static ObjectNode usage(JsonNode use) {
    BigDecimal cores = BigDecimal.valueOf(use.path("cpu").asLong(), NANO_DIGITS);
    return Json.object()
        .put("cpu", new Quantity(cores, Quantity.Form.DECIMAL).toString())
        .put("memory", Quantity.ofBytes(use.path("memory").asLong()).toString());
  }

  /** {@code 5.001s}, as Go prints durations; milliseconds are as exact as it gets. */
  static String window(long nanos) {
    BigDecimal seconds = BigDecimal.valueOf(Math.round(nanos / 1e6), 3).stripTrailingZeros();
    BigDecimal[] minutes = seconds.divideAndRemainder(BigDecimal.valueOf(60));
    String rest = minutes[1].stripTrailingZeros().toPlainString() + "s";
    return minutes[0].signum() == 0 ? rest : minutes[0].toBigInteger() + "m" + rest;
  }
}
