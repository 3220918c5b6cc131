package io.berth.scheduler.cluster;

import io.berth.scheduler.core.AffinityTerm;
import java.util.Arrays;
import java.util.Map;

/**
 * Where the pods are that bear an affinity term: what they demand and wish concerns the pods that
 * come later. Not safe for use by several threads.
 */
public final class TermCarriers {
  private final AffinityTerm term;
  private final TopologyKey key;
  private int[] forbidding = new int[4];
  private long[] weights = new long[4];
  private int[] requiring = new int[4];
  private int carriers;

  TermCarriers(AffinityTerm term, TopologyKey key) {
    this.term = term;
    this.key = key;
  }

  public AffinityTerm term() {
    return term;
  }

  public TopologyKey key() {
    return key;
  }

  /** How many pods in a domain demand to be away from the pods that the term means. */
  public int forbidding(int domain) {
    return domain < forbidding.length ? forbidding[domain] : 0;
  }

  /**
   * The sum of the weights with which pods in a domain wish for the pods that the term means.
   *
   * @param requirement with what weight a pod wishes for those that it requires
   */
  public long weight(int domain, int requirement) {
    long sum = domain < weights.length ? weights[domain] : 0;
    return domain < requiring.length ? sum + (long) requirement * requiring[domain] : sum;
  }

  boolean matches(LabelSet labels, Map<String, String> namespaceLabels) {
    return term.pods().matches(labels.namespace(), namespaceLabels, labels.labels());
  }

  void addForbidding(int domain, int delta) {
    if (domain >= forbidding.length) {
      forbidding = Arrays.copyOf(forbidding, 2 * (domain + 1));
    }
    forbidding[domain] += delta;
  }

  void addWeight(int domain, long delta) {
    if (domain >= weights.length) {
      weights = Arrays.copyOf(weights, 2 * (domain + 1));
    }
    weights[domain] += delta;
  }

  void addRequiring(int domain, int delta) {
    if (domain >= requiring.length) {
      requiring = Arrays.copyOf(requiring, 2 * (domain + 1));
    }
    requiring[domain] += delta;
  }

  void carried(int delta) {
    carriers += delta;
  }

  boolean unused() {
    return carriers == 0;
  }
}
