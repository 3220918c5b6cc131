package io.berth.scheduler.loop;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.resource.Resources;
import io.berth.api.time.Clock;
import io.berth.api.transport.ApiException;
import io.berth.client.ApiClient;
import io.berth.client.ApiUnavailableException;
import io.berth.client.PatchType;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes {@code PodGroupScheduled} on pod groups where it says something new. Blocks on the API;
 * failures are logged and dropped. Safe for use by many threads.
 */
final class GroupCondition {
  private static final Logger log = LoggerFactory.getLogger(GroupCondition.class);

  private final ApiClient client;
  private final Clock clock;
  private final Map<String, String> said = new ConcurrentHashMap<>();

  GroupCondition(ApiClient client, Clock clock) {
    this.client = client;
    this.clock = clock;
  }

  /**
   * @param key namespace and name
   * @param trouble why the group is not placed; null where it is
   */
  void write(String key, @Nullable String trouble) {
    String text = trouble == null ? "" : trouble;
    if (text.equals(said.put(key, text))) {
      return;
    }
    int slash = key.indexOf('/');
    ObjectNode patch = Json.object();
    ObjectNode condition = patch.putObject("status").putArray("conditions").addObject();
    condition.put("type", "PodGroupScheduled");
    condition.put("status", trouble == null ? "True" : "False");
    condition.put("reason", trouble == null ? "Scheduled" : "Unschedulable");
    condition.put("message", text);
    condition.put("lastTransitionTime", clock.now().truncatedTo(ChronoUnit.SECONDS).toString());
    try {
      client.patch(
          Resources.POD_GROUPS,
          key.substring(0, slash),
          key.substring(slash + 1),
          "status",
          PatchType.STRATEGIC_MERGE,
          patch);
    } catch (ApiException | ApiUnavailableException e) {
      said.remove(key);
      log.warn("condition not written podgroup={} error={}", key, e.getMessage());
    }
  }

  void forget(String key) {
    said.remove(key);
  }
}
