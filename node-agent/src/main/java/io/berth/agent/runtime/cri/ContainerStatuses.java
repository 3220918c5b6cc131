package io.berth.agent.runtime.cri;

import io.berth.agent.runtime.RuntimeDriver.Container;
import io.berth.agent.runtime.RuntimeDriver.ContainerState;
import io.berth.agent.runtime.cri.v1.ContainerStatusRequest;
import io.berth.agent.runtime.cri.v1.ContainerStatusResponse;
import io.berth.api.time.Environment;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Completes the runtime's list of containers, which says nothing of times and exit codes, by one
 * call for each container that changed since. Safe for use by many threads.
 */
final class ContainerStatuses {
  private static final Duration CALL_LIMIT = Duration.ofSeconds(10);

  /** That memory ran out may be known a little later than the end. */
  private static final Duration SETTLED = Duration.ofSeconds(5);

  private final Environment environment;
  private final CriClient client;
  private final Map<String, Container> known = new ConcurrentHashMap<>();

  ContainerStatuses(Environment environment, CriClient client) {
    this.environment = environment;
    this.client = client;
  }

  List<Container> of(List<io.berth.agent.runtime.cri.v1.Container> listed) {
    Set<String> ids = new HashSet<>();
    List<Container> result = new ArrayList<>();
    for (io.berth.agent.runtime.cri.v1.Container entry : listed) {
      ids.add(entry.getId());
      Container container = knownAs(entry);
      if (container == null) {
        container = ask(entry);
      }
      if (container != null) {
        result.add(container);
      }
    }
    known.keySet().retainAll(ids);
    result.sort(Comparator.comparing(Container::createdAt).thenComparing(Container::id));
    return result;
  }

  private @Nullable Container knownAs(io.berth.agent.runtime.cri.v1.Container listed) {
    Container container = known.get(listed.getId());
    return container != null && container.state() == RuntimeViews.state(listed.getState())
        ? container
        : null;
  }

  private @Nullable Container ask(io.berth.agent.runtime.cri.v1.Container listed) {
    ContainerStatusRequest request =
        ContainerStatusRequest.newBuilder().setContainerId(listed.getId()).build();
    ContainerStatusResponse response =
        CriClient.callOrNull(
            "cannot look at the container",
            () -> client.runtime(CALL_LIMIT).containerStatus(request));
    if (response == null) {
      return null;
    }
    Container container = RuntimeViews.container(listed.getPodSandboxId(), response.getStatus());
    if (settled(container)) {
      known.put(container.id(), container);
    }
    return container;
  }

  private boolean settled(Container container) {
    Instant finished = container.finishedAt();
    boolean ended = container.state() == ContainerState.EXITED;
    return !ended
        || (finished != null && finished.plus(SETTLED).isBefore(environment.clock().now()));
  }
}
