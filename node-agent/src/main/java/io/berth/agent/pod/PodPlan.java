package io.berth.agent.pod;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What to do about a pod now.
 *
 * @param actions in order
 * @param waiting why containers do not run, by name
 * @param verdict the end that the pod has come to, or null
 * @param wake when to look again although nothing happened, or null
 */
public record PodPlan(
    List<PodAction> actions,
    Map<String, Waiting> waiting,
    @Nullable Verdict verdict,
    @Nullable Duration wake) {
  public PodPlan {
    actions = List.copyOf(actions);
    waiting = Map.copyOf(waiting);
  }
}
