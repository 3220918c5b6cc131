package io.berth.scheduler.cluster;

import io.berth.scheduler.core.PodRecord;
import io.berth.scheduler.core.PodSelector;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * How many pods that match are on each node and in each domain of the topologies that somebody asks
 * about. Kept up to date with every pod that comes or goes. Not safe for use by several threads.
 */
public final class PodCounter {
  /**
   * What is counted.
   *
   * @param selectors a pod counts where it matches all of them
   * @param terminating whether pods that are being deleted count
   */
  public record Subject(List<PodSelector> selectors, boolean terminating) {
    public Subject {
      selectors = List.copyOf(selectors);
    }

    boolean byNamespaceLabels() {
      return selectors.stream().anyMatch(s -> s.namespaceSelector() != null);
    }
  }

  /** The counts by the domains of one topology. */
  public static final class Domains {
    private final TopologyKey key;
    private int[] counts;
    private int total;

    private Domains(TopologyKey key) {
      this.key = key;
      counts = new int[Math.max(4, key.size())];
    }

    /** The domain of a node, or -1 where it is in none. */
    public int domain(int node) {
      return key.domain(node);
    }

    /** Adds to a key where a node is. */
    public void key(int node, GroupKey to) {
      int domain = key.domain(node);
      to.add(key, domain, domain < 0 ? 0 : in(domain));
    }

    /** Whether no two nodes are in the same domain. */
    public boolean unique() {
      return key.unique();
    }

    /** Rises when keys must be made anew. */
    public long structure() {
      return key.structure();
    }

    /** How many are in a domain. */
    public int in(int domain) {
      return domain < counts.length ? counts[domain] : 0;
    }

    /** How many are in any domain: those on nodes without the label are in none. */
    public int total() {
      return total;
    }

    private void add(int node, int delta) {
      int domain = key.domain(node);
      if (domain < 0) {
        return;
      }
      if (domain >= counts.length) {
        counts = Arrays.copyOf(counts, Math.max(domain + 1, 2 * counts.length));
      }
      counts[domain] += delta;
      total += delta;
    }
  }

  private final Subject subject;
  private int[] onNode;
  private final Map<TopologyKey, Domains> followed = new HashMap<>(2);
  private int users;

  PodCounter(Subject subject, int capacity) {
    this.subject = subject;
    onNode = new int[capacity];
  }

  public Subject subject() {
    return subject;
  }

  /** How many are on the node with that index. */
  public int onNode(int node) {
    return node < onNode.length ? onNode[node] : 0;
  }

  boolean matches(LabelSet labels, Map<String, String> namespaceLabels) {
    for (PodSelector selector : subject.selectors()) {
      if (!selector.matches(labels.namespace(), namespaceLabels, labels.labels())) {
        return false;
      }
    }
    return true;
  }

  boolean counts(PodRecord pod) {
    return subject.terminating() || !pod.details().terminating();
  }

  /** The counts by the domains of a topology, kept from now on. */
  public Domains follow(TopologyKey key) {
    return followed.computeIfAbsent(key, this::countDomains);
  }

  private Domains countDomains(TopologyKey key) {
    Domains domains = new Domains(key);
    for (int node = 0; node < onNode.length; node++) {
      if (onNode[node] > 0) {
        domains.add(node, onNode[node]);
      }
    }
    return domains;
  }

  void add(int node, int delta) {
    if (node >= onNode.length) {
      onNode = Arrays.copyOf(onNode, Math.max(node + 1, 2 * onNode.length));
    }
    onNode[node] += delta;
    followed.values().forEach(domains -> domains.add(node, delta));
  }

  void used(int delta) {
    users += delta;
  }

  boolean unused() {
    return users == 0;
  }
}
