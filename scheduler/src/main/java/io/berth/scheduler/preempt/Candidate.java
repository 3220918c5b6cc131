package io.berth.scheduler.preempt;

import io.berth.scheduler.core.PodRecord;
import java.util.Comparator;
import java.util.List;

/**
 * A node, and the pods that must leave it to let another in. Immutable; the array must not be
 * changed.
 *
 * @param index the node's index
 * @param nodeName the node
 * @param victims the most important first
 * @param violations how many of them leave against a disruption budget
 * @param highest the priority of the most important victim; {@link LowerRoom#NOBODY} without one
 * @param sum of their priorities, counted from the lowest possible so that each adds to it
 * @param earliestStart when the first of the most important victims started
 * @param devices the GPUs that the pod gets then
 */
record Candidate(
    int index,
    String nodeName,
    List<PodRecord> victims,
    int violations,
    long highest,
    long sum,
    long earliestStart,
    int[] devices) {
  /** What makes a node better to make room on, as in Kubernetes; equals by their index. */
  static final Comparator<Candidate> ORDER =
      Comparator.comparingInt(Candidate::violations)
          .thenComparingLong(Candidate::highest)
          .thenComparingLong(Candidate::sum)
          .thenComparingInt(c -> c.victims().size())
          .thenComparing(Comparator.comparingLong(Candidate::earliestStart).reversed())
          .thenComparingInt(Candidate::index);

  /** Of two pods the more important: by priority, then by how long it runs. */
  static final Comparator<PodRecord> IMPORTANCE =
      Comparator.<PodRecord>comparingInt(PodRecord::priority)
          .reversed()
          .thenComparingLong(Candidate::started)
          .thenComparing(PodRecord::uid);

  Candidate {
    victims = List.copyOf(victims);
  }

  /**
   * @param victims the most important first
   */
  static Candidate of(
      int index, String nodeName, List<PodRecord> victims, int violations, int[] devices) {
    long highest = victims.isEmpty() ? LowerRoom.NOBODY : victims.getFirst().priority();
    long sum = 0;
    long earliest = Long.MAX_VALUE;
    for (PodRecord victim : victims) {
      sum += (long) victim.priority() - Integer.MIN_VALUE;
      if (victim.priority() == highest) {
        earliest = Math.min(earliest, started(victim));
      }
    }
    return new Candidate(index, nodeName, victims, violations, highest, sum, earliest, devices);
  }

  private static long started(PodRecord pod) {
    long millis = pod.details().startedMillis();
    return millis == 0 ? Long.MAX_VALUE : millis;
  }
}
