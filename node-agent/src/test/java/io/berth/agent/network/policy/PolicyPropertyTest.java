package io.berth.agent.network.policy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.agent.network.Family;
import io.berth.agent.network.policy.TestingNft.Packet;
import io.berth.api.codec.Json;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Random clusters that change at random: what the rules let pass after each change is what {@link
 * NaivePolicies} says of the objects, and changes leave the kernel as making it anew would.
 */
class PolicyPropertyTest {
  private static final List<String> NAMESPACES = List.of("blue", "green", "kube-system");
  private static final List<String> KEYS = List.of("app", "tier");
  private static final List<String> VALUES = List.of("x", "y", "z");
  private static final List<String> PROTOCOLS = List.of("tcp", "udp");
  private static final List<Integer> PORTS = List.of(53, 80, 81, 443);
  private static final List<String> NAMES = List.of("http", "dns", "admin");
  private static final List<String> CIDRS =
      List.of("10.0.0.0/8", "10.1.0.0/16", "0.0.0.0/0", "10.1.0.4/30", "192.0.2.1/32", "fd00::/16");
  private static final List<String> EXCEPT =
      List.of("10.1.0.0/30", "10.1.0.5/32", "10.2.0.0/16", "192.0.2.1/32", "fd00::1:0/112");
  private static final List<String> STRANGERS =
      List.of("192.0.2.1", "10.9.9.9", "fd00::1:77", "2001:db8::1", "10.244.0.9", "fd00:9::9");

  static List<Long> seeds() {
    return new Random(20_261_121).longs(24).boxed().toList();
  }

  private static final class World {
    final Random random;
    final NaivePolicies naive = new NaivePolicies();
    final PolicyModel model;
    final Map<Family, TestingNft> kernels = new TreeMap<>();
    final Map<Family, FilterTable> tables = new TreeMap<>();

    World(long seed) {
      random = new Random(seed);
      model =
          new PolicyModel(
              List.of(Family.IPV4, Family.IPV6),
              new Resolver(List.of(NaivePolicies.RESOLVER, NaivePolicies.RESOLVER6)));
      for (Family family : Family.values()) {
        TestingNft kernel = new TestingNft();
        kernels.put(family, kernel);
        tables.put(family, new FilterTable(kernel::run, new FilterRules("t", family, false)));
      }
      NAMESPACES.forEach(this::namespace);
      for (int i = 0; i < 14; i++) {
        pod();
      }
    }

    private <T> T one(List<T> of) {
      return of.get(random.nextInt(of.size()));
    }

    private boolean often() {
      return random.nextInt(3) > 0;
    }

    private Map<String, String> labels() {
      Map<String, String> labels = new TreeMap<>();
      KEYS.stream().filter(k -> often()).forEach(key -> labels.put(key, one(VALUES)));
      return Map.copyOf(labels);
    }

    void namespace(String name) {
      if (random.nextInt(12) == 0) {
        naive.namespaces.remove(name);
        model.namespace(name, null);
      } else {
        Map<String, String> labels = labels();
        naive.namespaces.put(name, labels);
        model.namespace(name, labels);
      }
    }

    void pod() {
      String uid = "pod-" + random.nextInt(20);
      if (random.nextInt(5) == 0) {
        naive.pods.remove(uid);
        model.pod(uid, null);
        return;
      }
      List<String> addresses = new ArrayList<>();
      if (random.nextInt(10) > 0) {
        int host = random.nextInt(16);
        addresses.add("10.1.0." + host);
        if (often()) {
          addresses.add("fd00::1:" + host);
        }
      }
      List<NetPod.Port> ports = new ArrayList<>();
      for (String name : NAMES) {
        if (random.nextBoolean()) {
          ports.add(new NetPod.Port(name, one(PROTOCOLS), one(PORTS)));
        }
      }
      NetPod pod =
          new NetPod(
              uid,
              one(NAMESPACES),
              uid,
              "2026-01-0" + (1 + random.nextInt(9)) + "T00:00:00Z",
              often(),
              random.nextInt(8) == 0,
              labels(),
              List.copyOf(addresses),
              List.copyOf(ports));
      naive.pods.put(uid, pod);
      model.pod(uid, pod);
    }

    void policy() {
      String namespace = one(NAMESPACES);
      String name = "policy-" + random.nextInt(4);
      if (random.nextInt(4) == 0) {
        naive.policies.remove(namespace + "/" + name);
        model.policy(namespace, name, null);
        return;
      }
      ObjectNode policy = Json.object();
      policy.putObject("metadata").put("namespace", namespace).put("name", name);
      ObjectNode spec = policy.putObject("spec");
      spec.set("podSelector", selector());
      if (often()) {
        ArrayNode types = spec.putArray("policyTypes");
        if (random.nextBoolean()) {
          types.add("Ingress");
        }
        if (random.nextBoolean()) {
          types.add("Egress");
        }
      }
      rules(spec, "ingress", "from");
      rules(spec, "egress", "to");
      naive.policies.put(namespace + "/" + name, policy);
      model.policy(namespace, name, Policy.of(policy));
    }

