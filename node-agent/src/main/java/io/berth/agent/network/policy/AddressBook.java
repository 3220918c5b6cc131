package io.berth.agent.network.policy;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Whose address is whose. An address may be given to a new pod before the old one's object is gone;
 * the youngest that claims it has it. Not for use by several threads at once.
 */
final class AddressBook {
  /** An address that has another owner than before, or the same one in another state. */
  record Move(String address, @Nullable NetPod then, @Nullable NetPod now) {}

  private final Map<String, NetPod> pods = new HashMap<>();

  /** Those that claim an address, its owner first. */
  private final Map<String, List<NetPod>> claims = new HashMap<>();

  private final Map<String, Set<String>> byNamespace = new HashMap<>();

  /**
   * @param pod null where it is gone
   */
  List<Move> put(String uid, @Nullable NetPod pod) {
    boolean none = pod == null || pod.addresses().isEmpty();
    NetPod then = none ? pods.remove(uid) : pods.put(uid, Objects.requireNonNull(pod));
    if (Objects.equals(none ? null : pod, then)) {
      return List.of();
    }
    Set<String> addresses = new LinkedHashSet<>(then == null ? List.of() : then.addresses());
    addresses.addAll(pod == null ? List.of() : pod.addresses());
    List<Move> moves = new ArrayList<>();
    for (String address : addresses) {
      Move move = claim(address, uid, pod);
      if (!Objects.equals(move.then, move.now)) {
        moves.add(move);
        index(move);
      }
    }
    return moves;
  }

  private Move claim(String address, String uid, @Nullable NetPod pod) {
    NetPod before = owner(address);
    List<NetPod> now = new ArrayList<>(claims.getOrDefault(address, List.of()));
    now.removeIf(other -> other.uid().equals(uid));
    if (pod != null && pod.addresses().contains(address)) {
      int at = 0;
      while (at < now.size() && now.get(at).before(pod)) {
        at++;
      }
      now.add(at, pod);
    }
    if (now.isEmpty()) {
      claims.remove(address);
    } else {
      claims.put(address, List.copyOf(now));
    }
    return new Move(address, before, owner(address));
  }

  private void index(Move move) {
    String then = move.then == null ? null : move.then.namespace();
    String now = move.now == null ? null : move.now.namespace();
    if (Objects.equals(then, now)) {
      return;
    }
    if (then != null) {
      byNamespace.computeIfPresent(
          then,
          (_, addresses) -> {
            addresses.remove(move.address);
            return addresses.isEmpty() ? null : addresses;
          });
    }
    if (now != null) {
      byNamespace.computeIfAbsent(now, n -> new LinkedHashSet<>()).add(move.address);
    }
  }

  @Nullable NetPod owner(String address) {
    List<NetPod> all = claims.get(address);
    return all == null ? null : all.getFirst();
  }

  void owners(BiConsumer<String, NetPod> each) {
    claims.forEach((address, all) -> each.accept(address, all.getFirst()));
  }

  /** The addresses of a namespace's pods. */
  Collection<String> inNamespace(String namespace) {
    return byNamespace.getOrDefault(namespace, Set.of());
  }
}
