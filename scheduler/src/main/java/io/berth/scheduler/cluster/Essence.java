package io.berth.scheduler.cluster;

import io.berth.scheduler.core.AffinityTerm;
import io.berth.scheduler.core.PodShape;
import io.berth.scheduler.core.SpreadConstraint;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What of pods' shapes decides about them. Of its labels only those count that somebody asks about:
 * the terms that placed pods bear, or the pod's own. The pods of a StatefulSet differ in nothing
 * else, and what was found out for one of them holds for the next.
 *
 * <p>What is left of a shape holds for as long as the terms ask about the same labels; when one
 * comes that asks about others, pods with such labels have another. Those without have the same as
 * before, and to the new term they are without the label either way. Not safe for use by several
 * threads.
 */
final class Essence {
  private static final int REMEMBERED = 4_096;

  /** By label key, how many terms ask about it. */
  private final Map<String, Integer> asked = new HashMap<>();

  private final Map<PodShape, PodShape> known = new HashMap<>();

  /** The pods of a workload come one after the other. */
  private @Nullable PodShape last;

  private @Nullable PodShape ofLast;

  /** A term that pods bear asks from now on, or no more. */
  void asks(AffinityTerm term, int sign) {
    for (var requirement : term.pods().labels().requirements()) {
      Integer now = asked.merge(requirement.key(), sign, Integer::sum);
      boolean first = sign > 0 && now == sign;
      if (now == 0) {
        asked.remove(requirement.key());
      }
      if (first || now == 0) {
        known.clear();
        last = null;
      }
    }
  }

  PodShape of(PodShape shape) {
    PodShape same = ofLast;
    if (shape.equals(last) && same != null) {
      return same;
    }
    PodShape found = known.get(shape);
    if (found == null) {
      if (known.size() >= REMEMBERED) {
        known.clear();
      }
      found = distil(shape);
      known.put(shape, found);
    }
    last = shape;
    ofLast = found;
    return found;
  }

  private PodShape distil(PodShape shape) {
    Set<String> own = ownKeys(shape);
    Map<String, String> kept = new HashMap<>();
    shape
        .labels()
        .forEach(
            (key, value) -> {
              if (asked.containsKey(key) || own.contains(key)) {
                kept.put(key, value);
              }
            });
    return kept.size() == shape.labels().size() ? shape : shape.toBuilder().labels(kept).build();
  }

  /** What the pod's own terms ask about it: whether it is of the kind that they mean. */
  private static Set<String> ownKeys(PodShape shape) {
    Set<String> keys = new HashSet<>();
    for (AffinityTerm term : shape.affinity().required()) {
      term.pods().labels().requirements().forEach(requirement -> keys.add(requirement.key()));
    }
    for (SpreadConstraint constraint : shape.spread()) {
      constraint.selector().requirements().forEach(requirement -> keys.add(requirement.key()));
    }
    return keys;
  }
}
