package io.berth.agent.network.policy;

import io.berth.agent.network.Family;
import io.berth.agent.process.Command;
import java.math.BigInteger;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * As much of nftables as the policy rules use: takes scripts, is as strict as the kernel about what
 * is there and what is still used, and judges packets by what it was given.
 */
final class TestingNft {
  private static final Pattern RULE =
      Pattern.compile(
          "(?:ip6? (?<field>[sd]addr) (?<peer>[^ .]\\S*) )?"
              + "(?:ip6? daddr \\. meta l4proto \\. th dport (?<named>@\\S+) )?"
              + "(?:meta l4proto (?<all>\\w+) )?(?:(?<proto>tcp|udp|sctp) dport (?<ports>\\S+) )?"
              + "accept");

  /** The first packet of a connection, as it leaves service translation. */
  record Packet(String source, String destination, String protocol, int port) {}

  Map<String, Map<String, String>> sets = new TreeMap<>();
  Map<String, List<String>> chains = new TreeMap<>();

  /** How often all was made anew. */
  int rebuilt;

  @Nullable String refuse;

  void run(String script) {
    if (refuse != null) {
      throw new Command.FailedException(refuse);
    }
    Map<String, Map<String, String>> setsBefore = copy();
    Map<String, List<String>> chainsBefore = new TreeMap<>();
    chains.forEach((name, rules) -> chainsBefore.put(name, new ArrayList<>(rules)));
    try {
      boolean skeleton = script.startsWith("add table");
      if (skeleton) {
        rebuilt++;
        sets = new TreeMap<>();
        chains = new TreeMap<>();
        List.of("ingress", "egress", "self").forEach(set -> sets.put(set, new TreeMap<>()));
      }
      String rest = skeleton ? script.substring(script.indexOf("\n}\n") + 3) : script;
      rest.lines().forEach(this::line);
    } catch (IllegalStateException e) {
      sets = setsBefore;
      chains = chainsBefore;
      throw new Command.FailedException(String.valueOf(e.getMessage()));
    }
  }

  private Map<String, Map<String, String>> copy() {
    Map<String, Map<String, String>> copy = new TreeMap<>();
    sets.forEach((name, elements) -> copy.put(name, new TreeMap<>(elements)));
    return copy;
  }

  private void line(String line) {
    String[] words = line.split(" ", 6);
    String name = words[4];
    String rest = words.length > 5 ? words[5] : "";
    switch (words[0] + " " + words[1]) {
      case "add set" -> check(sets.put(name, new TreeMap<>()) == null, line);
      case "add chain" -> check(chains.put(name, new ArrayList<>()) == null, line);
      case "add rule" -> {
        check(known(rest), line);
        chain(name).add(rest);
      }
      case "add element" ->
          elements(rest).forEach((key, value) -> check(set(name).put(key, value) == null, line));
      case "delete element" ->
          elements(rest).keySet().forEach(key -> check(set(name).remove(key) != null, line));
      case "flush chain" -> chain(name).clear();
      case "delete chain" -> check(!used(name) && chains.remove(name) != null, line);
      case "delete set" -> check(!used("@" + name) && sets.remove(name) != null, line);
      default -> throw new IllegalStateException("what is " + line);
    }
  }

  private static void check(boolean holds, String line) {
    if (!holds) {
      throw new IllegalStateException("refused: " + line);
    }
  }

  private boolean known(String rule) {
    if (rule.startsWith("jump ")) {
      return chains.containsKey(rule.substring(5));
    }
    if (rule.equals("counter drop")) {
      return true;
    }
    Matcher matcher = RULE.matcher(rule);
    return matcher.matches() && known(matcher, "peer") && known(matcher, "named");
  }

  private boolean known(Matcher matcher, String group) {
    String set = matcher.group(group);
    return set == null || !set.startsWith("@") || sets.containsKey(set.substring(1));
  }

  private boolean used(String name) {
    return chains.values().stream()
            .anyMatch(
                rules -> rules.stream().anyMatch(r -> List.of(r.split(" ", -1)).contains(name)))
        || sets.values().stream().anyMatch(elements -> elements.containsValue("goto " + name));
  }

  private List<String> chain(String name) {
    List<String> chain = chains.get(name);
    if (chain == null) {
      throw new IllegalStateException("no chain " + name);
    }
    return chain;
  }

  private Map<String, String> set(String name) {
    Map<String, String> set = sets.get(name);
    if (set == null) {
      throw new IllegalStateException("no set " + name);
    }
    return set;
  }

  private static Map<String, String> elements(String text) {
    Map<String, String> elements = new TreeMap<>();
    for (String element : text.substring(2, text.length() - 2).split(", ")) {
      int colon = element.indexOf(" : ");
      elements.put(
          colon < 0 ? element : element.substring(0, colon),
          colon < 0 ? "" : element.substring(colon + 3));
    }
    return elements;
  }

  /** Whether a connection that passes from pod to pod, in or out of the node, may begin. */
  boolean passes(Packet packet) {
    if (set("self").containsKey(packet.source() + " . " + packet.destination())) {
      return true;
    }
    return toNode(packet) && verdict(set("ingress").get(packet.destination()), packet);
  }

  /** Whether a connection from a pod to its node may begin. */
  boolean toNode(Packet packet) {
    return verdict(set("egress").get(packet.source()), packet);
  }

  private boolean verdict(@Nullable String verdict, Packet packet) {
    if (verdict == null) {
      return true;
    }
    for (String rule : chain(verdict.substring("goto ".length()))) {
      if (rule.startsWith("jump ")
          && chain(rule.substring(5)).stream().anyMatch(accept -> accepts(accept, packet))) {
        return true;
      }
      if (rule.equals("counter drop")) {
        return false;
      }
    }
    throw new IllegalStateException(verdict + " does not end with a drop");
  }

  private boolean accepts(String rule, Packet packet) {
    Matcher matcher = RULE.matcher(rule);
    if (!matcher.matches()) {
      throw new IllegalStateException("what is " + rule);
    }
    String all = matcher.group("all");
    String protocol = matcher.group("proto");
    if ((all != null && !all.equals(packet.protocol()))
        || (protocol != null && !protocol.equals(packet.protocol()))) {
      return false;
    }
    String ports = matcher.group("ports");
    if (ports != null && !contains(ports, packet.port())) {
      return false;
    }
    String named = matcher.group("named");
    if (named != null
        && !set(named.substring(1))
            .containsKey(
                packet.destination() + " . " + packet.protocol() + " . " + packet.port())) {
      return false;
    }
    String peer = matcher.group("peer");
    if (peer == null) {
      return true;
    }
    String address =
        "saddr".equals(matcher.group("field")) ? packet.source() : packet.destination();
    return peer.startsWith("@") ? contains(set(peer.substring(1)), address) : peer.equals(address);
  }

  private static boolean contains(String range, int port) {
    String[] ends = range.split("-", -1);
    int first = Integer.parseInt(ends[0]);
    int last = ends.length > 1 ? Integer.parseInt(ends[1]) : first;
    return first <= port && port <= last;
  }

  private static boolean contains(Map<String, String> set, String key) {
    if (set.containsKey(key)) {
      return true;
    }
    for (String element : set.keySet()) {
      String[] ends = element.split("-", -1);
      if (ends.length == 2
          && Family.of(ends[0]) == Family.of(key)
          && number(ends[0]).compareTo(number(key)) <= 0
          && number(key).compareTo(number(ends[1])) <= 0) {
        return true;
      }
    }
    return false;
  }

  static BigInteger number(String address) {
    return new BigInteger(1, InetAddress.ofLiteral(address).getAddress());
  }
}
