package io.berth.agent.network.services;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * The changing part of the table: chains with their rules, sets and maps with their elements, and
 * the sets that remember clients. Two of them differ by a script for nft, which it applies as a
 * whole or not at all.
 *
 * @param chains rules by chain
 * @param elements key to verdict (or to nothing) by map (or set); all of them are in the skeleton
 * @param memories definition by set of clients
 */
record Ruleset(
    SortedMap<String, List<String>> chains,
    SortedMap<String, SortedMap<String, String>> elements,
    SortedMap<String, String> memories) {

  static Ruleset empty() {
    return new Ruleset(new TreeMap<>(), new TreeMap<>(), new TreeMap<>());
  }

  void chain(String name, List<String> rules) {
    chains.put(name, List.copyOf(rules));
  }

  void element(String set, String key, String verdict) {
    elements.computeIfAbsent(set, s -> new TreeMap<>()).put(key, verdict);
  }

  void memory(String name, String definition) {
    memories.put(name, definition);
  }

  /**
   * The script that makes this of what was there; empty where they are equal. What is referred to
   * comes before what refers to it, and goes after.
   */
  String changesFrom(Ruleset before, String table) {
    List<String> script = new ArrayList<>();
    for (Map.Entry<String, String> memory : memories.entrySet()) {
      if (!before.memories.containsKey(memory.getKey())) {
        script.add(
            "add set ip " + table + " " + memory.getKey() + " { " + memory.getValue() + " }");
      }
    }
    chains.keySet().stream()
        .filter(chain -> !before.chains.containsKey(chain))
        .forEach(chain -> script.add("add chain ip " + table + " " + chain));
    chains.forEach(
        (chain, rules) -> {
          if (!rules.equals(before.chains.get(chain))) {
            script.add("flush chain ip " + table + " " + chain);
            rules.forEach(rule -> script.add("add rule ip " + table + " " + chain + " " + rule));
          }
        });
    changeElements(before, table, script);
    removeUnused(before, table, script);
    return script.isEmpty() ? "" : String.join("\n", script) + "\n";
  }

  private void changeElements(Ruleset before, String table, List<String> script) {
    SortedSet<String> sets = new TreeSet<>(elements.keySet());
    sets.addAll(before.elements.keySet());
    for (String set : sets) {
      SortedMap<String, String> now = elements.getOrDefault(set, new TreeMap<>());
      SortedMap<String, String> then = before.elements.getOrDefault(set, new TreeMap<>());
      List<String> gone = notIn(then, now).map(Map.Entry::getKey).toList();
      List<String> added =
          notIn(now, then)
              .map(e -> e.getValue().isEmpty() ? e.getKey() : e.getKey() + " : " + e.getValue())
              .toList();
      if (!gone.isEmpty()) {
        script.add(
            "delete element ip " + table + " " + set + " { " + String.join(", ", gone) + " }");
      }
      if (!added.isEmpty()) {
        script.add("add element ip " + table + " " + set + " { " + String.join(", ", added) + " }");
      }
    }
  }

  private static Stream<Map.Entry<String, String>> notIn(
      SortedMap<String, String> these, SortedMap<String, String> those) {
    return these.entrySet().stream().filter(e -> !e.getValue().equals(those.get(e.getKey())));
  }

  private void removeUnused(Ruleset before, String table, List<String> script) {
    List<String> chainsGone =
        before.chains.keySet().stream().filter(chain -> !chains.containsKey(chain)).toList();
    chainsGone.forEach(chain -> script.add("flush chain ip " + table + " " + chain));
    chainsGone.forEach(chain -> script.add("delete chain ip " + table + " " + chain));
    before.memories.keySet().stream()
        .filter(memory -> !memories.containsKey(memory))
        .forEach(memory -> script.add("delete set ip " + table + " " + memory));
  }
}
