package io.berth.scheduler.rules;

import io.berth.scheduler.cluster.Cluster;
import io.berth.scheduler.cluster.GroupKey;
import io.berth.scheduler.cluster.Node;
import io.berth.scheduler.cluster.PodCounter;
import io.berth.scheduler.cluster.TopologyKey;
import io.berth.scheduler.core.PodSelector;
import io.berth.scheduler.core.PodShape;
import io.berth.scheduler.core.SpreadConstraint;
import io.berth.scheduler.core.Taint;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How many pods that a spread constraint counts are in each domain, over the nodes that count for
 * the pod's shape; and how many are in the emptiest. Kept up to date node by node. Not safe for use
 * by several threads.
 */
public final class SpreadDomains implements AutoCloseable {
  private static final int NONE = -1;

  private final SpreadConstraint constraint;
  private final PodShape shape;
  private final List<String> keysNeeded;
  private final Cluster cluster;
  private final TopologyKey key;
  private final PodCounter counter;
  private final int self;

  private int[] domainAt = new int[0];
  private int[] seen = new int[0];
  private int[] pods = new int[4];
  private int[] nodes = new int[4];
  private int domains;

  /** How many domains have so many pods: the emptiest is found without looking at all. */
  private int[] domainsWith = new int[8];

  private int emptiest;

  /**
   * @param keysNeeded a node counts only where it has all of these labels
   */
  public SpreadDomains(
      SpreadConstraint constraint, PodShape shape, List<String> keysNeeded, Cluster cluster) {
    this.constraint = constraint;
    this.shape = shape;
    this.keysNeeded = keysNeeded;
    this.cluster = cluster;
    this.key = cluster.neighbours().key(constraint.topologyKey());
    PodSelector selector = PodSelector.in(shape.namespace(), constraint.selector());
    this.counter = cluster.neighbours().counter(new PodCounter.Subject(List.of(selector), false));
    this.self = constraint.selector().matches(shape.labels()) ? 1 : 0;
  }

  public SpreadConstraint constraint() {
    return constraint;
  }

  public TopologyKey key() {
    return key;
  }

  /** Takes in that a node changed, came or went. */
  public void changed(int index, @Nullable Node node) {
    if (index >= domainAt.length) {
      int before = domainAt.length;
      domainAt = Arrays.copyOf(domainAt, Math.max(index + 1, Math.max(16, 2 * before)));
      Arrays.fill(domainAt, before, domainAt.length, NONE);
      seen = Arrays.copyOf(seen, domainAt.length);
    }
    int domain = node != null && counts(node) ? key.domain(index) : NONE;
    int found = domain == NONE ? 0 : counter.onNode(index);
    if (domain == domainAt[index]) {
      if (domain != NONE && found != seen[index]) {
        move(domain, found - seen[index]);
      }
    } else {
      leave(index);
      enter(domain, found);
    }
    domainAt[index] = domain;
    seen[index] = found;
  }

  private boolean counts(Node node) {
    for (String needed : keysNeeded) {
      if (!node.labels().containsKey(needed)) {
        return false;
      }
    }
    if (constraint.honorAffinity() && !shape.selects(node.name(), node.labels())) {
      return false;
    }
    if (constraint.honorTaints()) {
      for (Taint taint : node.record().taints()) {
        if (taint.forbids() && !shape.tolerates(taint)) {
          return false;
        }
      }
    }
    return true;
  }

  private void leave(int index) {
    int domain = domainAt[index];
    if (domain == NONE) {
      return;
    }
    if (seen[index] > 0) {
      move(domain, -seen[index]);
    }
    if (--nodes[domain] == 0) {
      domains--;
      tally(pods[domain], -1);
    }
  }

  private void enter(int domain, int found) {
    if (domain == NONE) {
      return;
    }
    if (domain >= nodes.length) {
      nodes = Arrays.copyOf(nodes, 2 * (domain + 1));
      pods = Arrays.copyOf(pods, nodes.length);
    }
    if (nodes[domain]++ == 0) {
      domains++;
      tally(pods[domain], 1);
    }
    if (found > 0) {
      move(domain, found);
    }
  }

  private void move(int domain, int delta) {
    tally(pods[domain], -1);
    pods[domain] += delta;
    tally(pods[domain], 1);
  }

  private void tally(int count, int delta) {
    if (count >= domainsWith.length) {
      domainsWith = Arrays.copyOf(domainsWith, 2 * (count + 1));
    }
    domainsWith[count] += delta;
    if (delta > 0 && count < emptiest) {
      emptiest = count;
    }
  }

  /** Adds to a key where a node is. */
  public void key(int node, GroupKey to) {
    int domain = key.domain(node);
    to.add(key, domain, domain < 0 ? 0 : pods(domain));
  }

  /** How many pods are in a domain. */
  public int pods(int domain) {
    return domain < pods.length ? pods[domain] : 0;
  }

  /** How many pods are on a node. */
  public int podsOn(int node) {
    return counter.onNode(node);
  }

  /** How many pods the emptiest domain has; 0 while there are fewer domains than asked for. */
  int emptiest() {
    if (domains < constraint.minDomains() || domains == 0) {
      return 0;
    }
    while (domainsWith[emptiest] == 0) {
      emptiest++;
    }
    return emptiest;
  }

  /** By how much a domain would exceed the emptiest with the pod in it. */
  int skew(int domain) {
    return pods(domain) + self - emptiest();
  }

  @Override
  public void close() {
    cluster.neighbours().release(counter);
  }
}
