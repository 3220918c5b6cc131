package io.berth.scheduler.packing;

import io.berth.scheduler.core.PodShape;
import io.berth.scheduler.core.ResourceIndex;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;

/**
 * What the pods seen so far tell about those to come: how much of what is left of a GPU they will
 * fill, and what CPU and memory they will want for that. Not safe for use by several threads.
 *
 * <p>The tables are the expectation of filling what is left with pods that come in random order,
 * one after the other, until none of the kinds fits any more: {@code fill(r) = sum over kinds that
 * fit of p(kind) * (share + fill(r - share)) / sum over kinds that fit of p(kind)}.
 */
final class Workload {
  private static final int WHOLE = 1000;
  private static final int MOST_KINDS = 1024;
  private static final long MEMORY_LENGTH = 20_000;
  private static final double NEWS = 1.1;

  private record Kind(int gpus, int share, long cpu, long memory) {
    /** What it takes of one GPU. */
    int ofOne() {
      return gpus > 0 ? WHOLE : share;
    }
  }

  private static final class Seen {
    double count;
  }

  private final Map<Kind, Seen> kinds = new HashMap<>();
  private long seen;
  private long seenWhenBuilt;
  private long epoch;

  private final double[] fill = new double[WHOLE + 1];
  private final double[] cpu = new double[WHOLE + 1];
  private final double[] memory = new double[WHOLE + 1];
  private double[] together = {0, 1};

  Workload() {
    for (int left = 0; left <= WHOLE; left++) {
      fill[left] = left; // nothing is known: all of it may be of use
    }
  }

  void saw(PodShape shape) {
    if (!shape.wantsGpu()) {
      return;
    }
    Kind kind =
        new Kind(
            shape.gpus(),
            shape.gpuShare(),
            shape.request(ResourceIndex.CPU),
            shape.request(ResourceIndex.MEMORY));
    if (!kinds.containsKey(kind) && kinds.size() >= MOST_KINDS) {
      return; // the many rare kinds tell nothing that the others do not
    }
    kinds.computeIfAbsent(kind, k -> new Seen()).count++;
    seen++;
    if (seen > seenWhenBuilt * NEWS + 8) {
      build();
    }
  }

  /** Rises when the tables were made anew. */
  long epoch() {
    return epoch;
  }

  /** How much of what is left of a GPU is expected to be filled, in thousandths. */
  double fill(int left) {
    return fill[left];
  }

  /** The CPU that the filling is expected to want, in thousandths. */
  double cpu(int left) {
    return cpu[left];
  }

  /** The memory that the filling is expected to want, in bytes. */
  double memory(int left) {
    return memory[left];
  }

  /**
   * What untouched GPUs on one node are worth together, in GPUs: fewer than they are, where pods
   * come that take several and would be left with a remainder.
   */
  double together(int whole) {
    return whole < together.length ? together[whole] : grow(whole);
  }

  private void build() {
    if (seen > MEMORY_LENGTH) {
      kinds.values().forEach(s -> s.count /= 2);
      kinds.values().removeIf(s -> s.count < 0.25);
      seen /= 2;
    }
    seenWhenBuilt = seen;
    epoch++;
    Kind[] all = kinds.keySet().toArray(Kind[]::new);
    // Equal histories must give equal sums, whatever the map's order.
    Arrays.sort(
        all,
        Comparator.comparingInt(Kind::gpus)
            .thenComparingInt(Kind::share)
            .thenComparingLong(Kind::cpu)
            .thenComparingLong(Kind::memory));
    for (int left = 1; left <= WHOLE; left++) {
      build(left, all);
    }
    together = new double[] {0, 1};
  }

  private void build(int left, Kind[] all) {
    double chance = 0;
    double filled = 0;
    double wantedCpu = 0;
    double wantedMemory = 0;
    for (Kind kind : all) {
      int share = kind.ofOne();
      if (share > left) {
        continue;
      }
      int parts = Math.max(1, kind.gpus());
      double p = count(kind) * parts;
      chance += p;
      filled += p * (share + fill[left - share]);
      wantedCpu += p * ((double) kind.cpu() / parts + cpu[left - share]);
      wantedMemory += p * ((double) kind.memory() / parts + memory[left - share]);
    }
    fill[left] = chance == 0 ? 0 : filled / chance;
    cpu[left] = chance == 0 ? 0 : wantedCpu / chance;
    memory[left] = chance == 0 ? 0 : wantedMemory / chance;
  }

  /**
   * How much of the worth of GPUs hangs on their being on one node: all of what the demand for
   * several says would be too much, since such pods fit on emptier nodes as well. Found by trying
   * mixes of one public trace with more and fewer such pods.
   */
  private static final double TOGETHER = 0.1;

  private double grow(int whole) {
    double[] table = Arrays.copyOf(together, whole + 1);
    double demand = 0;
    for (Map.Entry<Kind, Seen> entry : kinds.entrySet()) {
      demand += demand(entry.getKey(), entry.getValue());
    }
    for (int n = together.length; n <= whole; n++) {
      double worth = 0;
      for (Map.Entry<Kind, Seen> entry : kinds.entrySet()) {
        int size = Math.max(1, entry.getKey().gpus());
        int usable = n - n % size;
        double part = demand(entry.getKey(), entry.getValue()) / demand;
        worth += part * (TOGETHER * usable + (1 - TOGETHER) * n);
      }
      table[n] = demand == 0 ? n : worth;
    }
    together = table;
    return together[whole];
  }

  private double count(Kind kind) {
    Seen known = kinds.get(kind);
    return known == null ? 0 : known.count;
  }

  private static double demand(Kind kind, Seen seen) {
    return seen.count * (kind.gpus() * (double) WHOLE + kind.share());
  }
}
