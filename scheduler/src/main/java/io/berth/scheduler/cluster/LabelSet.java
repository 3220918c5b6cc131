package io.berth.scheduler.cluster;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * The labels that some pods of a namespace share, and who asks about them. Changed by {@link
 * Cluster} only.
 */
public final class LabelSet {
  private final String namespace;
  private final Map<String, String> labels;
  private final List<PodCounter> counters = new ArrayList<>(2);
  private final List<TermCarriers> carriers = new ArrayList<>(0);
  private int users;
  private long structure;

  LabelSet(String namespace, Map<String, String> labels) {
    this.namespace = namespace;
    this.labels = labels;
  }

  public String namespace() {
    return namespace;
  }

  public Map<String, String> labels() {
    return labels;
  }

  /** The terms of placed pods that mean pods with these labels. */
  public List<TermCarriers> carriers() {
    return carriers;
  }

  /** Rises when {@link #carriers} are others. */
  public long structure() {
    return structure;
  }

  void bear(TermCarriers carrier) {
    carriers.add(carrier);
    structure++;
  }

  void drop(Predicate<TermCarriers> which) {
    structure += carriers.removeIf(which) ? 1 : 0;
  }

  List<PodCounter> counters() {
    return counters;
  }

  void used(int delta) {
    users += delta;
  }

  boolean unused() {
    return users == 0;
  }
}
