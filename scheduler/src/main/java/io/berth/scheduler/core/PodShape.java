package io.berth.scheduler.core;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * All that a pod says about where it may and would like to go, apart from its name, its priority
 * and its volumes. The pods of a workload share one, so what was found out for one of them holds
 * for the next. Immutable, compared by value; arrays must not be changed.
 */
public final class PodShape {
  private final String namespace;
  private final Map<String, String> labels;
  private final long[] requests;
  private final Map<String, String> nodeSelector;
  private final @Nullable List<NodeTerm> requiredTerms;
  private final List<NodePreference> preferredTerms;
  private final List<Toleration> tolerations;
  private final List<HostPort> hostPorts;
  private final PodAffinity affinity;
  private final PodAffinity antiAffinity;
  private final List<SpreadConstraint> spread;
  private final List<String> images;
  private final @Nullable List<String> namedNodes;
  private final int gpus;
  private final int gpuShare;
  private final int hash;

  private PodShape(Builder b) {
    namespace = b.namespace;
    labels = Map.copyOf(b.labels);
    requests = b.requests;
    nodeSelector = Map.copyOf(b.nodeSelector);
    requiredTerms = b.requiredTerms == null ? null : List.copyOf(b.requiredTerms);
    preferredTerms = List.copyOf(b.preferredTerms);
    tolerations = List.copyOf(b.tolerations);
    hostPorts = List.copyOf(b.hostPorts);
    affinity = b.affinity;
    antiAffinity = b.antiAffinity;
    spread = List.copyOf(b.spread);
    images = List.copyOf(b.images);
    namedNodes = names(requiredTerms);
    long milli = request(ResourceIndex.GPU_MILLI);
    gpuShare = (int) (milli % 1000);
    gpus = (int) (milli / 1000) + wholeGpus(requests);
    hash = Objects.hash(namespace, labels, Arrays.hashCode(requests), nodeSelector);
  }

  public String namespace() {
    return namespace;
  }

  public Map<String, String> labels() {
    return labels;
  }

  /** What it takes of a node by slot, one of {@code pods} included. */
  public long[] requests() {
    return requests;
  }

  public long request(int slot) {
    return slot < requests.length ? requests[slot] : 0;
  }

  public Map<String, String> nodeSelector() {
    return nodeSelector;
  }

  private static int wholeGpus(long[] requests) {
    int sum = 0;
    for (int slot = 0; slot < requests.length; slot++) {
      sum += ResourceIndex.isWholeGpu(slot) ? (int) requests[slot] : 0;
    }
    return sum;
  }

  /** How many GPUs it takes whole. */
  public int gpus() {
    return gpus;
  }

  /** How much it takes of one further GPU, in thousandths; 0 for none. */
  public int gpuShare() {
    return gpuShare;
  }

  public boolean wantsGpu() {
    return gpus > 0 || gpuShare > 0;
  }

  /** The node must match one of them; null where any node will do. */
  public @Nullable List<NodeTerm> requiredTerms() {
    return requiredTerms;
  }

  public List<NodePreference> preferredTerms() {
    return preferredTerms;
  }

  public List<Toleration> tolerations() {
    return tolerations;
  }

  public List<HostPort> hostPorts() {
    return hostPorts;
  }

  public PodAffinity affinity() {
    return affinity;
  }

  public PodAffinity antiAffinity() {
    return antiAffinity;
  }

  public List<SpreadConstraint> spread() {
    return spread;
  }

  /** The images of its containers, as nodes name them. */
  public List<String> images() {
    return images;
  }

  public boolean tolerates(Taint taint) {
    for (Toleration toleration : tolerations) {
      if (toleration.tolerates(taint)) {
        return true;
      }
    }
    return false;
  }

  /** Whether the node has the labels and fields that the pod requires of it. */
  public boolean selects(String name, Map<String, String> nodeLabels) {
    for (Map.Entry<String, String> wanted : nodeSelector.entrySet()) {
      if (!wanted.getValue().equals(nodeLabels.get(wanted.getKey()))) {
        return false;
      }
    }
    if (requiredTerms == null) {
      return true;
    }
    for (NodeTerm term : requiredTerms) {
      if (term.matches(name, nodeLabels)) {
        return true;
      }
    }
    return false;
  }

