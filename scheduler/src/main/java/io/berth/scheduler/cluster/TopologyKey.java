package io.berth.scheduler.cluster;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A node label that divides the cluster into domains, each value one. Domains are numbered and keep
 * their numbers. Not safe for use by several threads.
 */
public final class TopologyKey {
  private static final int NONE = -1;

  private final String name;
  private int[] domainOf;
  private int[] nodesIn = new int[16];
  private final Map<String, Integer> numbers = new HashMap<>();
  private final List<String> values = new ArrayList<>();
  private int shared;
  private long structure;

  TopologyKey(String name, int capacity) {
    this.name = name;
    domainOf = new int[capacity];
    Arrays.fill(domainOf, NONE);
  }

  public String name() {
    return name;
  }

  /** The domain of the node with that index, or -1 where it lacks the label. */
  public int domain(int node) {
    return node < domainOf.length ? domainOf[node] : NONE;
  }

  /** How many domains there have been. */
  public int size() {
    return values.size();
  }

  /** The label's value in a domain. */
  public String value(int domain) {
    return values.get(domain);
  }

  /** Whether no two nodes are in the same domain, as with host names. */
  public boolean unique() {
    return shared == 0;
  }

  /** Rises when {@link #unique} changes. */
  public long structure() {
    return structure;
  }

  void set(int node, @Nullable String value) {
    if (node >= domainOf.length) {
      int before = domainOf.length;
      domainOf = Arrays.copyOf(domainOf, Math.max(node + 1, 2 * before));
      Arrays.fill(domainOf, before, domainOf.length, NONE);
    }
    boolean before = unique();
    if (domainOf[node] != NONE && --nodesIn[domainOf[node]] == 1) {
      shared--;
    }
    domainOf[node] = value == null ? NONE : numbers.computeIfAbsent(value, this::number);
    if (domainOf[node] != NONE && ++nodesIn[domainOf[node]] == 2) {
      shared++;
    }
    structure += before == unique() ? 0 : 1;
  }

  private int number(String value) {
    values.add(value);
    if (values.size() > nodesIn.length) {
      nodesIn = Arrays.copyOf(nodesIn, 2 * nodesIn.length);
    }
    return values.size() - 1;
  }
}
