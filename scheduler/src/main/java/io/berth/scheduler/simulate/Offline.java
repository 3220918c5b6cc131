package io.berth.scheduler.simulate;

import io.berth.scheduler.cluster.Cluster;
import io.berth.scheduler.core.PodShape;
import io.berth.scheduler.core.ResourceIndex;
import io.berth.scheduler.decide.Profile;
import io.berth.scheduler.decide.Profiles;
import io.berth.scheduler.packing.FragmentationAware;
import io.berth.scheduler.packing.Packing;
import io.berth.scheduler.packing.Packings;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.FutureTask;
import java.util.function.LongSupplier;

/**
 * All pods known beforehand, placed on as few nodes as can be: the big ones first, by several
 * measures of big and several strategies; the best is kept. (First and best fit decreasing; for
 * several resources the measures are those that Panigrahy et al. compare, "Heuristics for Vector
 * Bin Packing", 2011.)
 */
public final class Offline {
  /** What makes a pod big: its amounts are in parts of what the largest node has. */
  public enum Order {
    /** The largest of its amounts. */
    LARGEST_AMOUNT,
    /** The sum of its amounts. */
    SUM,
    /** The sum, each counted by how scarce the resource is. */
    WEIGHTED_SUM,
    /** The square root of the sum of their squares. */
    LENGTH,
    /** What it asks of the scarcest resource. */
    SCARCEST
  }

  /** What came of one order under one strategy. */
  public record Attempt(Order order, String policy, Simulation.Result result) {}

  private static final Comparator<Attempt> BEST =
      Comparator.comparingInt((Attempt a) -> a.result().failed())
          .thenComparingInt(a -> a.result().nodesUsed());

  private final Workloads given;
  private final List<String> policies;
  private final int scarcest;
  private final double[] most;
  private final double[] scarcity;

  public Offline(Workloads given, List<String> policies) {
    this.given = given;
    this.policies = List.copyOf(policies);
    this.scarcest = given.scarcest();
    int slots = given.resources().size();
    most = new double[slots];
    scarcity = new double[slots];
    for (int slot = 0; slot < slots; slot++) {
      int at = slot;
      most[slot] = given.nodes().stream().mapToDouble(n -> n.allocatable(at)).max().orElse(0);
      scarcity[slot] = given.capacity(slot) == 0 ? 0 : given.asked(slot) / given.capacity(slot);
    }
  }

  /** How many pods will be placed in all attempts together. */
  public long pods() {
    return (long) Order.values().length * policies.size() * given.pods().size();
  }

  /**
   * Tries all and waits for them.
   *
   * @return the attempts, the best first: that with the fewest pods that failed, of these that with
   *     the fewest nodes
   * @throws InterruptedException if the thread was interrupted while it waited
   */
  public List<Attempt> run(Executor executor, LongSupplier nanos, Runnable arrived)
      throws InterruptedException {
    List<FutureTask<Attempt>> tasks = new ArrayList<>();
    for (Order order : Order.values()) {
      Workloads sorted = sorted(order);
      for (String policy : policies) {
        FutureTask<Attempt> task =
            new FutureTask<>(() -> attempt(order, policy, sorted, nanos, arrived));
        tasks.add(task);
        executor.execute(task);
      }
    }
    List<Attempt> attempts = new ArrayList<>();
    for (FutureTask<Attempt> task : tasks) {
      attempts.add(Study.result(task));
    }
    attempts.sort(BEST);
    return attempts;
  }

  private Attempt attempt(
      Order order, String policy, Workloads sorted, LongSupplier nanos, Runnable arrived) {
    Simulation simulation =
        new Simulation(sorted, scarcest, cluster -> profile(policy, cluster), nanos, arrived);
    return new Attempt(order, policy, simulation.run());
  }

  private static Profile profile(String policy, Cluster cluster) {
    Packing packing =
        policy.equals(FragmentationAware.NAME)
            ? FragmentationAware.forBigFirst(cluster)
            : Packings.of(policy, cluster);
    return Profiles.standard("simulation", packing);
  }

  /** Pods that name their nodes first: nobody shall take their room. */
  private Workloads sorted(Order order) {
    List<PodShape> pods = new ArrayList<>(given.pods());
    pods.sort(
        Comparator.comparing((PodShape pod) -> pod.namedNodes() == null)
            .thenComparing(Comparator.comparingDouble((PodShape p) -> size(p, order)).reversed()));
    return new Workloads(given.nodes(), pods, given.resources());
  }

  private double size(PodShape pod, Order order) {
    double size = 0;
    for (int slot = 0; slot < pod.requests().length; slot++) {
      double part = most[slot] == 0 ? 0 : pod.requests()[slot] / most[slot];
      if (slot == ResourceIndex.PODS) {
        continue;
      }
      size =
          switch (order) {
            case LARGEST_AMOUNT -> Math.max(size, part);
            case SUM -> size + part;
            case WEIGHTED_SUM -> size + scarcity[slot] * part;
            case LENGTH -> size + part * part;
            case SCARCEST -> slot == scarcest ? part : size;
          };
    }
    return size;
  }
}
