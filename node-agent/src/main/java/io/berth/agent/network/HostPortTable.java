package io.berth.agent.network;

import io.berth.agent.process.Command;
import io.berth.api.time.Environment;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Leads ports of the node to pods by a table of nftables: one lookup in a map, however many there
 * are. It is changed by what differs, each time at once or not at all.
 */
public final class HostPortTable implements HostPorts {
  private static final Logger log = LoggerFactory.getLogger(HostPortTable.class);
  private static final List<String> MAPS = List.of("bound", "unbound", "hairpin");

  private final Command command;
  private final String table;
  private final String bridge;
  private final Map<String, Target> pods = new HashMap<>();
  private Map<String, SortedMap<String, String>> applied = Map.of();
  private boolean made;

  /**
   * @param nodeName the table's name derives from it
   * @param bridge the pods' bridge
   */
  public HostPortTable(Environment environment, String nodeName, String bridge) {
    this.command = new Command(environment);
    this.table = "berth-host-ports-" + nodeName;
    this.bridge = bridge;
  }

  @Override
  public synchronized void begin(Map<String, Target> now) {
    pods.clear();
    pods.putAll(now);
    if (!now.isEmpty()) {
      apply();
    } else {
      remove();
    }
  }

  @Override
  public synchronized void publish(String podUid, Target target) {
    if (!target.equals(pods.put(podUid, target)) || !made) {
      apply();
    }
  }

  @Override
  public synchronized void withdraw(String podUid) {
    if (pods.remove(podUid) != null) {
      apply();
    }
  }

  /** Takes the table away, for when no workload is left. Idempotent. */
  public synchronized void remove() {
    made = false;
    command.attempt("nft", "delete", "table", "ip", table);
  }

  private void apply() {
    Map<String, SortedMap<String, String>> wanted = wanted();
    StringBuilder script = new StringBuilder();
    if (!made) {
      script.append(skeleton());
      applied = Map.of();
    }
    for (String map : MAPS) {
      SortedMap<String, String> then = applied.getOrDefault(map, new TreeMap<>());
      SortedMap<String, String> now = wanted.getOrDefault(map, new TreeMap<>());
      change("delete", map, except(then, now).map(Map.Entry::getKey).toList(), script);
      change(
          "add",
          map,
          except(now, then)
              .map(e -> e.getValue().isEmpty() ? e.getKey() : e.getKey() + " : " + e.getValue())
              .toList(),
          script);
    }
    if (script.isEmpty()) {
      return;
    }
    try {
      command.run(List.of("nft", "-f", "-"), script.toString());
      applied = wanted;
      if (!made) {
        letLoopbackIn();
      }
      made = true;
    } catch (Command.FailedException e) {
      made = false; // the next change makes it anew
      log.warn("ports of the node not published error={}", e.getMessage());
    }
  }

  private void change(String verb, String map, List<String> elements, StringBuilder script) {
    if (!elements.isEmpty()) {
      script.append(verb).append(" element ip ").append(table).append(' ').append(map);
      script.append(" { ").append(String.join(", ", elements)).append(" }\n");
    }
  }

  private static Stream<Map.Entry<String, String>> except(
      SortedMap<String, String> these, SortedMap<String, String> those) {
    return these.entrySet().stream().filter(e -> !e.getValue().equals(those.get(e.getKey())));
  }

  private Map<String, SortedMap<String, String>> wanted() {
    SortedMap<String, String> bound = new TreeMap<>();
    SortedMap<String, String> unbound = new TreeMap<>();
    SortedMap<String, String> hairpin = new TreeMap<>();
    List<Map.Entry<String, Target>> ordered = new ArrayList<>(pods.entrySet());
    ordered.sort(Map.Entry.comparingByKey(Comparator.naturalOrder()));
    for (Map.Entry<String, Target> pod : ordered) {
      String ip = pod.getValue().ip();
      for (HostPort port : pod.getValue().ports()) {
        String key = port.protocol().toLowerCase(Locale.ROOT) + " . " + port.port();
        String to = ip + " . " + port.containerPort();
        if (port.address().isEmpty()) {
          unbound.put(key, to);
        } else if (!port.address().contains(":")) {
          bound.put(port.address() + " . " + key, to);
        }
        hairpin.put(ip + " . " + ip, "");
      }
    }
    return Map.of("bound", bound, "unbound", unbound, "hairpin", hairpin);
  }

  /**
   * Pods go before services. A pod that comes back to itself, and a process of the node that came
   * by its loopback address, are hidden behind the bridge's address, or the answer would not be
   * theirs.
   */
  private String skeleton() {
    return """
    add table ip %1$s
    delete table ip %1$s
    table ip %1$s {
      map bound { type ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service; }
      map unbound { type inet_proto . inet_service : ipv4_addr . inet_service; }
      set hairpin { type ipv4_addr . ipv4_addr; }
      chain dispatch {
        dnat ip to ip daddr . meta l4proto . th dport map @bound
        fib daddr type local dnat ip to meta l4proto . th dport map @unbound
      }
      chain prerouting {
        type nat hook prerouting priority dstnat - 5; policy accept;
        jump dispatch
      }
      chain output {
        type nat hook output priority -105; policy accept;
        jump dispatch
      }
      chain postrouting {
        type nat hook postrouting priority srcnat - 5; policy accept;
        oifname "%2$s" ip saddr 127.0.0.0/8 masquerade
        ip saddr . ip daddr @hairpin masquerade
      }
    }
    """
        .formatted(table, bridge);
  }

  /** The kernel drops packets of loopback addresses on other links unless it is told. */
  private void letLoopbackIn() {
    Path setting = Path.of("/proc/sys/net/ipv4/conf", bridge, "route_localnet");
    try {
      Files.writeString(setting, "1");
    } catch (IOException e) {
      log.warn("ports of the node are not reached by its loopback address error={}", e.toString());
    }
  }
}
