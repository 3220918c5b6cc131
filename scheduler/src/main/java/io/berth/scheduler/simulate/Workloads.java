package io.berth.scheduler.simulate;

import io.berth.scheduler.core.NodeRecord;
import io.berth.scheduler.core.NodeTerm;
import io.berth.scheduler.core.PodShape;
import io.berth.scheduler.core.ResourceIndex;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * What a simulation is given: nodes, and pods that come to them.
 *
 * @param nodes the nodes, empty
 * @param pods the pods in the order in which they come
 * @param resources names the slots of their amounts
 */
public record Workloads(List<NodeRecord> nodes, List<PodShape> pods, ResourceIndex resources) {
  public Workloads {
    nodes = List.copyOf(nodes);
    pods = List.copyOf(pods);
  }

  /** What all nodes have of a resource. */
  public double capacity(int slot) {
    return nodes.stream().mapToDouble(node -> node.allocatable(slot)).sum();
  }

  /** What all pods ask of a resource. */
  public double asked(int slot) {
    return asked(pods, slot);
  }

  private static double asked(List<PodShape> pods, int slot) {
    return pods.stream().mapToDouble(pod -> pod.request(slot)).sum();
  }

  /**
   * The resource of which the pods ask the largest part of what there is: how far a simulation has
   * come is told by it.
   */
  public int scarcest() {
    int scarcest = ResourceIndex.CPU;
    double most = 0;
    for (int slot = 0; slot < resources.size(); slot++) {
      double part = capacity(slot) == 0 ? 0 : asked(pods, slot) / capacity(slot);
      if (slot != ResourceIndex.PODS && part > most) {
        most = part;
        scarcest = slot;
      }
    }
    return scarcest;
  }

  /**
   * The pods shuffled, and drawn again with repetition until they ask for so many times what there
   * is of the scarcest resource.
   *
   * @param inflate 0 for the pods as they are
   */
  public Workloads shuffled(long seed, double inflate) {
    Random random = new Random(seed);
    List<PodShape> order = new ArrayList<>(pods);
    Collections.shuffle(order, random);
    int slot = scarcest();
    double wanted = inflate * capacity(slot);
    double asked = asked(order, slot);
    while (asked < wanted) {
      PodShape again = pods.get(random.nextInt(pods.size()));
      order.add(again);
      asked += again.request(slot);
    }
    return new Workloads(nodes, order, resources);
  }

  /** The same where nobody has GPUs and nobody asks for them. */
  public Workloads withoutGpus() {
    List<NodeRecord> bare = new ArrayList<>();
    for (NodeRecord node : nodes) {
      long[] amounts = withoutGpus(node.allocatable());
      bare.add(
          new NodeRecord(
              node.name(),
              node.labels(),
              node.taints(),
              node.unschedulable(),
              amounts,
              node.images()));
    }
    Map<PodShape, PodShape> known = new HashMap<>();
    return new Workloads(
        bare,
        pods.stream().map(pod -> known.computeIfAbsent(pod, Workloads::withoutGpus)).toList(),
        resources);
  }

  private static PodShape withoutGpus(PodShape pod) {
    PodShape.Builder bare = pod.toBuilder().requests(withoutGpus(pod.requests()));
    List<NodeTerm> terms = pod.requiredTerms();
    if (terms != null && terms.stream().anyMatch(Workloads::isOfGpus)) {
      List<NodeTerm> others = terms.stream().filter(term -> !isOfGpus(term)).toList();
      bare.requiredTerms(others.isEmpty() ? null : others);
    }
    return bare.build();
  }

  private static boolean isOfGpus(NodeTerm term) {
    return term.labels().stream().anyMatch(r -> r.key().equals(TraceReader.MODEL));
  }

  private static long[] withoutGpus(long[] amounts) {
    long[] bare = amounts.clone();
    for (int slot = 0; slot < bare.length; slot++) {
      if (slot == ResourceIndex.GPU_MILLI || ResourceIndex.isWholeGpu(slot)) {
        bare[slot] = 0;
      }
    }
    return bare;
  }
}
