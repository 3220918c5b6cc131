package io.berth.scheduler.simulate;

import io.berth.scheduler.decide.Profiles;
import io.berth.scheduler.packing.Packings;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.FutureTask;
import java.util.function.LongFunction;
import java.util.function.LongSupplier;
import java.util.function.ToDoubleFunction;

/**
 * The same pods under several strategies, each from several seeds. Runs have nothing in common, so
 * the results are the same however many go at a time; only the speeds are not.
 */
public final class Study {
  /**
   * What to run.
   *
   * @param lists the nodes and the list of pods by seed; the same nodes for each
   * @param policies names of strategies, see {@link Packings}
   * @param seeds of the orders in which the pods come
   * @param inflate as in {@link Workloads#shuffled}
   */
  public record Plan(
      LongFunction<Workloads> lists, List<String> policies, List<Long> seeds, double inflate) {
    public Plan {
      policies = List.copyOf(policies);
      seeds = List.copyOf(seeds);
    }

    public Plan(Workloads given, List<String> policies, List<Long> seeds, double inflate) {
      this(seed -> given, policies, seeds, inflate);
    }

    /** The list of the first seed. */
    public Workloads given() {
      return lists.apply(seeds.getFirst());
    }
  }

  /** What came of one seed. */
  public record Run(long seed, Simulation.Result result) {}

  /** What came of one strategy. */
  public record Outcome(String policy, List<Run> runs) {
    public Outcome {
      runs = List.copyOf(runs);
    }

    public double mean(ToDoubleFunction<Simulation.Result> of) {
      return runs.stream().mapToDouble(run -> of.applyAsDouble(run.result())).average().orElse(0);
    }
  }

  private final Plan plan;
  private final int scarcest;
  private final LinkedHashMap<Long, Workloads> orders = new LinkedHashMap<>();

  public Study(Plan plan) {
    this.plan = plan;
    this.scarcest = plan.given().scarcest();
    for (long seed : plan.seeds()) {
      orders.put(seed, plan.lists().apply(seed).shuffled(seed, plan.inflate()));
    }
  }

  /** The slot of the resource that tells how far a run has come. */
  public int scarcest() {
    return scarcest;
  }

  /** How many pods will come in all runs together. */
  public long pods() {
    return plan.policies().size()
        * orders.values().stream().mapToLong(order -> order.pods().size()).sum();
  }

  /**
   * Runs all and waits for them.
   *
   * @param executor runs one simulation after the other on each of its threads
   * @param nanos a clock for the speeds
   * @param arrived told of each pod that was decided, by many threads
   * @throws InterruptedException if the thread was interrupted while it waited
   */
  public List<Outcome> run(Executor executor, LongSupplier nanos, Runnable arrived)
      throws InterruptedException {
    Map<String, List<FutureTask<Run>>> tasks = new LinkedHashMap<>();
    for (String policy : plan.policies()) {
      for (Map.Entry<Long, Workloads> order : orders.entrySet()) {
        FutureTask<Run> task =
            new FutureTask<>(() -> run(policy, order.getKey(), order.getValue(), nanos, arrived));
        tasks.computeIfAbsent(policy, p -> new ArrayList<>()).add(task);
        executor.execute(task);
      }
    }
    List<Outcome> outcomes = new ArrayList<>();
    for (Map.Entry<String, List<FutureTask<Run>>> entry : tasks.entrySet()) {
      List<Run> runs = new ArrayList<>();
      for (FutureTask<Run> task : entry.getValue()) {
        runs.add(result(task));
      }
      outcomes.add(new Outcome(entry.getKey(), runs));
    }
    return outcomes;
  }

  private Run run(String policy, long seed, Workloads order, LongSupplier nanos, Runnable arrived) {
    Simulation simulation =
        new Simulation(
            order,
            scarcest,
            cluster -> Profiles.standard("simulation", Packings.of(policy, cluster)),
            nanos,
            arrived);
    return new Run(seed, simulation.run());
  }

  static <T> T result(FutureTask<T> task) throws InterruptedException {
    try {
      return task.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      throw new IllegalStateException("a simulation failed", e.getCause());
    }
  }
}
