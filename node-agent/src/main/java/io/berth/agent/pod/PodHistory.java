package io.berth.agent.pod;

import java.time.Instant;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the agent remembers of a pod beside what can be observed. All times are of the monotonic
 * clock except {@code startedAt}.
 *
 * @param backOffs by container name
 * @param endsSeen when each container was first seen ended, by id
 * @param stops until when each container under way to its end may take, by id
 * @param blocked by container name; under the empty name, the pod as a whole
 * @param pastExits exit codes of containers that the runtime no longer knows, by name
 * @param attempts the highest attempt ever of each container, by name
 * @param sandboxAttempt the highest attempt of a sandbox, -1 for none
 * @param stoppedSandboxes ids of those that were stopped in order
 * @param deletionSeenNanos when the deletion was first seen
 * @param startedAt the pod's start as its status says it, or null
 * @param verdict the end it has come to, or null
 */
public record PodHistory(
    Map<String, BackOffState> backOffs,
    Map<String, Long> endsSeen,
    Map<String, Long> stops,
    Map<String, Blocked> blocked,
    Map<String, Integer> pastExits,
    Map<String, Integer> attempts,
    int sandboxAttempt,
    Set<String> stoppedSandboxes,
    long deletionSeenNanos,
    @Nullable Instant startedAt,
    @Nullable Verdict verdict) {
  public static final PodHistory NONE =
      new PodHistory(
          Map.of(), Map.of(), Map.of(), Map.of(), Map.of(), Map.of(), -1, Set.of(), 0, null, null);
}
