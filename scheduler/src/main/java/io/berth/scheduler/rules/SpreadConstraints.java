package io.berth.scheduler.rules;

import io.berth.scheduler.cluster.Cluster;
import io.berth.scheduler.cluster.GroupKey;
import io.berth.scheduler.cluster.Node;
import io.berth.scheduler.core.PodShape;
import io.berth.scheduler.core.SpreadConstraint;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The hard or the soft spread constraints of a shape, with the counts of each. A node counts where
 * it has the labels of all of them. Not safe for use by several threads.
 */
public final class SpreadConstraints implements AutoCloseable {
  private final SpreadDomains[] all;

  public SpreadConstraints(List<SpreadConstraint> constraints, PodShape shape, Cluster cluster) {
    List<String> keys = constraints.stream().map(SpreadConstraint::topologyKey).toList();
    all =
        constraints.stream()
            .map(constraint -> new SpreadDomains(constraint, shape, keys, cluster))
            .toArray(SpreadDomains[]::new);
  }

  public int count() {
    return all.length;
  }

  public SpreadDomains at(int i) {
    return all[i];
  }

  /** As {@link Check#key}. */
  public void key(int node, GroupKey key) {
    for (SpreadDomains domains : all) {
      domains.key(node, key);
    }
  }

  /** As {@link Check#structure}. */
  public long structure() {
    long sum = 0;
    for (SpreadDomains domains : all) {
      sum += domains.key().structure();
    }
    return sum;
  }

  /** As {@link Check#changed}. */
  public void changed(int index, @Nullable Node node) {
    for (SpreadDomains domains : all) {
      domains.changed(index, node);
    }
  }

  @Override
  public void close() {
    for (SpreadDomains domains : all) {
      domains.close();
    }
  }
}
