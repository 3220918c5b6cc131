package io.berth.agent.pod;

import io.berth.agent.runtime.RuntimeDriver;
import io.berth.agent.runtime.RuntimeDriverException;
import io.berth.api.object.ApiObject;
import io.berth.client.Informer;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Which driver runs a pod: its runtime class names a handler, and a handler is a driver. */
final class RuntimeHandlers {
  private final Map<String, RuntimeDriver> drivers;
  private final Informer classes;

  /**
   * @param drivers by handler; the empty one runs pods that name no class
   */
  RuntimeHandlers(Map<String, RuntimeDriver> drivers, Informer classes) {
    this.drivers = new TreeMap<>(drivers);
    this.classes = classes;
  }

  List<RuntimeDriver> all() {
    return drivers.values().stream().distinct().toList();
  }

  /** Null, and the pod blocked, where there is none. */
  @Nullable RuntimeDriver driver(PodView pod, PodMemory memory, PodExecutor executor) {
    String name = pod.runtimeClass();
    String handler = "";
    if (!name.isEmpty()) {
      Optional<ApiObject> found = classes.get("", name);
      if (found.isEmpty()) {
        return none(pod, memory, executor, "runtimeclass.node.k8s.io \"" + name + "\" not found");
      }
      handler = found.get().tree().path("handler").asText();
    }
    RuntimeDriver driver = drivers.get(handler);
    if (driver == null) {
      String message =
          "no runtime for handler \"" + handler + "\" on this node, which has " + drivers.keySet();
      return none(pod, memory, executor, message);
    }
    Blocked blocked = memory.blocked.get("");
    if (blocked != null && blocked.waiting().reason().equals("RuntimeHandlerNotFound")) {
      memory.blocked.remove("");
    }
    return driver;
  }

  private static @Nullable RuntimeDriver none(
      PodView pod, PodMemory memory, PodExecutor executor, String message) {
    Blocked blocked = memory.blocked.get("");
    if (!pod.deleting() && (blocked == null || !blocked.waiting().message().equals(message))) {
      executor.block(
          pod,
          memory,
          "",
          "RuntimeHandlerNotFound",
          "FailedCreatePodSandBox",
          "Failed to create pod sandbox: ",
          new RuntimeDriverException(message));
    }
    return null;
  }
}
