package io.berth.scheduler.rules;

import io.berth.scheduler.core.ClusterEvent;
import io.berth.scheduler.core.PodRecord;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Keeps single pods from nodes for what they do not share with others of their shape. */
public interface PodRule {
  /** Keeps no pod from anywhere. */
  PodRule NONE =
      new PodRule() {
        @Override
        public @Nullable PodCheck bind(PodRecord pod) {
          return null;
        }

        @Override
        public Set<ClusterEvent> helpedBy(Set<String> rules) {
          return Set.of();
        }
      };

  /** The rule for one pod as things are now; null where it cannot keep the pod from any node. */
  @Nullable PodCheck bind(PodRecord pod);

  /** What may make a pod fit that these rules turned away; empty where none is of this kind. */
  Set<ClusterEvent> helpedBy(Set<String> rules);
}
