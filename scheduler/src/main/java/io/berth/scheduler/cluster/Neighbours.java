package io.berth.scheduler.cluster;

import io.berth.scheduler.core.AffinityTerm;
import io.berth.scheduler.core.NodeRecord;
import io.berth.scheduler.core.PodAffinity;
import io.berth.scheduler.core.PodSelector;
import io.berth.scheduler.core.PodShape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Which pods are together in which domains: the counts that spreading and affinity between pods are
 * decided by. They are made when somebody asks first, and kept up to date from then on. Not safe
 * for use by several threads.
 */
public final class Neighbours {
  private static final int TIDY = 256;

  private record LabelKey(String namespace, Map<String, String> labels) {}

  private final Cluster cluster;
  private final Map<LabelKey, LabelSet> labelSets = new HashMap<>();
  private final Map<PodCounter.Subject, PodCounter> counters = new HashMap<>();
  private final Map<AffinityTerm, TermCarriers> carriers = new HashMap<>();
  private final Map<String, TopologyKey> keys = new HashMap<>();
  private final Map<String, Map<String, String>> namespaces = new HashMap<>();
  private final Essence essence = new Essence();
  private int unusedCarriers;
  private long epoch;

  Neighbours(Cluster cluster) {
    this.cluster = cluster;
  }

  /** Rises when counts were made anew: who holds a counter must ask for it again. */
  public long epoch() {
    return epoch;
  }

  /** What of a shape decides about its pods: the same for pods that nobody tells apart now. */
  public PodShape essence(PodShape shape) {
    return essence.of(shape);
  }

  /** The domains of a topology. */
  public TopologyKey key(String name) {
    TopologyKey known = keys.get(name);
    if (known != null) {
      return known;
    }
    TopologyKey key = new TopologyKey(name, Math.max(16, cluster.end()));
    cluster.nodes().forEach(node -> key.set(node.index(), node.labels().get(name)));
    keys.put(name, key);
    return key;
  }

  /** The counter of a subject. Give it back with {@link #release}. */
  public PodCounter counter(PodCounter.Subject subject) {
    PodCounter counter = counters.get(subject);
    if (counter == null) {
      counter = new PodCounter(subject, Math.max(16, cluster.end()));
      counters.put(subject, counter);
      fill(counter);
    }
    counter.used(1);
    return counter;
  }

  /** Ends the use of a counter. */
  public void release(PodCounter counter) {
    counter.used(-1);
    if (counter.unused() && counters.remove(counter.subject(), counter)) {
      labelSets.values().forEach(labels -> labels.counters().remove(counter));
    }
  }

  private void fill(PodCounter counter) {
    for (LabelSet labels : labelSets.values()) {
      if (counter.matches(labels, namespaceLabels(labels.namespace()))) {
        labels.counters().add(counter);
      }
    }
    for (Node node : cluster.nodes()) {
      for (Placement placement : node.placements()) {
        if (placement.labels().counters().contains(counter) && counter.counts(placement.pod())) {
          counter.add(node.index(), 1);
        }
      }
    }
  }

  /** The one object for these labels. */
  public LabelSet labels(String namespace, Map<String, String> labels) {
    LabelKey key = new LabelKey(namespace, labels);
    LabelSet known = labelSets.get(key);
    if (known != null) {
      return known;
    }
    LabelSet made = new LabelSet(namespace, labels);
    Map<String, String> namespaceLabels = namespaceLabels(namespace);
    for (PodCounter counter : counters.values()) {
      if (counter.matches(made, namespaceLabels)) {
        made.counters().add(counter);
      }
    }
    for (TermCarriers carrier : carriers.values()) {
      if (carrier.matches(made, namespaceLabels)) {
        made.bear(carrier);
      }
    }
    labelSets.put(key, made);
    return made;
  }

  /** Whether pods with these labels match all of the selectors. */
  public boolean meets(LabelSet labels, List<PodSelector> selectors) {
    Map<String, String> namespaceLabels = namespaceLabels(labels.namespace());
    return selectors.stream()
        .allMatch(s -> s.matches(labels.namespace(), namespaceLabels, labels.labels()));
  }

  /** The same for a pod that is only asked about: its labels need not be known. */
  public boolean meets(PodShape pod, List<PodSelector> selectors) {
    Map<String, String> namespaceLabels = namespaceLabels(pod.namespace());
    return selectors.stream()
        .allMatch(s -> s.matches(pod.namespace(), namespaceLabels, pod.labels()));
  }

  /** How many sets of labels are known. */
  public int known() {
    return labelSets.size();
  }

  /** Keeps labels known for as long as somebody decides for pods that bear them. */
  public void hold(LabelSet labels) {
    labels.used(1);
  }

  /** Ends what {@link #hold} began. */
  public void letGo(LabelSet labels) {
    labels.used(-1);
    if (labels.unused()) {
      labelSets.remove(new LabelKey(labels.namespace(), labels.labels()), labels);
    }
  }

