package io.berth.agent.network.services;

import io.berth.agent.network.Family;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * From services to rules. All there is of a service are elements of maps, since these cost the same
 * to change whatever their number, while rules and chains of its own would not: a connection's
 * destination is looked up in {@code services}, which leads to a chain that many services share;
 * that draws a number below the count of the service's endpoints, keeps it in the packet's priority
 * (which routing does not look at), and looks destination and number up for the endpoint. Pure.
 *
 * @param table the table's name
 * @param family of the addresses; each has a table
 * @param podCidr this node's pods
 * @param bridge the pods' bridge
 * @param masqueradeBridged whether answers between two pods would not pass connection tracking, so
 *     that the source must be hidden
 */
record ServiceRules(
    String table, Family family, String podCidr, String bridge, boolean masqueradeBridged) {
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

  String name() {
    return family.word + " " + table;
  }

  /** The part that never changes; replaces what an earlier agent left. */
  String skeleton() {
    String bridged =
        masqueradeBridged
            ? "iifname \"%1$s\" oifname \"%1$s\" ct status dnat masquerade\n    ".formatted(bridge)
            : "";
    StringBuilder pools = new StringBuilder();
    for (Pool pool : Pool.values()) {
      pools.append(pool.definitions(family));
    }
    return """
    add table %1$s
    delete table %1$s
    table %1$s {
      map services { type %2$s . inet_proto . inet_service : verdict; }
      map node-ports { type inet_proto . inet_service : verdict; }
      set refused { type %2$s . inet_proto . inet_service; }
      set refused-ports { type inet_proto . inet_service; }
      set dropped { type %2$s . inet_proto . inet_service; }
      set dropped-ports { type inet_proto . inet_service; }
      set hairpin { type %2$s . %2$s; }
    %7$s
      chain dispatch {
        %3$s daddr . meta l4proto . th dport vmap @services
        %3$s daddr != %4$s fib daddr type local meta l4proto . th dport vmap @node-ports
      }
      chain answer-refusal {
        meta l4proto tcp reject with tcp reset
        reject
      }
      chain refuse {
        %3$s daddr . meta l4proto . th dport @dropped drop
        %3$s daddr . meta l4proto . th dport @refused goto answer-refusal
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
        meta mark and %5$s != 0 masquerade
        %3$s saddr . %3$s daddr @hairpin masquerade
        %6$s}
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
        .formatted(name(), family.addressType, family.word, family.loopback, MARK, bridged, pools);
  }

  String removal() {
    return "add table %1$s\ndelete table %1$s\n".formatted(name());
  }

  /** What a service's ports of this family need. */
  ServiceElements of(Collection<ServicePort> ports) {
    ServiceElements elements = new ServiceElements();
    for (ServicePort port : ports) {
      if (port.family() == family) {
        add(port, elements);
      }
    }
    return elements;
  }

  private void add(ServicePort port, ServiceElements to) {
    String inside = Pool.ANY.key(port.clusterAddress(), port.protocol(), port.port());
    String chain = choice(port, Pool.ANY, inside, port.inside(), to);
    place(to, port, inside, chain, SERVICES, REFUSED, DROPPED);
    for (String external : port.externalAddresses()) {
      String key = Pool.ANY.key(external, port.protocol(), port.port());
      String outside = outside(port, Pool.ANY, Pool.LOCAL, key, to);
      place(to, port, key, outside, SERVICES, REFUSED, DROPPED);
    }
    if (port.nodePort() > 0) {
      String key = Pool.NODE_ANY.key("", port.protocol(), port.nodePort());
      String outside = outside(port, Pool.NODE_ANY, Pool.NODE_LOCAL, key, to);
      place(to, port, key, outside, NODE_PORTS, REFUSED_PORTS, DROPPED_PORTS);
    }
    for (ServiceEndpoint endpoint : port.endpoints()) {
      if (endpoint.local()) {
        to.put(HAIRPIN, endpoint.address() + " . " + endpoint.address(), "");
      }
    }
  }

  private static void place(
      ServiceElements to,
      ServicePort port,
      String key,
      String chain,
      String map,
      String refused,
      String dropped) {
    if (!chain.isEmpty()) {
      to.put(map, key, "goto " + chain);
    } else {
      to.put(port.hasAny() ? dropped : refused, key, "");
    }
  }

  /**
   * The chain for connections from outside. Where they may go to other nodes, the answer must come
   * back through this one; where they stay here, they keep their source, and only what comes from
   * this node itself may go anywhere.
   */
  private String outside(ServicePort port, Pool any, Pool local, String key, ServiceElements to) {
    String everywhere = choice(port, any, key, port.everywhere(), to);
    if (everywhere.isEmpty()) {
      return "";
    }
    if (!port.localOutside()) {
      return to.chain("out-" + everywhere, MARK_RULE + " goto " + everywhere);
    }
    String here = choice(port, local, key, port.local(), to);
    String rules =
        "%s saddr %s goto %s\n".formatted(family.word, podCidr, everywhere)
            + "fib saddr type local %s goto %s\n".formatted(MARK_RULE, everywhere)
            + (here.isEmpty() ? "drop" : "goto " + here);
    return to.chain("near-" + everywhere + (here.isEmpty() ? "" : "-" + here), rules);
  }

  /** The chain that picks one of the endpoints; empty where there is none. */
  private String choice(
      ServicePort port,
      Pool pool,
      String key,
      List<ServiceEndpoint> endpoints,
      ServiceElements to) {
    if (endpoints.isEmpty()) {
      return "";
    }
    if (port.affinitySeconds() > 0) {
      return remembered(port.affinitySeconds(), pool, key, endpoints, to);
    }
    for (int i = 0; i < endpoints.size(); i++) {
      to.put(pool.endpoints(), key + " . " + number(i), endpoints.get(i).target());
    }
    String name = pool.chain("pick") + "-" + endpoints.size();
    return to.chain(name, draw(endpoints.size()) + "\ngoto " + pool.last());
  }

  private static String draw(int endpoints) {
    return "meta priority set " + (endpoints == 1 ? number(0) : "numgen random mod " + endpoints);
  }

  /**
   * A client is known by the id of the endpoint that it had. Where that is gone, the client is
   * forgotten first: the kernel does not change the value of an element that is there.
   */
  private String remembered(
      int seconds, Pool pool, String key, List<ServiceEndpoint> endpoints, ServiceElements to) {
    Set<Integer> used = new HashSet<>(Set.of(0, -1));
    for (int i = 0; i < endpoints.size(); i++) {
      int id = endpoints.get(i).target().hashCode();
      while (!used.add(id)) {
        id++;
      }
      to.put(pool.ids(), key + " . " + number(i), number(id));
      to.put(pool.byId(), key + " . " + number(id), endpoints.get(i).target());
    }
    String packet = pool.key(family);
    String client = family.word + " saddr . " + packet;
    String update =
        "update @%s { %s timeout %ds : meta priority }".formatted(pool.clients(), client, seconds);
    String send =
        "dnat %s to %s . meta priority map @%s".formatted(family.word, packet, pool.byId());
    String rules =
        String.join(
            "\n",
            "meta priority set none",
            "meta priority set %s map @%s".formatted(client, pool.clients()),
            "meta priority != none " + update,
            send,
            "delete @%s { %s : meta priority }".formatted(pool.clients(), client),
            draw(endpoints.size()),
            "meta priority set %s . meta priority map @%s".formatted(packet, pool.ids()),
            update,
            send);
    return to.chain(pool.chain("keep") + "-" + endpoints.size() + "-" + seconds, rules);
  }

  /** A number as nft writes a priority. */
  private static String number(int value) {
    return "%x:%x".formatted(value >>> 16, value & 0xFFFF);
  }
}
