package io.berth.scheduler.preferences;

import io.berth.scheduler.cluster.Cluster;
import io.berth.scheduler.cluster.GroupKey;
import io.berth.scheduler.cluster.Node;
import io.berth.scheduler.cluster.TopologyKey;
import io.berth.scheduler.core.PodShape;
import io.berth.scheduler.core.SpreadConstraint;
import io.berth.scheduler.rules.SpreadConstraints;
import io.berth.scheduler.rules.SpreadDomains;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Domains with fewer of a pod's kind, where its constraints wish for spreading. A domain's pods
 * weigh more the more domains there are, so that few zones do not outweigh many hosts.
 */
public final class Evenness implements Preference {
  private static final String HOSTNAME = "kubernetes.io/hostname";

  @Override
  public String name() {
    return "PodTopologySpread";
  }

  @Override
  public @Nullable Rating bind(PodShape shape, Cluster cluster) {
    List<SpreadConstraint> soft = shape.spread().stream().filter(c -> !c.hard()).toList();
    return soft.isEmpty() ? null : new Spread(soft, shape, cluster);
  }

  private static final class Spread implements Rating {
    private final SpreadConstraints constraints;
    private final double[] weights;
    private final int[][] stamps;
    private int stamp;

    Spread(List<SpreadConstraint> soft, PodShape shape, Cluster cluster) {
      constraints = new SpreadConstraints(soft, shape, cluster);
      weights = new double[constraints.count()];
      stamps = new int[constraints.count()][0];
    }

    @Override
    public Scale scale() {
      return Scale.EVENNESS;
    }

    @Override
    public boolean local() {
      return false;
    }

    @Override
    public void key(int node, GroupKey key) {
      constraints.key(node, key);
      for (int i = 0; i < constraints.count(); i++) {
        if (isHost(constraints.at(i))) {
          key.add(constraints.at(i).podsOn(node));
        }
      }
    }

    @Override
    public long structure() {
      return constraints.structure();
    }

    @Override
    public void begin(int[] some, int[] sizes, int count) {
      stamp++;
      for (int i = 0; i < constraints.count(); i++) {
        weights[i] = Math.log(domains(i, some, sizes, count) + 2.0);
      }
    }

    /** In how many domains the nodes lie that the pod may go to. */
    private int domains(int i, int[] some, int[] sizes, int count) {
      TopologyKey key = constraints.at(i).key();
      if (stamps[i].length < key.size()) {
        stamps[i] = Arrays.copyOf(stamps[i], 2 * key.size());
      }
      int found = 0;
      for (int n = 0; n < count; n++) {
        int domain = key.domain(some[n]);
        if (domain >= 0 && key.unique()) {
          found += sizes[n];
        } else if (domain >= 0 && stamps[i][domain] != stamp) {
          stamps[i][domain] = stamp;
          found++;
        }
      }
      return found;
    }

    private static boolean isHost(SpreadDomains constraint) {
      return constraint.key().name().equals(HOSTNAME);
    }

    @Override
    public double raw(Node node) {
      double sum = 0;
      for (int i = 0; i < constraints.count(); i++) {
        SpreadDomains constraint = constraints.at(i);
        int domain = constraint.key().domain(node.index());
        if (domain < 0) {
          return Double.NaN;
        }
        int pods = isHost(constraint) ? constraint.podsOn(node.index()) : constraint.pods(domain);
        sum += pods * weights[i] + constraint.constraint().maxSkew() - 1;
      }
      return Math.round(sum);
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