  /** A namespace's labels changed: the selectors of namespaces mean others now. */
  public void putNamespace(String name, Map<String, String> labels) {
    Map<String, String> before = namespaces.put(name, Map.copyOf(labels));
    boolean asked =
        counters.keySet().stream().anyMatch(PodCounter.Subject::byNamespaceLabels)
            || carriers.keySet().stream().anyMatch(t -> t.pods().namespaceSelector() != null);
    if (asked && !labels.equals(before)) {
      countAnew();
    }
  }

  public void removeNamespace(String name) {
    namespaces.remove(name);
  }

  private Map<String, String> namespaceLabels(String name) {
    return namespaces.getOrDefault(name, Map.of());
  }

  /** The labels of a namespace change seldom: all is thrown away and counted again. */
  private void countAnew() {
    epoch++;
    counters.clear();
    for (LabelSet labels : labelSets.values()) {
      labels.counters().clear();
      labels.drop(carrier -> true);
      for (TermCarriers carrier : carriers.values()) {
        if (carrier.matches(labels, namespaceLabels(labels.namespace()))) {
          labels.bear(carrier);
        }
      }
    }
  }

  /** Whether a node's change of labels moves it to other domains. */
  boolean concerned(NodeRecord before, NodeRecord now) {
    for (String key : keys.keySet()) {
      String value = before.labels().get(key);
      if (value == null ? now.labels().containsKey(key) : !value.equals(now.labels().get(key))) {
        return true;
      }
    }
    return false;
  }

  void place(int index, NodeRecord node) {
    keys.values().forEach(key -> key.set(index, node.labels().get(key.name())));
  }

  void displace(int index) {
    keys.values().forEach(key -> key.set(index, null));
  }

  void came(Placement placement) {
    hold(placement.labels());
    count(placement, 1);
  }

  void left(Placement placement) {
    count(placement, -1);
    letGo(placement.labels());
  }

  void count(Placement placement, int sign) {
    tally(placement, sign, sign);
  }

  /** Counts a pod out or in for a moment: it bears its terms on. */
  void recount(Placement placement, int sign) {
    tally(placement, sign, 0);
  }

  private void tally(Placement placement, int sign, int carried) {
    int node = placement.node().index();
    List<PodCounter> asking = placement.labels().counters();
    for (int i = 0; i < asking.size(); i++) {
      if (asking.get(i).counts(placement.pod())) {
        asking.get(i).add(node, sign);
      }
    }
    PodShape shape = placement.pod().shape();
    for (AffinityTerm term : shape.antiAffinity().required()) {
      TermCarriers carrier = carried(term, carried);
      int domain = carrier.key().domain(node);
      if (domain >= 0) {
        carrier.addForbidding(domain, sign);
      }
    }
    for (AffinityTerm term : shape.affinity().required()) {
      TermCarriers carrier = carried(term, carried);
      int domain = carrier.key().domain(node);
      if (domain >= 0) {
        carrier.addRequiring(domain, sign);
      }
    }
    for (PodAffinity.Preferred preferred : shape.affinity().preferred()) {
      weigh(preferred.term(), node, sign, carried, preferred.weight());
    }
    for (PodAffinity.Preferred preferred : shape.antiAffinity().preferred()) {
      weigh(preferred.term(), node, sign, carried, -preferred.weight());
    }
  }

  private void weigh(AffinityTerm term, int node, int sign, int carried, int weight) {
    TermCarriers carrier = carried(term, carried);
    int domain = carrier.key().domain(node);
    if (domain >= 0) {
      carrier.addWeight(domain, (long) sign * weight);
    }
  }

  private TermCarriers carried(AffinityTerm term, int sign) {
    TermCarriers carrier = carriers.computeIfAbsent(term, this::carriersOf);
    carrier.carried(sign);
    if (sign < 0 && carrier.unused() && ++unusedCarriers > TIDY) {
      tidy();
    }
    return carrier;
  }

  /** Pods of the shape may be counted for a moment, from now on or no more. */
  void expect(PodShape shape, int sign) {
    shape.antiAffinity().required().forEach(term -> carried(term, sign));
    shape.affinity().required().forEach(term -> carried(term, sign));
    shape.affinity().preferred().forEach(preferred -> carried(preferred.term(), sign));
    shape.antiAffinity().preferred().forEach(preferred -> carried(preferred.term(), sign));
  }

  private TermCarriers carriersOf(AffinityTerm term) {
    essence.asks(term, 1);
    TermCarriers made = new TermCarriers(term, key(term.topologyKey()));
    for (LabelSet labels : labelSets.values()) {
      if (made.matches(labels, namespaceLabels(labels.namespace()))) {
        labels.bear(made);
      }
    }
    return made;
  }

  /** Rollouts leave terms behind that nobody bears any more. */
  private void tidy() {
    unusedCarriers = 0;
    List<TermCarriers> gone = new ArrayList<>();
    carriers.values().stream().filter(TermCarriers::unused).forEach(gone::add);
    for (TermCarriers carrier : gone) {
      carriers.remove(carrier.term());
      essence.asks(carrier.term(), -1);
    }
    labelSets.values().forEach(labels -> labels.drop(TermCarriers::unused));
  }
}
