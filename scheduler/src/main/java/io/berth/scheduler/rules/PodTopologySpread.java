package io.berth.scheduler.rules;

import static io.berth.scheduler.core.ClusterEvent.NODE_ADDED;
import static io.berth.scheduler.core.ClusterEvent.NODE_LABELS_CHANGED;
import static io.berth.scheduler.core.ClusterEvent.NODE_REMOVED;
import static io.berth.scheduler.core.ClusterEvent.NODE_TAINTS_CHANGED;
import static io.berth.scheduler.core.ClusterEvent.POD_ADDED;
import static io.berth.scheduler.core.ClusterEvent.POD_LEFT;

import io.berth.scheduler.cluster.Cluster;
import io.berth.scheduler.cluster.GroupKey;
import io.berth.scheduler.cluster.Node;
import io.berth.scheduler.core.ClusterEvent;
import io.berth.scheduler.core.PodShape;
import io.berth.scheduler.core.Rejection;
import io.berth.scheduler.core.SpreadConstraint;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** No domain may get further ahead of the emptiest than the pod's hard constraints allow. */
public final class PodTopologySpread implements Rule {
  static final String NAME = "PodTopologySpread";
  private static final Rejection SKEWED =
      Rejection.resolvable(NAME, "node(s) didn't match pod topology spread constraints");
  private static final Rejection NO_LABEL =
      Rejection.unresolvable(
          NAME, "node(s) didn't match pod topology spread constraints (missing required label)");

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public @Nullable Check bind(PodShape shape, Cluster cluster) {
    List<SpreadConstraint> hard = shape.spread().stream().filter(SpreadConstraint::hard).toList();
    return hard.isEmpty() ? null : new Spread(hard, shape, cluster);
  }

  @Override
  public Set<ClusterEvent> helpedBy() {
    return Set.of(
        NODE_ADDED, NODE_REMOVED, NODE_LABELS_CHANGED, NODE_TAINTS_CHANGED, POD_ADDED, POD_LEFT);
  }

  private static final class Spread implements Check {
    private final SpreadConstraints constraints;

    Spread(List<SpreadConstraint> hard, PodShape shape, Cluster cluster) {
      constraints = new SpreadConstraints(hard, shape, cluster);
    }

    @Override
    public @Nullable Rejection test(Node node) {
      for (int i = 0; i < constraints.count(); i++) {
        SpreadDomains constraint = constraints.at(i);
        int domain = constraint.key().domain(node.index());
        if (domain < 0) {
          return NO_LABEL;
        }
        if (constraint.skew(domain) > constraint.constraint().maxSkew()) {
          return SKEWED;
        }
      }
      return null;
    }

    @Override
    public boolean local() {
      return false;
    }

    @Override
    public void key(int node, GroupKey key) {
      constraints.key(node, key);
    }

    @Override
    public long structure() {
      return constraints.structure();
    }

    @Override
    public void changed(int index, @Nullable Node node) {
      constraints.changed(index, node);
    }

    @Override
    public void close() {
      constraints.close();
    }
  }
}
