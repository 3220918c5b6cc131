package io.berth.agent.network.services;

import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * What services need in the table: chains, each fully told by its name and shared by all who need
 * it, and elements of sets and maps.
 *
 * @param chains rules by chain; a chain comes after those that it leads to
 * @param elements key to value (empty in a set) by set or map
 */
record ServiceElements(Map<String, String> chains, Map<String, Map<String, String>> elements) {
  ServiceElements() {
    this(new java.util.LinkedHashMap<>(), new HashMap<>());
  }

  static final ServiceElements NONE = new ServiceElements(Map.of(), Map.of());

  /**
   * @param rules lines
   * @return the chain
   */
  String chain(String name, String rules) {
    chains.putIfAbsent(name, rules);
    return name;
  }

  void put(String set, String key, String value) {
    elements.computeIfAbsent(set, s -> new TreeMap<>()).put(key, value);
  }
}
