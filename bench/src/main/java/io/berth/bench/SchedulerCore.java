package io.berth.bench;

import io.berth.api.object.LabelSelector;
import io.berth.api.time.Clock;
import io.berth.scheduler.cluster.Cluster;
import io.berth.scheduler.core.AffinityTerm;
import io.berth.scheduler.core.NodeRecord;
import io.berth.scheduler.core.PodAffinity;
import io.berth.scheduler.core.PodDetails;
import io.berth.scheduler.core.PodRecord;
import io.berth.scheduler.core.PodSelector;
import io.berth.scheduler.core.PodShape;
import io.berth.scheduler.core.ResourceIndex;
import io.berth.scheduler.core.SpreadConstraint;
import io.berth.scheduler.decide.Decider;
import io.berth.scheduler.decide.Profiles;
import io.berth.scheduler.packing.FragmentationAware;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;

/**
 * Measures the scheduler's core alone: how many pods one thread decides in a second, each counted
 * on its node, on empty nodes of 32 CPUs, 256 GiB and 110 pods in three zones. No API server, no
 * binding.
 */
public final class SchedulerCore {
  /** What the pods ask for. */
  public enum Kind {
    /** 100m and 500 MiB, all alike. */
    BASIC,
    /** The same, spread over the three zones with a skew of at most 1. */
    SPREAD,
    /** The same, none beside another on a node: as many pods as nodes. */
    ANTI,
    /** The same, each preferring a node with others. */
    PREFERRED,
    /** 64 amounts of CPU by 1,000 of memory, at random: hardly two alike. */
    MIXED
  }

  /**
   * What was measured.
   *
   * @param rates decisions a second of each round, in order
   */
  public record Rate(Kind kind, int nodes, int pods, List<Double> rates) {
    public Rate {
      rates = List.copyOf(rates);
    }

    public double median() {
      List<Double> sorted = rates.stream().sorted().toList();
      return sorted.get(sorted.size() / 2);
    }
  }

  private static final long MEBIBYTE = 1L << 20;
  private static final int MOST_PODS = 50_000;
  private static final String HOSTNAME = "kubernetes.io/hostname";
  private static final String ZONE = "topology.kubernetes.io/zone";

  private final Clock clock;
  private final int rounds;

  /**
   * @param rounds how many rounds are measured after one that is not
   */
  public SchedulerCore(Clock clock, int rounds) {
    this.clock = clock;
    this.rounds = rounds;
  }

  /** Measures each kind on each number of nodes, and prints each row as it comes. */
  public List<Rate> run(List<Integer> sizes, List<Kind> kinds, PrintStream out) {
    out.printf(
        Locale.ROOT, "%-10s %8s %8s %14s  %s%n", "PODS", "NODES", "PODS", "DECISIONS/S", "ROUNDS");
    List<Rate> rates = new ArrayList<>();
    for (int nodes : sizes) {
      for (Kind kind : kinds) {
        Rate rate = measure(kind, nodes);
        rates.add(rate);
        out.printf(
            Locale.ROOT,
            "%-10s %8d %8d %14.0f  %s%n",
            kind.name().toLowerCase(Locale.ROOT),
            nodes,
            rate.pods(),
            rate.median(),
            String.join(
                " ",
                rate.rates().stream().map(r -> String.format(Locale.ROOT, "%.0f", r)).toList()));
      }
    }
    return rates;
  }

  private Rate measure(Kind kind, int nodes) {
    PodShape[] shapes = shapes(kind, kind == Kind.ANTI ? nodes : Math.min(MOST_PODS, 10 * nodes));
    round(shapes, nodes);
    List<Double> rates = new ArrayList<>();
    for (int i = 0; i < rounds; i++) {
      rates.add(round(shapes, nodes));
    }
    return new Rate(kind, nodes, shapes.length, rates);
  }

  private double round(PodShape[] shapes, int nodes) {
    Cluster cluster = cluster(nodes);
    PodRecord[] pods = new PodRecord[shapes.length];
    for (int i = 0; i < pods.length; i++) {
      String name = "pod-" + i;
      pods[i] = new PodRecord(name, name, shapes[i], 0, "", PodDetails.PLAIN);
    }
    int placed = 0;
    double seconds;
    try (Decider decider =
        new Decider(cluster, Profiles.standard("bench", new FragmentationAware(cluster)))) {
      long begin = clock.nanos();
      for (PodRecord pod : pods) {
        placed += decider.place(pod) == null ? 0 : 1;
      }
      seconds = (clock.nanos() - begin) / 1e9;
    }
    if (placed != pods.length) {
      throw new IllegalStateException(
          "only " + placed + " of " + pods.length + " pods found a node");
    }
    return placed / Math.max(seconds, 1e-9);
  }

  private static Cluster cluster(int nodes) {
    Cluster cluster = new Cluster(new ResourceIndex());
    for (int i = 0; i < nodes; i++) {
      String name = String.format(Locale.ROOT, "node-%05d", i);
      Map<String, String> labels = Map.of(HOSTNAME, name, ZONE, "zone-" + i % 3);
      long[] has = {32_000, (256L << 10) * MEBIBYTE, 0, 110};
      cluster.putNode(new NodeRecord(name, labels, List.of(), false, has, Map.of()));
    }
    return cluster;
  }

  private static PodShape[] shapes(Kind kind, int count) {
    PodShape[] shapes = new PodShape[count];
    Arrays.fill(shapes, shape(kind));
    Random random = new Random(1);
    for (int i = 0; i < count && kind == Kind.MIXED; i++) {
      long[] wants = {
        100L + 25L * random.nextInt(64), (100L + random.nextInt(1000)) * MEBIBYTE, 0, 1
      };
      shapes[i] = PodShape.builder("default").requests(wants).build();
    }
    return shapes;
  }

  private static PodShape shape(Kind kind) {
    Map<String, String> labels = Map.of("app", kind.name());
    LabelSelector own = LabelSelector.ofLabels(labels);
    AffinityTerm onNode = new AffinityTerm(PodSelector.in("default", own), HOSTNAME);
    PodShape.Builder pod =
        PodShape.builder("default").requests(new long[] {100, 500 * MEBIBYTE, 0, 1}).labels(labels);
    switch (kind) {
      case BASIC, MIXED -> {}
      case SPREAD -> pod.spread(List.of(new SpreadConstraint(ZONE, 1, true, own, 1, true, false)));
      case ANTI -> pod.antiAffinity(new PodAffinity(List.of(onNode), List.of()));
      case PREFERRED ->
          pod.affinity(new PodAffinity(List.of(), List.of(new PodAffinity.Preferred(50, onNode))));
    }
    return pod.build();
  }
}
