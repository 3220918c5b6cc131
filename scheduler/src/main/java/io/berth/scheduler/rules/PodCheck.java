package io.berth.scheduler.rules;

import io.berth.scheduler.cluster.Node;
import io.berth.scheduler.core.Rejection;
import org.jspecify.annotations.Nullable;

/** A {@link PodRule} for one pod. It holds until something changes. */
public interface PodCheck {
  /** Why the pod may go nowhere for now, whatever the node; null where that depends on the node. */
  @Nullable Rejection everywhere();

  /** Why the pod may not go to the node, null where it may. */
  @Nullable Rejection test(Node node);
}
