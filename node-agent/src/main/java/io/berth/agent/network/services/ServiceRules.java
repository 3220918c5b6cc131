package io.berth.agent.network.services;

import io.berth.agent.process.ShortNames;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.stream.Collectors;

/**
 * From services to rules. A connection to a service's address meets one lookup in a map, whatever
 * their number, which leads to the service's own chain; that picks an endpoint at random, or the
 * client's former one. Pure.
 *
 * @param table the table's name
 * @param podCidr this node's pods
 * @param bridge the pods' bridge
 * @param masqueradeBridged whether answers between two pods would not pass connection tracking, so
 *     that the source must be hidden
 */
record ServiceRules(String table, String podCidr, String bridge, boolean masqueradeBridged) {
  private static final String SERVICES = "services";
  private static final String NODE_PORTS = "node-ports";
  private static final String REFUSED = "refused";
  private static final String REFUSED_PORTS = "refused-ports";
  private static final String DROPPED = "dropped";
  private static final String DROPPED_PORTS = "dropped-ports";
  private static final String HAIRPIN = "hairpin";

  /** Marks what came from outside and must find its way back through this node. */
  private static final String MARK = "0x20000";

  private static final String MARK_RULE = "meta mark set meta mark or " + MARK;

  /** The part that never changes; replaces what an earlier agent left. */
  String skeleton() {
    String bridged =
        masqueradeBridged
            ? "iifname \""
                + bridge
                + "\" oifname \""
                + bridge
                + "\" ct status dnat masquerade\n    "
            : "";
    return """
        add table ip %1$s
        delete table ip %1$s
        table ip %1$s {
          map services { type ipv4_addr . inet_proto . inet_service : verdict; }
          map node-ports { type inet_proto . inet_service : verdict; }
          set refused { type ipv4_addr . inet_proto . inet_service; }
          set refused-ports { type inet_proto . inet_service; }
          set dropped { type ipv4_addr . inet_proto . inet_service; }
          set dropped-ports { type inet_proto . inet_service; }
          set hairpin { type ipv4_addr . ipv4_addr; }
          chain dispatch {
            ip daddr . meta l4proto . th dport vmap @services
            ip daddr != 127.0.0.0/8 fib daddr type local meta l4proto . th dport vmap @node-ports
          }
          chain answer-refusal {
            meta l4proto tcp reject with tcp reset
            reject
          }
          chain refuse {
            ip daddr . meta l4proto . th dport @dropped drop
            ip daddr . meta l4proto . th dport @refused goto answer-refusal
            fib daddr type local meta l4proto . th dport @dropped-ports drop
            fib daddr type local meta l4proto . th dport @refused-ports goto answer-refusal
          }
          chain prerouting {
            type nat hook prerouting priority dstnat; policy accept;
            jump dispatch
          }
          chain output {
            type nat hook output priority -100; policy accept;
            jump dispatch
          }
          chain postrouting {
            type nat hook postrouting priority srcnat; policy accept;
            meta mark and %2$s != 0 masquerade
            ip saddr . ip daddr @hairpin masquerade
            %3$s}
          chain refuse-input {
            type filter hook input priority filter; policy accept;
            ct state new jump refuse
          }
          chain refuse-forward {
            type filter hook forward priority filter; policy accept;
            ct state new jump refuse
          }
          chain refuse-output {
            type filter hook output priority filter; policy accept;
            ct state new jump refuse
          }
        }
        """
        .formatted(table, MARK, bridged);
  }

  String removal() {
    return "add table ip %1$s\ndelete table ip %1$s\n".formatted(table);
  }

  /** The rules for these ports. */
  Ruleset rules(Collection<ServicePort> ports) {
    Ruleset rules = Ruleset.empty();
    for (ServicePort port : ports) {
      String address = port.clusterAddress() + " . " + port.protocol() + " . " + port.port();
      String inside = inside(port, rules);
      place(rules, port, address, inside, SERVICES, REFUSED, DROPPED);
      boolean outsideWanted = port.nodePort() > 0 || !port.externalAddresses().isEmpty();
      String outside = outsideWanted ? outside(port, rules) : "";
      for (String external : port.externalAddresses()) {
        String key = external + " . " + port.protocol() + " . " + port.port();
        place(rules, port, key, outside, SERVICES, REFUSED, DROPPED);
      }
      if (port.nodePort() > 0) {
        String key = port.protocol() + " . " + port.nodePort();
        place(rules, port, key, outside, NODE_PORTS, REFUSED_PORTS, DROPPED_PORTS);
      }
      port.endpoints().stream()
          .filter(ServiceEndpoint::local)
          .forEach(e -> rules.element(HAIRPIN, e.address() + " . " + e.address(), ""));
    }
    return rules;
  }

