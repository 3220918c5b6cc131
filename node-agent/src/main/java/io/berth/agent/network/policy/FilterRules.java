package io.berth.agent.network.policy;

import io.berth.agent.network.Family;
import java.util.List;

/**
 * The part of the table that does not change. Each connection that begins is looked up by the local
 * pod's address, once as coming from it and once as going to it; where that is found it leads to
 * the chain that accepts what the pod's policies allow and drops the rest. An acceptance ends one
 * base chain only, so that both sides are asked. Destinations are those behind services, sources
 * those before masquerading. What the node itself sends is not looked at, as Kubernetes demands.
 * Pure.
 *
 * @param table the table's name
 * @param family of the addresses
 * @param bridged whether it judges what the bridge carries from pod to pod, for a kernel that does
 *     not show such packets to rules for routed ones
 */
record FilterRules(String table, Family family, boolean bridged) {
  private static final String NEIGHBOURS =
      "icmpv6 type { nd-router-solicit, nd-router-advert, nd-neighbor-solicit,"
          + " nd-neighbor-advert, mld-listener-query, mld-listener-report, mld-listener-done,"
          + " mld2-listener-report } accept";

  /** A chain that is always there. */
  static final String PROBE = "ingress-forwarded";

  static final String INGRESS = "ingress";
  static final String EGRESS = "egress";
  static final String SELF = "self";

  static String map(Direction direction) {
    return direction == Direction.INGRESS ? INGRESS : EGRESS;
  }

  String name() {
    return (bridged ? "bridge " : family.word + " ") + table;
  }

  /** Replaces what an earlier agent left. */
  String skeleton() {
    String input =
        bridged
            ? ""
            : """
              chain egress-to-node {
                type filter hook input priority filter; policy accept;
                %2$s
                %1$s saddr vmap @egress
              }
            """
                .formatted(family.word, begin());
    return """
    add table %1$s
    delete table %1$s
    table %1$s {
      map ingress { type %2$s : verdict; }
      map egress { type %2$s : verdict; }
      set self { type %2$s . %2$s; }
      chain egress-forwarded {
        type filter hook forward priority filter; policy accept;
        %4$s
        %3$s saddr . %3$s daddr @self accept
        %3$s saddr vmap @egress
      }
      chain ingress-forwarded {
        type filter hook forward priority filter; policy accept;
        %4$s
        %3$s saddr . %3$s daddr @self accept
        %3$s daddr vmap @ingress
      }
    %5$s}
    """
        .formatted(name(), family.addressType, family.word, begin(), input);
  }

  private String begin() {
    String established = "ct state established,related accept";
    return family == Family.IPV4 ? established : established + "\n    " + NEIGHBOURS;
  }

  String removal() {
    return "add table %1$s\ndelete table %1$s\n".formatted(name());
  }

  String peers(PeerSet set) {
    String type =
        set.key.port() == null
            ? family.addressType
            : family.addressType + " . inet_proto . inet_service";
    return "add set " + name() + " " + set.name + " { type " + type + "; }\n";
  }

  String blocks(String set) {
    String type = family.addressType;
    return "add set " + name() + " " + set + " { type " + type + "; flags interval; }\n";
  }

  String chain(String chain, List<String> lines) {
    StringBuilder text = new StringBuilder("add chain " + name() + " " + chain + "\n");
    for (String line : lines) {
      text.append("add rule " + name() + " " + chain + " " + line + "\n");
    }
    return text.toString();
  }

  String removedChain(String chain) {
    return "flush chain %1$s %2$s\ndelete chain %1$s %2$s\n".formatted(name(), chain);
  }

  String removedSet(String set) {
    return "delete set " + name() + " " + set + "\n";
  }

  String elements(String verb, String set, List<String> elements) {
    return elements.isEmpty()
        ? ""
        : verb + " element " + name() + " " + set + " { " + String.join(", ", elements) + " }\n";
  }
}
