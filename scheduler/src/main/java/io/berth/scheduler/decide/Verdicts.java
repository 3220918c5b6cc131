package io.berth.scheduler.decide;

import io.berth.scheduler.core.Rejection;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Why nodes do not take pods of a shape, as far as it depends on the nodes alone: counted node by
 * node, so that a diagnosis costs what changed. Not safe for use by several threads.
 */
final class Verdicts {
  private final List<@Nullable List<Rejection>> byNode = new ArrayList<>();
  private final BitSet unknown = new BitSet();
  private final BitSet passing = new BitSet();
  private final Map<List<Rejection>, Integer> counts = new HashMap<>();

  /** One object for equal lists: most nodes say one of a few things. */
  private final Map<List<Rejection>, List<Rejection>> shared = new HashMap<>();

  /** A node must be asked again. */
  void forget(int node) {
    List<Rejection> said = node < byNode.size() ? byNode.get(node) : null;
    if (said != null) {
      byNode.set(node, null);
      if (counts.merge(said, -1, Integer::sum) == 0) {
        counts.remove(said);
        shared.remove(said);
      }
    }
    passing.clear(node);
    unknown.set(node);
  }

  /**
   * Counts what all nodes say.
   *
   * @param local what a node alone says; null where there is no such node
   * @param wide what is said of a node that says nothing itself
   */
  Diagnosis diagnose(
      IntFunction<@Nullable List<Rejection>> local, IntFunction<List<Rejection>> wide) {
    for (int node = unknown.nextSetBit(0); node >= 0; node = unknown.nextSetBit(node + 1)) {
      ask(node, local);
    }
    unknown.clear();
    Diagnosis.Builder builder = new Diagnosis.Builder();
    counts.forEach(builder::add);
    for (int node = passing.nextSetBit(0); node >= 0; node = passing.nextSetBit(node + 1)) {
      builder.add(wide.apply(node), 1);
    }
    return builder.build();
  }

  private void ask(int node, IntFunction<@Nullable List<Rejection>> local) {
    List<Rejection> said = local.apply(node);
    if (said == null) {
      return;
    }
    if (said.isEmpty()) {
      passing.set(node);
      return;
    }
    while (byNode.size() <= node) {
      byNode.add(null);
    }
    List<Rejection> same = shared.computeIfAbsent(said, s -> s);
    byNode.set(node, same);
    counts.merge(same, 1, Integer::sum);
  }
}
