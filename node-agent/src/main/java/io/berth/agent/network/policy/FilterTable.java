package io.berth.agent.network.policy;

import io.berth.agent.process.Command;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The table in the kernel. It is given what differs from what it has; the first time, and after a
 * change that the kernel refused, it is made anew. Each happens at once or not at all. Not for use
 * by several threads at once.
 */
final class FilterTable {
  private static final Logger log = LoggerFactory.getLogger(FilterTable.class);

  /** What the kernel has. */
  private record Known(
      Map<Direction, SortedMap<String, String>> isolated,
      Set<String> any,
      Set<String> chains,
      Set<String> blocks,
      Set<String> peers) {
    static final Known NOTHING =
        new Known(
            Map.of(Direction.INGRESS, new TreeMap<>(), Direction.EGRESS, new TreeMap<>()),
            Set.of(),
            Set.of(),
            Set.of(),
            Set.of());

    static Known of(FilterState state) {
      return new Known(
          state.isolated(),
          state.any().keySet(),
          state.chains().keySet(),
          state.blocks().keySet(),
          state.peers().keySet());
    }
  }

  private final Consumer<String> nft;
  private final FilterRules rules;
  private Known known = Known.NOTHING;
  private boolean made;

  /**
   * @param nft takes a script whole or not at all, and throws {@link Command.FailedException}
   */
  FilterTable(Consumer<String> nft, FilterRules rules) {
    this.nft = nft;
    this.rules = rules;
  }

  FilterRules rules() {
    return rules;
  }

  /**
   * Brings the kernel up to date.
   *
   * @throws Command.FailedException it refused even the whole; it has what it had before
   */
  void apply(FilterState wanted) {
    if (made) {
      String script = difference(known, wanted);
      try {
        if (!script.isEmpty()) {
          nft.accept(script);
        }
        known = Known.of(wanted);
        return;
      } catch (Command.FailedException e) {
        log.warn("policy rules made anew because a change failed error={}", e.getMessage());
      }
    }
    made = false;
    if (rules.bridged() && wanted.any().isEmpty()) {
      return; // most kernels cannot have it, which matters only where it has something to do
    }
    nft.accept(rules.skeleton() + difference(Known.NOTHING, wanted));
    known = Known.of(wanted);
    made = true;
  }

  /** Whether the kernel has it. */
  boolean made() {
    return made;
  }

  /** Has the next change make it anew. */
  void forget() {
    made = false;
  }

  void remove() {
    if (rules.bridged() && !made) {
      return;
    }
    made = false;
    nft.accept(rules.removal());
  }

  /**
   * In the order that the kernel takes: nothing is named before it is there or after it is gone.
   */
  private String difference(Known then, FilterState now) {
    StringBuilder script = new StringBuilder();
    sets(then, now, script);
    now.chains().values().stream()
        .filter(chain -> !then.chains.contains(chain.name()))
        .forEach(chain -> script.append(rules.chain(chain.name(), chain.lines())));
    now.any()
        .forEach(
            (any, chains) -> {
              if (!then.any.contains(any)) {
                script.append(rules.chain(any, any(chains)));
              }
            });
    isolated(then, now, script);
    gone(then.any, now.any().keySet()).forEach(c -> script.append(rules.removedChain(c)));
    gone(then.chains, now.chains().keySet()).forEach(c -> script.append(rules.removedChain(c)));
    gone(then.blocks, now.blocks().keySet()).forEach(s -> script.append(rules.removedSet(s)));
    gone(then.peers, now.peers().keySet()).forEach(s -> script.append(rules.removedSet(s)));
    return script.toString();
  }

  private static List<String> any(List<String> chains) {
    List<String> lines = new ArrayList<>(chains.stream().map(chain -> "jump " + chain).toList());
    lines.add("counter drop");
    return lines;
  }

  private static Stream<String> gone(Collection<String> then, Collection<String> now) {
    return then.stream().filter(name -> !now.contains(name));
  }

  private void sets(Known then, FilterState now, StringBuilder script) {
    now.blocks()
        .forEach(
            (set, ranges) -> {
              if (!then.blocks.contains(set)) {
                script.append(rules.blocks(set));
                List<String> elements = ranges.stream().map(AddressRange::text).toList();
                script.append(rules.elements("add", set, elements));
              }
            });
    now.peers()
        .forEach(
            (name, set) -> {
              if (then.peers.contains(name)) {
                PeerSet.Change change = set.change(rules.family());
                script.append(rules.elements("delete", name, change.removed()));
                script.append(rules.elements("add", name, change.added()));
              } else {
                script.append(rules.peers(set));
                script.append(rules.elements("add", name, set.all(rules.family())));
              }
            });
  }

  private void isolated(Known then, FilterState now, StringBuilder script) {
    Set<String> before = new HashSet<>();
    Set<String> after = new HashSet<>();
    for (Direction direction : Direction.values()) {
      SortedMap<String, String> old = Objects.requireNonNull(then.isolated.get(direction));
      SortedMap<String, String> wanted = Objects.requireNonNull(now.isolated().get(direction));
      before.addAll(old.keySet());
      after.addAll(wanted.keySet());
      List<String> removed = new ArrayList<>();
      List<String> added = new ArrayList<>();
      old.forEach(
          (address, chain) -> {
            if (!chain.equals(wanted.get(address))) {
              removed.add(address);
            }
          });
      wanted.forEach(
          (address, chain) -> {
            if (!chain.equals(old.get(address))) {
              added.add(address + " : goto " + chain);
            }
          });
      script.append(rules.elements("delete", FilterRules.map(direction), removed));
      script.append(rules.elements("add", FilterRules.map(direction), added));
    }
    List<String> left = gone(before, after).sorted().map(a -> a + " . " + a).toList();
    List<String> come = gone(after, before).sorted().map(a -> a + " . " + a).toList();
    script.append(rules.elements("delete", FilterRules.SELF, left));
    script.append(rules.elements("add", FilterRules.SELF, come));
  }
}
