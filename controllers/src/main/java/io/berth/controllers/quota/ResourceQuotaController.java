package io.berth.controllers.quota;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.object.ApiObject;
import io.berth.api.object.ObjectKey;
import io.berth.api.object.Quantity;
import io.berth.api.quota.QuotaScopes;
import io.berth.api.quota.QuotaUsage;
import io.berth.api.resource.GroupResource;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.resource.Resources;
import io.berth.api.transport.ApiException;
import io.berth.client.Informer;
import io.berth.client.ListOptions;
import io.berth.client.Outcome;
import io.berth.controllers.loop.Changes;
import io.berth.controllers.loop.Controller;
import io.berth.controllers.loop.ControllerContext;
import io.berth.controllers.loop.WatchedLoop;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Says in the status of quotas what is allowed, and counts what is used of it when a quota begins
 * to bound something. From then on API servers keep the count; what one left behind that died
 * between counting and storing is found by counting anew, once nothing was counted for a while: a
 * write that was counted has been stored by then. One step: {@link #reconcile}.
 */
public final class ResourceQuotaController implements Controller {
  /** How long a count must stand still before it may be corrected. */
  static final Duration QUIET = Duration.ofMinutes(1);

  /** How long a corrected count is trusted. */
  static final Duration TRUSTED = Duration.ofMinutes(5);

  private static final Duration AGAIN = Duration.ofSeconds(1);

  /** Since when a quota has been at a version. */
  private record Seen(long revision, Instant since) {}

  private final ControllerContext context;
  private final Informer quotas;
  private final WatchedLoop<ObjectKey> loop;
  private final Map<ObjectKey, Seen> seen = new ConcurrentHashMap<>();

  public ResourceQuotaController(ControllerContext context, int workers) {
    this.context = context;
    this.quotas = context.informers().of(Resources.RESOURCE_QUOTAS);
    this.loop = new WatchedLoop<>(name(), context, workers, this::reconcile);
    Changes.each(quotas, quota -> loop.add(quota.key()));
    Changes.deleted(quotas, quota -> seen.remove(quota.key()));
  }

  Outcome reconcile(ObjectKey key) {
    Optional<ApiObject> cached = quotas.get(key.namespace(), key.name());
    if (cached.isEmpty() || cached.get().header().deleting()) {
      return Outcome.done();
    }
    Instant now = context.environment().clock().now();
    long revision = cached.get().header().revision();
    Seen known = seen.get(key);
    if (known == null || known.revision() != revision) {
      known = new Seen(revision, now);
      seen.put(key, known);
    }
    Duration left = Duration.between(now, known.since().plus(QUIET));
    boolean quiet = !left.isPositive();
    if (!quiet && current(cached.get().tree())) {
      return Outcome.again(left);
    }
    return count(key, quiet) ? Outcome.again(TRUSTED) : Outcome.again(AGAIN);
  }

  /** Whether the status says of all that the quota bounds how much that is and what is used. */
  private static boolean current(JsonNode quota) {
    JsonNode hard = quota.path("spec").path("hard");
    JsonNode status = quota.path("status");
    if (!sameOrEmpty(hard, status.path("hard"))) {
      return false;
    }
    for (var amount : hard.properties()) {
      if (!status.path("used").has(amount.getKey())) {
        return false;
      }
    }
    return true;
  }

  private static boolean sameOrEmpty(JsonNode a, JsonNode b) {
    return a.equals(b) || (a.isEmpty() && b.isEmpty());
  }

  /**
   * @param anew whether what was counted before is counted again
   * @return false where somebody else was faster
   */
  private boolean count(ObjectKey key, boolean anew) {
    Optional<ApiObject> live =
        context.client().find(Resources.RESOURCE_QUOTAS, key.namespace(), key.name());
    if (live.isEmpty()) {
      return true;
    }
    ObjectNode quota = (ObjectNode) live.get().tree();
    JsonNode hard = quota.path("spec").path("hard");
    JsonNode before = quota.path("status").path("used");
    Set<String> due = new TreeSet<>();
    hard.fieldNames()
        .forEachRemaining(
            name -> {
              if (anew || !before.has(name)) {
                due.add(name);
              }
            });
    Map<String, Quantity> counted = counted(quota, key.namespace(), due);
    ObjectNode used = Json.object();
    for (var amount : hard.properties()) {
      String name = amount.getKey();
      JsonNode kept = before.path(name);
      Quantity sum = counted.get(name);
      used.put(name, sum != null ? sum.toString() : kept.asText("0"));
    }
    ObjectNode status = quota.withObject("/status");
    ObjectNode old = status.deepCopy();
    status.set("hard", hard.isMissingNode() ? Json.object() : hard.deepCopy());
    status.set("used", used);
    return old.equals(status) || write(quota);
  }

  /** Under the version that was read before the objects were: a count in between is a conflict. */
  private boolean write(ObjectNode quota) {
    try {
      context.client().updateStatus(Resources.RESOURCE_QUOTAS, quota);
      return true;
    } catch (ApiException e) {
      if (e.isNotFound()) {
        return true;
      }
      if (e.isConflict()) {
        return false;
      }
      throw e;
    }
  }

  private Map<String, Quantity> counted(ObjectNode quota, String namespace, Set<String> due) {
    Map<String, Quantity> sums = new TreeMap<>();
    Set<GroupResource> kinds = new TreeSet<>((a, b) -> a.toString().compareTo(b.toString()));
    due.forEach(
        name -> {
          sums.put(name, Quantity.ZERO);
          kinds.add(QuotaUsage.counted(name));
        });
    for (GroupResource kind : kinds) {
      Optional<ResourceDefinition> resource = Resources.find(kind);
      if (resource.isEmpty() || !resource.get().verbs().contains("list")) {
        continue; // of a kind that is not served there is nothing
      }
      for (ApiObject object :
          context.client().list(resource.get(), namespace, ListOptions.ALL).items()) {
        JsonNode tree = object.tree();
        if (QuotaScopes.include(quota.path("spec"), kind, tree)) {
          QuotaUsage.of(kind, tree)
              .forEach((name, amount) -> sums.computeIfPresent(name, (n, sum) -> sum.add(amount)));
        }
      }
    }
    return sums;
  }

  @Override
  public String name() {
    return "resourcequota";
  }

  @Override
  public void start() {
    loop.start();
  }

  @Override
  public boolean alive() {
    return loop.alive();
  }

  @Override
  public void close() {
    loop.close();
  }
}
