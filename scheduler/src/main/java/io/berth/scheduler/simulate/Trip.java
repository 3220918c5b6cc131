package io.berth.scheduler.simulate;

import io.berth.scheduler.core.PodRecord;
import io.berth.scheduler.explain.Explanation;
import io.berth.scheduler.gang.Gangs;
import io.berth.scheduler.simulate.WhatIf.Verdict;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/** What is being found out about pods on their way, those of higher priority first. */
final class Trip {
  /** A pod on its way. */
  record Traveller(PodRecord pod, String from, String pushedOutBy, int number) {}

  private static final Comparator<Traveller> FIRST =
      Comparator.comparingInt((Traveller t) -> t.pod().priority())
          .reversed()
          .thenComparingInt(Traveller::number);

  private final PriorityQueue<Traveller> queue = new PriorityQueue<>(FIRST);
  private final Map<String, Verdict> verdicts = new LinkedHashMap<>();

  void add(Traveller traveller) {
    queue.add(traveller);
    verdicts.put(traveller.pod().uid(), verdict(traveller, null, null));
  }

  void placed(Traveller traveller, String nodeName) {
    verdicts.put(traveller.pod().uid(), verdict(traveller, nodeName, null));
  }

  void waits(Traveller traveller, String why) {
    Explanation said = new Explanation(traveller.pod().key(), why, List.of(), List.of());
    verdicts.put(traveller.pod().uid(), verdict(traveller, null, said));
  }

  /** The others of the queue that are placed with a pod of a gang. */
  List<Traveller> takeWith(String group) {
    List<Traveller> with =
        queue.stream()
            .filter(t -> Gangs.keyOf(t.pod()).equals(group))
            .filter(t -> t.pod().details().obstacles().none())
            .sorted(FIRST)
            .toList();
    queue.removeAll(with);
    return with;
  }

  /** Who goes next; null where all have gone. */
  @Nullable Traveller next() {
    return queue.poll();
  }

  /** What was found out, by uid; may be changed. */
  Map<String, Verdict> verdicts() {
    return verdicts;
  }

  private static Verdict verdict(
      Traveller traveller, @Nullable String to, @Nullable Explanation why) {
    return new Verdict(traveller.pod(), traveller.from(), to, traveller.pushedOutBy(), why);
  }
}