  private static void place(
      Ruleset rules,
      ServicePort port,
      String key,
      String chain,
      String map,
      String refused,
      String dropped) {
    if (!chain.isEmpty()) {
      rules.element(map, key, "goto " + chain);
    } else {
      rules.element(port.hasAny() ? dropped : refused, key, "");
    }
  }

  /** The chain for connections from inside, empty where there is no endpoint. */
  private static String inside(ServicePort port, Ruleset rules) {
    String chain = "svc-" + id(port);
    List<String> choice = choice(port, port.inside(), rules);
    if (choice.isEmpty()) {
      return "";
    }
    rules.chain(chain, choice);
    return chain;
  }

  /**
   * The chain for connections from outside. Where they may go to other nodes, the answer must come
   * back through this one; where they stay here, they keep their source, and only what comes from
   * this node itself may go anywhere.
   */
  private String outside(ServicePort port, Ruleset rules) {
    String chain = "ext-" + id(port);
    List<String> local = choice(port, port.outside(), rules);
    if (!port.localOutside()) {
      List<String> marked = new ArrayList<>(local);
      marked.addFirst(MARK_RULE);
      return put(rules, chain, local.isEmpty() ? List.of() : marked);
    }
    String everywhere = rules.chains().containsKey("svc-" + id(port)) ? "svc-" + id(port) : "";
    List<String> chosen = new ArrayList<>();
    if (!everywhere.isEmpty()) {
      chosen.add("ip saddr " + podCidr + " goto " + everywhere);
      chosen.add("fib saddr type local " + MARK_RULE + " goto " + everywhere);
    }
    chosen.addAll(local.isEmpty() && !everywhere.isEmpty() ? List.of("drop") : local);
    return put(rules, chain, chosen);
  }

  private static String put(Ruleset rules, String chain, List<String> lines) {
    if (lines.isEmpty()) {
      return "";
    }
    rules.chain(chain, lines);
    return chain;
  }

  private static List<String> choice(
      ServicePort port, List<ServiceEndpoint> endpoints, Ruleset rules) {
    if (endpoints.isEmpty()) {
      return List.of();
    }
    return port.affinitySeconds() > 0
        ? remembered(port, endpoints, rules)
        : List.of(atRandom(port.protocol(), endpoints));
  }

  private static String atRandom(String protocol, List<ServiceEndpoint> endpoints) {
    String head = "meta l4proto " + protocol + " dnat ip to ";
    if (endpoints.size() == 1) {
      return head + endpoints.getFirst().address() + ":" + endpoints.getFirst().port();
    }
    return head
        + "numgen random mod "
        + endpoints.size()
        + " map { "
        + numbered(endpoints.stream().map(ServiceEndpoint::target).toList())
        + " }";
  }

  /** A set for each endpoint holds the clients that it had lately. */
  private static List<String> remembered(
      ServicePort port, List<ServiceEndpoint> endpoints, Ruleset rules) {
    List<String> chosen = new ArrayList<>();
    List<String> chains = new ArrayList<>();
    for (ServiceEndpoint endpoint : endpoints) {
      String name = ShortNames.of(port.id() + "/" + port.protocol() + "/" + endpoint.target(), 16);
      rules.memory(
          "clients-" + name,
          "type ipv4_addr; size 65535; flags dynamic,timeout; timeout "
              + port.affinitySeconds()
              + "s;");
      rules.chain(
          "ep-" + name,
          List.of(
              "update @clients-" + name + " { ip saddr }",
              atRandom(port.protocol(), List.of(endpoint))));
      chosen.add("ip saddr @clients-" + name + " goto ep-" + name);
      chains.add("goto ep-" + name);
    }
    chosen.add("numgen random mod " + chains.size() + " vmap { " + numbered(chains) + " }");
    return chosen;
  }

  private static String numbered(List<String> values) {
    return java.util.stream.IntStream.range(0, values.size())
        .mapToObj(i -> i + " : " + values.get(i))
        .collect(Collectors.joining(", "));
  }

  private static String id(ServicePort port) {
    return ShortNames.of(port.id() + "/" + port.protocol(), 16);
  }
}