    private ObjectNode selector() {
      ObjectNode selector = Json.object();
      if (random.nextBoolean()) {
        selector.putObject("matchLabels").put(one(KEYS), one(VALUES));
      } else if (random.nextInt(6) == 0) {
        selector.putObject("matchLabels").put("k8s-app", "kube-dns");
      }
      if (random.nextInt(4) == 0) {
        ObjectNode expression = selector.putArray("matchExpressions").addObject();
        expression.put("key", one(KEYS));
        if (random.nextBoolean()) {
          expression.put("operator", one(List.of("In", "NotIn")));
          expression.putArray("values").add(one(VALUES)).add(one(VALUES));
        } else {
          expression.put("operator", one(List.of("Exists", "DoesNotExist")));
        }
      }
      return selector;
    }

    private void rules(ObjectNode spec, String direction, String peers) {
      int count = random.nextInt(3);
      for (int i = 0; i < count; i++) {
        ObjectNode rule = spec.withArray(direction).addObject();
        int others = random.nextInt(3);
        for (int j = 0; j < others; j++) {
          peer(rule.withArray(peers).addObject());
        }
        int ports = random.nextInt(3);
        for (int j = 0; j < ports; j++) {
          port(rule.withArray("ports").addObject());
        }
      }
    }

    private void peer(ObjectNode peer) {
      switch (random.nextInt(4)) {
        case 0 -> {
          ObjectNode block = peer.putObject("ipBlock").put("cidr", one(CIDRS));
          for (int i = random.nextInt(3); i > 0; i--) {
            block.withArray("except").add(one(EXCEPT));
          }
        }
        case 1 -> peer.set("podSelector", selector());
        case 2 -> peer.set("namespaceSelector", selector());
        default -> {
          peer.set("podSelector", selector());
          peer.set("namespaceSelector", selector());
        }
      }
    }

    private void port(ObjectNode port) {
      if (often()) {
        port.put("protocol", one(List.of("TCP", "UDP")));
      }
      switch (random.nextInt(4)) {
        case 0 -> port.put("port", one(NAMES));
        case 1 -> port.put("port", 80).put("endPort", 80 + random.nextInt(400));
        case 2 -> port.put("port", one(PORTS));
        default -> {}
      }
    }

    void change() {
      for (int i = random.nextInt(4); i >= 0; i--) {
        switch (random.nextInt(5)) {
          case 0 -> namespace(one(NAMESPACES));
          case 1, 2 -> pod();
          default -> policy();
        }
      }
      tables.forEach((family, table) -> table.apply(model.state(family)));
      model.told();
    }

    void check() {
      List<String> ends = new ArrayList<>(STRANGERS);
      for (int host = 0; host < 16; host++) {
        ends.add("10.1.0." + host);
        ends.add("fd00::1:" + host);
      }
      for (String from : ends) {
        for (String to : ends) {
          if (Family.of(from) == Family.of(to)) {
            Packet packet = new Packet(from, to, one(PROTOCOLS), one(PORTS));
            assertThat(kernel(from).passes(packet))
                .as(() -> packet + "\n" + this)
                .isEqualTo(naive.passes(packet));
          }
        }
        String resolver =
            Family.of(from) == Family.IPV4 ? NaivePolicies.RESOLVER : NaivePolicies.RESOLVER6;
        Packet packet = new Packet(from, resolver, one(PROTOCOLS), one(PORTS));
        assertThat(kernel(from).toNode(packet)).as("%s", packet).isEqualTo(naive.passes(packet));
      }
    }

    @Override
    public String toString() {
      StringBuilder text = new StringBuilder();
      naive.namespaces.forEach((name, labels) -> text.append(name + " " + labels + "\n"));
      naive.pods.values().forEach(pod -> text.append(pod + "\n"));
      naive.policies.values().forEach(policy -> text.append(policy + "\n"));
      return text.toString();
    }

    private TestingNft kernel(String address) {
      return java.util.Objects.requireNonNull(kernels.get(Family.of(address)));
    }

    /** What the kernel has by changes is what it has when it is made anew. */
    void checkNothingIsLeft() {
      for (Family family : Family.values()) {
        TestingNft anew = new TestingNft();
        new FilterTable(anew::run, new FilterRules("t", family, false)).apply(model.state(family));
        TestingNft changed = java.util.Objects.requireNonNull(kernels.get(family));
        assertThat(changed.sets).isEqualTo(anew.sets);
        assertThat(changed.chains).isEqualTo(anew.chains);
        assertThat(changed.rebuilt).as("no change was refused").isEqualTo(1);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void theRulesLetPassWhatTheObjectsSay(long seed) {
    World world = new World(seed);
    for (int step = 0; step < 40; step++) {
      world.change();
      world.check();
      world.checkNothingIsLeft();
    }
  }
}
