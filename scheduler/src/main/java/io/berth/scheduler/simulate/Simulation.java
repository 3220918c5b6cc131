package io.berth.scheduler.simulate;

import io.berth.scheduler.cluster.Cluster;
import io.berth.scheduler.cluster.Node;
import io.berth.scheduler.core.PodDetails;
import io.berth.scheduler.core.PodRecord;
import io.berth.scheduler.core.PodShape;
import io.berth.scheduler.core.ResourceIndex;
import io.berth.scheduler.decide.Decider;
import io.berth.scheduler.decide.Profile;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.LongSupplier;

/**
 * Pods coming to a cluster one by one, none leaving; one that fits nowhere is dropped. The core
 * that decides is the scheduler's own.
 */
public final class Simulation {
  /** How many times a pod of the list is held against a node to measure fragmentation. */
  private static final long MOST_LOOKS = 50_000_000;

  private final Workloads given;
  private final Cluster cluster;
  private final Decider decider;
  private final LongSupplier nanos;
  private final int scarcest;
  private final Runnable arrived;

  /**
   * What came of a run.
   *
   * @param atFull the part of each resource that was allocated, by slot, once as much had been
   *     asked for as there is; the final one where it never was
   * @param atEnd the same when all pods had come
   * @param nodesUsed how many nodes have pods
   * @param failed how many pods fitted nowhere
   * @param pods how many pods came
   * @param fragmentation the part of the scarcest resource that is free and of no use to a pod of
   *     the list, over all pods of the list
   * @param podsPerSecond how many were decided in a second of one thread
   */
  public record Result(
      double[] atFull,
      double[] atEnd,
      int nodesUsed,
      int failed,
      int pods,
      double fragmentation,
      double podsPerSecond) {}

  /**
   * @param scarcest the slot of the resource that tells how far the run has come
   * @param nanos a clock for the speed
   * @param arrived told of each pod that was decided
   */
  public Simulation(
      Workloads given,
      int scarcest,
      Function<Cluster, Profile> profile,
      LongSupplier nanos,
      Runnable arrived) {
    this.given = given;
    this.scarcest = scarcest;
    this.nanos = nanos;
    this.arrived = arrived;
    this.cluster = new Cluster(given.resources());
    given.nodes().forEach(cluster::putNode);
    this.decider = new Decider(cluster, profile.apply(cluster));
  }

  /** Lets all pods come. */
  public Result run() {
    int slots = given.resources().size();
    double[] capacity = new double[slots];
    for (int slot = 0; slot < slots; slot++) {
      capacity[slot] = given.capacity(slot);
    }
    double[] allocated = new double[slots];
    double[] atFull = null;
    double asked = 0;
    int failed = 0;
    long begin = nanos.getAsLong();
    int number = 0;
    for (PodShape shape : given.pods()) {
      String name = "pod-" + number++;
      PodRecord pod = new PodRecord(name, name, shape, 0, "", PodDetails.PLAIN);
      if (decider.place(pod) == null) {
        failed++;
      } else {
        for (int slot = 0; slot < shape.requests().length; slot++) {
          allocated[slot] += shape.requests()[slot];
        }
      }
      arrived.run();
      asked += shape.request(scarcest);
      if (atFull == null && asked >= capacity[scarcest]) {
        atFull = parts(allocated, capacity);
      }
    }
    double seconds = (nanos.getAsLong() - begin) / 1e9;
    double[] atEnd = parts(allocated, capacity);
    return new Result(
        atFull == null ? atEnd : atFull,
        atEnd,
        nodesUsed(),
        failed,
        given.pods().size(),
        fragmentation(),
        seconds <= 0 ? 0 : given.pods().size() / seconds);
  }

  private static double[] parts(double[] amounts, double[] of) {
    double[] parts = new double[amounts.length];
    for (int slot = 0; slot < parts.length; slot++) {
      parts[slot] = of[slot] == 0 ? 0 : amounts[slot] / of[slot];
    }
    return parts;
  }

  private int nodesUsed() {
    return (int) cluster.nodes().stream().filter(Node::inUse).count();
  }

  /**
   * How much of the scarcest resource is free where a pod of the list cannot use it: the measure of
   * "Beware of Fragmentation". Of long lists of many kinds every so many-th pod is asked.
   */
  private double fragmentation() {
    int step = 1 + (int) ((long) given.pods().size() * given.nodes().size() / MOST_LOOKS);
    Map<PodShape, Integer> kinds = new LinkedHashMap<>();
    int asked = 0;
    for (int i = 0; i < given.pods().size(); i += step) {
      kinds.merge(given.pods().get(i), 1, Integer::sum);
      asked++;
    }
    List<Node> withSome = new ArrayList<>();
    double capacity = given.capacity(scarcest);
    for (Node node : cluster.nodes()) {
      if (free(node) > 0) {
        withSome.add(node);
      }
    }
    double useless = 0;
    for (Map.Entry<PodShape, Integer> kind : kinds.entrySet()) {
      double lost = 0;
      for (Node node : withSome) {
        lost += decider.fits(kind.getKey(), node) ? unfit(kind.getKey(), node) : free(node);
      }
      useless += lost * kind.getValue() / asked;
    }
    return capacity == 0 ? 0 : useless / capacity;
  }

  private double free(Node node) {
    return scarcest == ResourceIndex.GPU_MILLI ? node.gpus().sum() : node.free(scarcest);
  }

  /** What is left of the GPUs of a node that the pod fits on, but not on these. */
  private double unfit(PodShape shape, Node node) {
    if (scarcest != ResourceIndex.GPU_MILLI) {
      return 0;
    }
    double lost = 0;
    int least = shape.gpus() > 0 ? 1000 : shape.gpuShare() > 0 ? shape.gpuShare() : 1001;
    for (int device = 0; device < node.gpus().count(); device++) {
      int left = node.gpus().free(device);
      lost += left < least ? left : 0;
    }
    return lost;
  }
}
