package io.berth.scheduler.rules;

import static io.berth.scheduler.core.ClusterEvent.NODE_ADDED;
import static io.berth.scheduler.core.ClusterEvent.NODE_LABELS_CHANGED;
import static io.berth.scheduler.core.ClusterEvent.POD_ADDED;
import static io.berth.scheduler.core.ClusterEvent.POD_LEFT;

import io.berth.scheduler.cluster.Cluster;
import io.berth.scheduler.cluster.GroupKey;
import io.berth.scheduler.cluster.LabelSet;
import io.berth.scheduler.cluster.Neighbours;
import io.berth.scheduler.cluster.Node;
import io.berth.scheduler.cluster.PodCounter;
import io.berth.scheduler.cluster.TermCarriers;
import io.berth.scheduler.core.AffinityTerm;
import io.berth.scheduler.core.ClusterEvent;
import io.berth.scheduler.core.PodSelector;
import io.berth.scheduler.core.PodShape;
import io.berth.scheduler.core.Rejection;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A pod goes where the pods are that it requires, not where those are that it keeps away from, nor
 * where pods are that keep away from it.
 */
public final class InterPodAffinity implements Rule {
  static final String NAME = "InterPodAffinity";
  private static final Rejection AFFINITY =
      Rejection.unresolvable(NAME, "node(s) didn't match pod affinity rules");
  private static final Rejection ANTI_AFFINITY =
      Rejection.resolvable(NAME, "node(s) didn't match pod anti-affinity rules");
  private static final Rejection THEIR_ANTI_AFFINITY =
      Rejection.resolvable(NAME, "node(s) didn't satisfy existing pods anti-affinity rules");

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Check bind(PodShape shape, Cluster cluster) {
    return new Near(shape, cluster.neighbours());
  }

  @Override
  public Set<ClusterEvent> helpedBy() {
    return Set.of(NODE_ADDED, NODE_LABELS_CHANGED, POD_ADDED, POD_LEFT);
  }

  private static final class Near implements Check {
    private final Neighbours neighbours;
    private final LabelSet labels;
    private final @Nullable PodCounter wanted;
    private final List<PodCounter.Domains> near = new ArrayList<>();
    private final boolean wantsItself;
    private final List<PodCounter> avoided = new ArrayList<>();
    private final List<PodCounter.Domains> away = new ArrayList<>();

    Near(PodShape shape, Neighbours neighbours) {
      this.neighbours = neighbours;
      labels = neighbours.labels(shape.namespace(), shape.labels());
      neighbours.hold(labels);
      List<AffinityTerm> required = shape.affinity().required();
      List<PodSelector> all = required.stream().map(AffinityTerm::pods).toList();
      wantsItself = neighbours.meets(labels, all);
      wanted = required.isEmpty() ? null : neighbours.counter(new PodCounter.Subject(all, true));
      if (wanted != null) {
        required.forEach(term -> near.add(wanted.follow(neighbours.key(term.topologyKey()))));
      }
      for (AffinityTerm term : shape.antiAffinity().required()) {
        PodCounter counter = neighbours.counter(new PodCounter.Subject(List.of(term.pods()), true));
        avoided.add(counter);
        away.add(counter.follow(neighbours.key(term.topologyKey())));
      }
    }

    @Override
    public boolean local() {
      return false;
    }

    @Override
    public boolean far() {
      if (!near.isEmpty()) {
        return true;
      }
      for (int i = 0; i < away.size(); i++) {
        if (!away.get(i).unique()) {
          return true;
        }
      }
      List<TermCarriers> carriers = labels.carriers();
      for (int i = 0; i < carriers.size(); i++) {
        if (!carriers.get(i).key().unique()) {
          return true;
        }
      }
      return false;
    }

    @Override
    public void key(int node, GroupKey key) {
      near.forEach(domains -> domains.key(node, key));
      away.forEach(domains -> domains.key(node, key));
      for (TermCarriers carrier : labels.carriers()) {
        int domain = carrier.key().domain(node);
        key.add(carrier.key(), domain, domain < 0 ? 0 : carrier.forbidding(domain));
      }
    }

    @Override
    public boolean silent() {
      return near.isEmpty() && away.isEmpty() && labels.carriers().isEmpty();
    }

    @Override
    public long structure() {
      long sum = labels.structure();
      for (PodCounter.Domains domains : near) {
        sum += domains.structure();
      }
      for (PodCounter.Domains domains : away) {
        sum += domains.structure();
      }
      for (TermCarriers carrier : labels.carriers()) {
        sum += carrier.key().structure();
      }
      return sum;
    }

    @Override
    public @Nullable Rejection test(Node node) {
      if (!near.isEmpty() && !isNear(node.index())) {
        return AFFINITY;
      }
      for (int i = 0; i < away.size(); i++) {
        int domain = away.get(i).domain(node.index());
        if (domain >= 0 && away.get(i).in(domain) > 0) {
          return ANTI_AFFINITY;
        }
      }
      List<TermCarriers> carriers = labels.carriers();
      for (int i = 0; i < carriers.size(); i++) {
        TermCarriers carrier = carriers.get(i);
        int domain = carrier.key().domain(node.index());
        if (domain >= 0 && carrier.forbidding(domain) > 0) {
          return THEIR_ANTI_AFFINITY;
        }
      }
      return null;
    }

    /** The first pod of a group that wants its own kind near may go anywhere. */
    private boolean isNear(int node) {
      boolean all = true;
      boolean anywhere = false;
      for (int i = 0; i < near.size(); i++) {
        int domain = near.get(i).domain(node);
        if (domain < 0) {
          return false;
        }
        all &= near.get(i).in(domain) > 0;
        anywhere |= near.get(i).total() > 0;
      }
      return all || (!anywhere && wantsItself);
    }

    @Override
    public void close() {
      if (wanted != null) {
        neighbours.release(wanted);
      }
      avoided.forEach(neighbours::release);
      neighbours.letGo(labels);
    }
  }
}
