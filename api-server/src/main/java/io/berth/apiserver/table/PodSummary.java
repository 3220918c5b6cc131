package io.berth.apiserver.table;

import static io.berth.apiserver.table.Cells.text;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A pod in one line, as {@code kubectl get pods} words it. The status is the phase, unless
 * something says more: the pod's reason, then the first init container that has not done its part,
 * then the containers from the last to the first, and above all that the pod is being deleted.
 *
 * @param readyContainers containers and sidecars that are ready
 * @param allContainers containers and sidecars
 * @param status one word such as {@code Running} or {@code Init:0/2}
 * @param restarts of the containers, or of the init containers while they run
 * @param lastRestart when the last of those ended, or null
 */
record PodSummary(
    int readyContainers,
    int allContainers,
    String status,
    int restarts,
    @Nullable Instant lastRestart) {

  String ready() {
    return readyContainers + "/" + allContainers;
  }

  static PodSummary of(JsonNode pod) {
    return new Reader(pod).read();
  }

  private static final class Reader {
    private final JsonNode pod;
    private final Set<String> sidecars = new HashSet<>();
    private int ready;
    private int restarts;
    private @Nullable Instant lastRestart;
    private String reason;

    Reader(JsonNode pod) {
      this.pod = pod;
      String phase = text(pod, "status", "phase");
      String said = text(pod, "status", "reason");
      reason = said.isEmpty() ? phase : said;
      for (JsonNode condition : pod.path("status").path("conditions")) {
        if (text(condition, "type").equals("PodScheduled")
            && text(condition, "reason").equals("SchedulingGated")) {
          reason = "SchedulingGated";
        }
      }
      for (JsonNode container : pod.path("spec").path("initContainers")) {
        if (text(container, "restartPolicy").equals("Always")) {
          sidecars.add(text(container, "name"));
        }
      }
    }

    PodSummary read() {
      boolean initializing = initContainers();
      if (!initializing || Cells.condition(pod, "Initialized", "True")) {
        restarts = 0;
        lastRestart = null;
        countRestarts(pod.path("status").path("initContainerStatuses"), true);
        containers();
      }
      int all = pod.path("spec").path("containers").size() + sidecars.size();
      return new PodSummary(ready, all, deletion(), restarts, lastRestart);
    }

    /** Whether an init container has not done its part. */
    private boolean initContainers() {
      JsonNode statuses = pod.path("status").path("initContainerStatuses");
      countRestarts(statuses, false);
      int all = pod.path("spec").path("initContainers").size();
      for (int i = 0; i < statuses.size(); i++) {
        JsonNode status = statuses.get(i);
        JsonNode terminated = status.path("state").path("terminated");
        if (terminated.isObject() && terminated.path("exitCode").asInt() == 0) {
          continue;
        }
        if (sidecars.contains(text(status, "name")) && status.path("started").asBoolean()) {
          ready += status.path("ready").asBoolean() ? 1 : 0;
          continue;
        }
        String waiting = text(status, "state", "waiting", "reason");
        if (terminated.isObject()) {
          reason = "Init:" + ended(terminated);
        } else if (!waiting.isEmpty() && !waiting.equals("PodInitializing")) {
          reason = "Init:" + waiting;
        } else {
          reason = "Init:" + i + "/" + all;
        }
        return true;
      }
      return false;
    }

    private void containers() {
      JsonNode statuses = pod.path("status").path("containerStatuses");
      countRestarts(statuses, false);
      boolean anyRunning = false;
      for (int i = statuses.size() - 1; i >= 0; i--) {
        JsonNode status = statuses.get(i);
        JsonNode state = status.path("state");
        String waiting = text(state, "waiting", "reason");
        if (!waiting.isEmpty()) {
          reason = waiting;
        } else if (state.path("terminated").isObject()) {
          reason = ended(state.path("terminated"));
        } else if (status.path("ready").asBoolean() && state.path("running").isObject()) {
          anyRunning = true;
          ready++;
        }
      }
      if (reason.equals("Completed") && anyRunning) {
        reason = Cells.condition(pod, "Ready", "True") ? "Running" : "NotReady";
      }
    }

    private void countRestarts(JsonNode statuses, boolean onlySidecars) {
      for (JsonNode status : statuses) {
        if (onlySidecars && !sidecars.contains(text(status, "name"))) {
          continue;
        }
        restarts += status.path("restartCount").asInt();
        Instant ended =
            Ages.instant(status.path("lastState").path("terminated").path("finishedAt"));
        if (ended != null && (lastRestart == null || lastRestart.isBefore(ended))) {
          lastRestart = ended;
        }
      }
    }

    private static String ended(JsonNode terminated) {
      String said = text(terminated, "reason");
      if (!said.isEmpty()) {
        return said;
      }
      int signal = terminated.path("signal").asInt();
      return signal != 0 ? "Signal:" + signal : "ExitCode:" + terminated.path("exitCode").asInt();
    }

    private String deletion() {
      if (!pod.path("metadata").hasNonNull("deletionTimestamp")) {
        return reason;
      }
      if (text(pod, "status", "reason").equals("NodeLost")) {
        return "Unknown";
      }
      String phase = text(pod, "status", "phase");
      return phase.equals("Failed") || phase.equals("Succeeded") ? reason : "Terminating";
    }
  }
}
