package io.berth.scheduler.preferences;

import io.berth.scheduler.cluster.Cluster;
import io.berth.scheduler.cluster.GroupKey;
import io.berth.scheduler.cluster.LabelSet;
import io.berth.scheduler.cluster.Neighbours;
import io.berth.scheduler.cluster.Node;
import io.berth.scheduler.cluster.PodCounter;
import io.berth.scheduler.cluster.TermCarriers;
import io.berth.scheduler.core.AffinityTerm;
import io.berth.scheduler.core.PodAffinity;
import io.berth.scheduler.core.PodShape;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Nearness to the pods that a pod would like near, distance from those that it would not; and the
 * same by the wishes of the pods that are there.
 */
public final class Company implements Preference {
  private final int requirement;
  private final boolean ownWishesOnly;

  public Company() {
    this(1, false);
  }

  /**
   * @param requirement with what weight a pod that requires others to be near attracts them in turn
   * @param ownWishesOnly whether pods that wish for nothing themselves are not moved by the wishes
   *     of others
   */
  public Company(int requirement, boolean ownWishesOnly) {
    this.requirement = requirement;
    this.ownWishesOnly = ownWishesOnly;
  }

  @Override
  public String name() {
    return "InterPodAffinity";
  }

  @Override
  public @Nullable Rating bind(PodShape shape, Cluster cluster) {
    boolean wishes =
        !shape.affinity().preferred().isEmpty() || !shape.antiAffinity().preferred().isEmpty();
    return wishes || !ownWishesOnly ? new Wishes(shape, cluster.neighbours(), requirement) : null;
  }

  private record Wish(PodCounter counter, PodCounter.Domains pods, int weight) {}

  private static final class Wishes implements Rating {
    private final Neighbours neighbours;
    private final LabelSet labels;
    private final int requirement;
    private final List<Wish> wishes = new ArrayList<>();

    Wishes(PodShape shape, Neighbours neighbours, int requirement) {
      this.neighbours = neighbours;
      this.requirement = requirement;
      labels = neighbours.labels(shape.namespace(), shape.labels());
      neighbours.hold(labels);
      for (PodAffinity.Preferred preferred : shape.affinity().preferred()) {
        wishes.add(wish(preferred.term(), preferred.weight()));
      }
      for (PodAffinity.Preferred preferred : shape.antiAffinity().preferred()) {
        wishes.add(wish(preferred.term(), -preferred.weight()));
      }
    }

    private Wish wish(AffinityTerm term, int weight) {
      PodCounter counter = neighbours.counter(new PodCounter.Subject(List.of(term.pods()), true));
      return new Wish(counter, counter.follow(neighbours.key(term.topologyKey())), weight);
    }

    @Override
    public Scale scale() {
      return Scale.SMALLEST_TO_LARGEST;
    }

    @Override
    public boolean local() {
      return false;
    }

    @Override
    public void key(int node, GroupKey key) {
      wishes.forEach(wish -> wish.pods().key(node, key));
      for (TermCarriers carrier : labels.carriers()) {
        int domain = carrier.key().domain(node);
        key.add(carrier.key(), domain, domain < 0 ? 0 : carrier.weight(domain, requirement));
      }
    }

    @Override
    public boolean silent() {
      return wishes.isEmpty() && labels.carriers().isEmpty();
    }

    @Override
    public long structure() {
      long sum = labels.structure();
      for (Wish wish : wishes) {
        sum += wish.pods().structure();
      }
      for (TermCarriers carrier : labels.carriers()) {
        sum += carrier.key().structure();
      }
      return sum;
    }

    @Override
    public double raw(Node node) {
      long sum = 0;
      for (int i = 0; i < wishes.size(); i++) {
        Wish wish = wishes.get(i);
        int domain = wish.pods().domain(node.index());
        if (domain >= 0) {
          sum += (long) wish.weight() * wish.pods().in(domain);
        }
      }
      List<TermCarriers> carriers = labels.carriers();
      for (int i = 0; i < carriers.size(); i++) {
        int domain = carriers.get(i).key().domain(node.index());
        if (domain >= 0) {
          sum += carriers.get(i).weight(domain, requirement);
        }
      }
      return sum;
    }

    @Override
    public void close() {
      wishes.forEach(wish -> neighbours.release(wish.counter()));
      neighbours.letGo(labels);
    }
  }
}