  /**
   * The names of the only nodes that can match, where the pod names them in every required term as
   * pods of a DaemonSet do; null where it does not.
   */
  public @Nullable List<String> namedNodes() {
    return namedNodes;
  }

  private static @Nullable List<String> names(@Nullable List<NodeTerm> terms) {
    if (terms == null) {
      return null;
    }
    TreeSet<String> names = new TreeSet<>();
    for (NodeTerm term : terms) {
      List<String> named = term.names();
      if (named == null) {
        return null;
      }
      names.addAll(named);
    }
    return List.copyOf(names);
  }

  @Override
  public int hashCode() {
    return hash;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return this == other
        || (other instanceof PodShape o
            && hash == o.hash
            && namespace.equals(o.namespace)
            && Arrays.equals(requests, o.requests)
            && labels.equals(o.labels)
            && nodeSelector.equals(o.nodeSelector)
            && Objects.equals(requiredTerms, o.requiredTerms)
            && preferredTerms.equals(o.preferredTerms)
            && tolerations.equals(o.tolerations)
            && hostPorts.equals(o.hostPorts)
            && affinity.equals(o.affinity)
            && antiAffinity.equals(o.antiAffinity)
            && spread.equals(o.spread)
            && images.equals(o.images));
  }

  public static Builder builder(String namespace) {
    return new Builder(namespace);
  }

  public Builder toBuilder() {
    Builder b = new Builder(namespace);
    b.labels = labels;
    b.requests = requests;
    b.nodeSelector = nodeSelector;
    b.requiredTerms = requiredTerms;
    b.preferredTerms = preferredTerms;
    b.tolerations = tolerations;
    b.hostPorts = hostPorts;
    b.affinity = affinity;
    b.antiAffinity = antiAffinity;
    b.spread = spread;
    b.images = images;
    return b;
  }

  /** Collects a shape; all but the namespace may be left out. Not safe for several threads. */
  public static final class Builder {
    private final String namespace;
    private Map<String, String> labels = Map.of();
    private long[] requests = {0, 0, 0, 1};
    private Map<String, String> nodeSelector = Map.of();
    private @Nullable List<NodeTerm> requiredTerms;
    private List<NodePreference> preferredTerms = List.of();
    private List<Toleration> tolerations = List.of();
    private List<HostPort> hostPorts = List.of();
    private PodAffinity affinity = PodAffinity.NONE;
    private PodAffinity antiAffinity = PodAffinity.NONE;
    private List<SpreadConstraint> spread = List.of();
    private List<String> images = List.of();

    private Builder(String namespace) {
      this.namespace = namespace;
    }

    public Builder labels(Map<String, String> value) {
      labels = value;
      return this;
    }

    public Builder requests(long[] value) {
      requests = value;
      return this;
    }

    public Builder nodeSelector(Map<String, String> value) {
      nodeSelector = value;
      return this;
    }

    public Builder requiredTerms(@Nullable List<NodeTerm> value) {
      requiredTerms = value;
      return this;
    }

    public Builder preferredTerms(List<NodePreference> value) {
      preferredTerms = value;
      return this;
    }

    public Builder tolerations(List<Toleration> value) {
      tolerations = value;
      return this;
    }

    public Builder hostPorts(List<HostPort> value) {
      hostPorts = value;
      return this;
    }

    public Builder affinity(PodAffinity value) {
      affinity = value;
      return this;
    }

    public Builder antiAffinity(PodAffinity value) {
      antiAffinity = value;
      return this;
    }

    public Builder spread(List<SpreadConstraint> value) {
      spread = value;
      return this;
    }

    public Builder images(List<String> value) {
      images = value;
      return this;
    }

    public PodShape build() {
      return new PodShape(this);
    }
  }
}
