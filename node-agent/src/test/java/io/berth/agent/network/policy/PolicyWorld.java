package io.berth.agent.network.policy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.agent.network.Family;
import io.berth.agent.network.policy.TestingNft.Packet;
import io.berth.api.codec.Json;
import io.berth.api.codec.Yaml;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A cluster's objects on the way to the rules of one node, without a kernel. */
final class PolicyWorld {
  static final String NODE = "n1";
  static final String GATEWAY = "10.244.0.1";
  static final String GATEWAY6 = "fd00::1";

  final PolicyModel model =
      new PolicyModel(List.of(Family.IPV4, Family.IPV6), new Resolver(List.of(GATEWAY, GATEWAY6)));
  final Map<Family, TestingNft> kernels = new EnumMap<>(Family.class);
  private final Map<Family, FilterTable> tables = new EnumMap<>(Family.class);
  private final Map<String, String> addresses = new TreeMap<>();

  PolicyWorld() {
    for (Family family : Family.values()) {
      TestingNft kernel = new TestingNft();
      kernels.put(family, kernel);
      tables.put(family, new FilterTable(kernel::run, new FilterRules("t", family, false)));
    }
    namespace("default", Map.of());
    namespace("kube-system", Map.of());
  }

  void namespace(String name, Map<String, String> labels) {
    Map<String, String> all = new TreeMap<>(labels);
    all.put("kubernetes.io/metadata.name", name);
    model.namespace(name, Map.copyOf(all));
  }

  /**
   * @param id {@code namespace/name}
   * @param labels {@code a=b,c=d}
   * @param ports {@code name:protocol:number}
   */
  void pod(String id, boolean local, String address, String labels, String... ports) {
    Map<String, String> map = new TreeMap<>();
    for (String label : labels.isEmpty() ? new String[0] : labels.split(",", -1)) {
      map.put(label.split("=", -1)[0], label.split("=", -1)[1]);
    }
    List<NetPod.Port> named = new ArrayList<>();
    for (String port : ports) {
      String[] parts = port.split(":", -1);
      named.add(new NetPod.Port(parts[0], parts[1], Integer.parseInt(parts[2])));
    }
    String[] name = id.split("/", -1);
    addresses.put(id, address);
    model.pod(
        id,
        new NetPod(
            id,
            name[0],
            name[1],
            "2026-01-01T00:00:00Z",
            local,
            false,
            map,
            List.of(address),
            named));
  }

  static JsonNode yaml(String text) {
    return Yaml.read(text.getBytes(StandardCharsets.UTF_8));
  }

  /** Adds or changes a policy; without a namespace it is in {@code default}. */
  void policy(String text) {
    ObjectNode policy = (ObjectNode) yaml(text);
    ObjectNode metadata = policy.withObjectProperty("metadata");
    if (!metadata.has("namespace")) {
      metadata.put("namespace", "default");
    }
    Policy read = Policy.of(Json.parse(Json.bytes(policy)));
    model.policy(read.namespace(), read.name(), read);
  }

  void apply() {
    tables.forEach((family, table) -> table.apply(model.state(family)));
    model.told();
  }

  /** Whether a connection may begin; both ends by id or address. */
  boolean passes(String from, String to, String protocol, int port) {
    apply();
    String source = addresses.getOrDefault(from, from);
    String destination = addresses.getOrDefault(to, to);
    return kernel(source).passes(new Packet(source, destination, protocol, port));
  }

  boolean passes(String from, String to, int port) {
    return passes(from, to, "tcp", port);
  }

  /** To an address of the node itself. */
  boolean reachesNode(String from, String address, String protocol, int port) {
    apply();
    String source = addresses.getOrDefault(from, from);
    return kernel(source).toNode(new Packet(source, address, protocol, port));
  }

  private TestingNft kernel(String address) {
    return java.util.Objects.requireNonNull(kernels.get(Family.of(address)));
  }
}
