package io.berth.agent.network.policy;

import io.berth.agent.network.Family;
import io.berth.agent.process.ShortNames;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The pods that a rule names, as a set in the kernel: their addresses, or their addresses each with
 * the port that the pod knows by a name. All rules that name the same share it. Remembers what
 * changed since the kernel was told. Not for use by several threads at once.
 */
final class PeerSet {
  private static final int HASH_LENGTH = 20;

  /**
   * What makes it the same.
   *
   * @param peers sorted; a pod is in it that is one of them
   * @param port whose number belongs to each element, or null for addresses alone
   */
  record Key(List<PodPeer> peers, PolicyPort.@Nullable Name port) {
    Key {
      peers = peers.stream().distinct().sorted(Comparator.comparing(PodPeer::text)).toList();
    }

    /** In the kernel. */
    String name() {
      String text = peers.stream().map(PodPeer::text).collect(Collectors.joining(" or "));
      return port == null
          ? "pods-" + ShortNames.of(text, HASH_LENGTH)
          : "ports-" + ShortNames.of(port.protocol() + "/" + port.name() + " " + text, HASH_LENGTH);
    }

    boolean matches(NetPod pod, @Nullable Map<String, String> namespaceLabels) {
      for (PodPeer peer : peers) {
        if (peer.matches(pod.namespace(), pod.labels(), namespaceLabels)) {
          return true;
        }
      }
      return false;
    }

    boolean looksAtNamespaces() {
      return peers.stream().anyMatch(peer -> peer.namespaces() != null);
    }
  }

  /** Elements that the kernel has and should not have, and the other way round. */
  record Change(List<String> removed, List<String> added) {}

  final Key key;

  /** In the kernel. */
  final String name;

  private final Map<String, String> elements = new HashMap<>();
  private final Map<String, Optional<String>> before = new HashMap<>();

  PeerSet(Key key) {
    this.key = key;
    this.name = key.name();
  }

  /** The address belongs to that pod from now on, or to none. */
  void put(String address, @Nullable NetPod owner, @Nullable Map<String, String> namespaceLabels) {
    String now =
        owner == null || !key.matches(owner, namespaceLabels) ? null : element(address, owner);
    String then = now == null ? elements.remove(address) : elements.put(address, now);
    if (!Objects.equals(now, then)) {
      before.putIfAbsent(address, Optional.ofNullable(then));
    }
  }

  private @Nullable String element(String address, NetPod owner) {
    PolicyPort.Name port = key.port();
    return port == null
        ? address
        : owner.port(port).map(p -> element(address, p.protocol(), p.number())).orElse(null);
  }

  static String element(String address, String protocol, int port) {
    return address + " . " + protocol + " . " + port;
  }

  List<String> all(Family family) {
    return elements.entrySet().stream()
        .filter(e -> Family.of(e.getKey()) == family)
        .map(Map.Entry::getValue)
        .toList();
  }

  /** Since the last {@link #told}. */
  Change change(Family family) {
    List<String> removed = new ArrayList<>();
    List<String> added = new ArrayList<>();
    before.forEach(
        (address, then) -> {
          String now = elements.get(address);
          if (Family.of(address) == family && !Objects.equals(now, then.orElse(null))) {
            then.ifPresent(removed::add);
            if (now != null) {
              added.add(now);
            }
          }
        });
    return new Change(removed, added);
  }

  void told() {
    before.clear();
  }
}
