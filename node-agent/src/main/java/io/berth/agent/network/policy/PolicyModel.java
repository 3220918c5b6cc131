package io.berth.agent.network.policy;

import io.berth.agent.network.Family;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * From policies, namespaces and pods to what the kernel is to have, by what changes: a pod costs a
 * look at the sets of peers that are in use, a policy a look at the node's own pods of its
 * namespace. No input, output or clock. Not for use by several threads at once.
 */
final class PolicyModel {
  private final List<Family> families;
  private final Resolver resolver;
  private final Map<String, Map<String, String>> namespaces = new HashMap<>();
  private final Map<String, Map<String, CompiledPolicy>> policies = new HashMap<>();
  private final AddressBook book = new AddressBook();

  /** Chains of a local address, for each direction that it is isolated in. */
  private final Map<String, Map<Direction, List<Chain>>> local = new TreeMap<>();

  private final Map<PeerSet.Key, PeerSet> sets = new HashMap<>();
  private final Set<String> dirty = new HashSet<>();
  private final Map<Family, FilterState> states = new EnumMap<>(Family.class);

  PolicyModel(Collection<Family> families, Resolver resolver) {
    this.families = List.copyOf(families);
    this.resolver = resolver;
    rebuild();
  }

  /**
   * @param labels null where the namespace is gone
   */
  void namespace(String name, @Nullable Map<String, String> labels) {
    Map<String, String> then =
        labels == null ? namespaces.remove(name) : namespaces.put(name, labels);
    if (Objects.equals(labels, then)) {
      return;
    }
    List<PeerSet> looking = sets.values().stream().filter(s -> s.key.looksAtNamespaces()).toList();
    for (String address : book.inNamespace(name)) {
      looking.forEach(set -> set.put(address, book.owner(address), labels));
    }
    if (name.equals(Resolver.NAMESPACE)) {
      policies.values().forEach(of -> of.values().forEach(CompiledPolicy::forget));
      dirty.addAll(local.keySet());
    }
  }

  /**
   * @param pod null where it is gone
   */
  void pod(String uid, @Nullable NetPod pod) {
    for (AddressBook.Move move : book.put(uid, pod)) {
      NetPod now = move.now();
      Map<String, String> labels = now == null ? null : namespaces.get(now.namespace());
      sets.values().forEach(set -> set.put(move.address(), now, labels));
      if (isLocal(move.then()) || isLocal(now)) {
        dirty.add(move.address());
      }
    }
  }

  private static boolean isLocal(@Nullable NetPod pod) {
    return pod != null && pod.local();
  }

  /**
   * @param policy null where it is gone
   */
  void policy(String namespace, String name, @Nullable Policy policy) {
    Map<String, CompiledPolicy> its = policies.computeIfAbsent(namespace, n -> new TreeMap<>());
    if (policy == null) {
      its.remove(name);
    } else {
      CompiledPolicy known = its.get(name);
      if (known != null && known.policy.equals(policy)) {
        return;
      }
      its.put(name, new CompiledPolicy(policy, resolver));
    }
    if (its.isEmpty()) {
      policies.remove(namespace);
    }
    book.inNamespace(namespace).stream()
        .filter(address -> isLocal(book.owner(address)))
        .forEach(dirty::add);
  }

  /** What the kernel is to have now. */
  FilterState state(Family family) {
    if (!dirty.isEmpty()) {
      dirty.forEach(this::judge);
      dirty.clear();
      rebuild();
    }
    return Objects.requireNonNull(states.get(family));
  }

  /** The kernel has it all. */
  void told() {
    sets.values().forEach(PeerSet::told);
  }

  /** Local addresses that are isolated one way or the other. */
  int isolated() {
    return local.size();
  }

  private void judge(String address) {
    NetPod pod = book.owner(address);
    local.remove(address);
    Family family = Family.of(address);
    if (pod == null || !pod.local() || !families.contains(family)) {
      return;
    }
    Map<String, String> labels = namespaces.get(Resolver.NAMESPACE);
    Map<Direction, List<Chain>> rules = new EnumMap<>(Direction.class);
    for (CompiledPolicy of : policies.getOrDefault(pod.namespace(), Map.of()).values()) {
      if (of.policy.pods().matches(pod.labels())) {
        for (Direction direction : Direction.values()) {
          Chain chain = of.chain(direction, family, pod, labels);
          if (chain != null) {
            rules.computeIfAbsent(direction, d -> new ArrayList<>()).add(chain);
          }
        }
      }
    }
    if (!rules.isEmpty()) {
      local.put(address, rules);
    }
  }

  /** Gathers what the local addresses need; sets that nobody needs any more are forgotten. */
  private void rebuild() {
    Map<PeerSet.Key, PeerSet> needed = new HashMap<>();
    for (Family family : families) {
      Map<Direction, SortedMap<String, String>> isolated = new EnumMap<>(Direction.class);
      for (Direction direction : Direction.values()) {
        isolated.put(direction, new TreeMap<>());
      }
      FilterState state =
          new FilterState(
              family, isolated, new TreeMap<>(), new TreeMap<>(), new TreeMap<>(), new TreeMap<>());
      local.forEach(
          (address, rules) -> {
            if (Family.of(address) == family) {
              rules.forEach((direction, chains) -> add(state, direction, address, chains));
            }
          });
      state.chains().values().stream()
          .flatMap(chain -> chain.rules().stream())
          .forEach(line -> add(state, line, needed));
      states.put(family, state);
    }
    sets.clear();
    sets.putAll(needed);
  }

  private static void add(FilterState to, Direction direction, String address, List<Chain> chains) {
    List<String> names = chains.stream().map(Chain::name).distinct().sorted().toList();
    String any = Chain.any(direction, names);
    if (to.any().putIfAbsent(any, names) == null) {
      chains.forEach(chain -> to.chains().put(chain.name(), chain));
    }
    Objects.requireNonNull(to.isolated().get(direction)).put(address, any);
  }

  private void add(FilterState to, Line line, Map<PeerSet.Key, PeerSet> needed) {
    PeerSet.Key named = line.named();
    if (named != null) {
      add(to, named, needed);
    }
    switch (line.who()) {
      case Line.Who.Pods(PeerSet.Key key) -> add(to, key, needed);
      case Line.Who.Blocks(String set, List<AddressRange> ranges) -> to.blocks().put(set, ranges);
      case Line.Who.Anyone(), Line.Who.Address(String _) -> {}
    }
  }

  private void add(FilterState to, PeerSet.Key key, Map<PeerSet.Key, PeerSet> needed) {
    PeerSet set = needed.computeIfAbsent(key, this::set);
    to.peers().put(set.name, set);
  }

  private PeerSet set(PeerSet.Key key) {
    PeerSet known = sets.get(key);
    if (known != null) {
      return known;
    }
    PeerSet made = new PeerSet(key);
    book.owners((address, pod) -> made.put(address, pod, namespaces.get(pod.namespace())));
    return made;
  }
}
