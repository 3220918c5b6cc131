package io.berth.apiserver.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.object.ObjectKey;
import io.berth.api.object.Quantity;
import io.berth.apiserver.registry.ObjectStore;
import io.berth.apiserver.registry.Stored;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Counts what is used in the status of quotas. A count changes only under the revision that it was
 * read at, so that servers that count at once never let through more than there is. Requests that
 * wait for the same quota are counted together, in one write.
 */
final class QuotaLedger {
  private static final int ATTEMPTS = 50;

  /** One request's part of a count. */
  private static final class Entry {
    final SortedMap<String, Quantity> delta;
    final boolean dryRun;
    final CompletableFuture<@Nullable String> refusal = new CompletableFuture<>();

    Entry(SortedMap<String, Quantity> delta, boolean dryRun) {
      this.delta = delta;
      this.dryRun = dryRun;
    }
  }

  private final ObjectStore objects;

  /** Entries that wait for a quota that another thread is counting for. */
  private final Map<ObjectKey, Deque<Entry>> lanes = new HashMap<>();

  QuotaLedger(ObjectStore objects) {
    this.objects = objects;
  }

  /**
   * Adds to what is used.
   *
   * @param delta what the quota bounds of what the request uses; negative amounts are given back,
   *     and never refused
   * @param dryRun whether to look only
   * @return why not, or null where it was counted
   */
  @Nullable String add(ObjectKey quota, SortedMap<String, Quantity> delta, boolean dryRun) {
    Entry entry = new Entry(delta, dryRun);
    boolean leads;
    synchronized (lanes) {
      leads = !lanes.containsKey(quota);
      lanes.computeIfAbsent(quota, q -> new ArrayDeque<>()).add(entry);
    }
    if (leads) {
      lead(quota);
    }
    try {
      return entry.refusal.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw e;
    }
  }

  /** Counts until nobody waits. */
  private void lead(ObjectKey quota) {
    while (true) {
      List<Entry> batch;
      synchronized (lanes) {
        Deque<Entry> waiting = lanes.get(quota);
        if (waiting == null || waiting.isEmpty()) {
          lanes.remove(quota);
          return;
        }
        batch = new ArrayList<>(waiting);
        waiting.clear();
      }
      try {
        count(quota, batch);
      } catch (RuntimeException e) {
        batch.forEach(entry -> entry.refusal.completeExceptionally(e));
      }
    }
  }

  private void count(ObjectKey quota, List<Entry> batch) {
    for (int i = 0; i < ATTEMPTS; i++) {
      Stored current = objects.newest(quota).orElse(null);
      if (current == null) {
        batch.forEach(entry -> entry.refusal.complete(null)); // nothing bounds it any more
        return;
      }
      ObjectNode tree = current.tree();
      Map<Entry, String> refused = new HashMap<>();
      boolean changed = false;
      for (Entry entry : batch) {
        String why = count(tree, entry);
        if (why != null) {
          refused.put(entry, why);
        } else {
          changed |= !entry.dryRun && !entry.delta.isEmpty();
        }
      }
      if (!changed || objects.replace(quota, current, tree)) {
        batch.forEach(entry -> entry.refusal.complete(refused.get(entry)));
        return;
      }
    }
    batch.forEach(
        entry ->
            entry.refusal.complete(
                "unable to count against quota " + quota.name() + ", please try again"));
  }

  /** Counts one entry into a quota's tree, or says why not. */
  private static @Nullable String count(ObjectNode quota, Entry entry) {
    JsonNode hard = quota.path("status").path("hard");
    ObjectNode used = quota.withObject("/status").withObject("/used");
    SortedMap<String, Quantity> next = new TreeMap<>();
    List<String> over = new ArrayList<>();
    entry.delta.forEach(
        (name, amount) -> {
          Quantity sum = amount(used.path(name)).add(amount);
          if (sum.signum() < 0) {
            sum = Quantity.ZERO;
          }
          if (amount.signum() > 0 && sum.compareTo(amount(hard.path(name))) > 0) {
            over.add(name);
          }
          next.put(name, sum);
        });
    if (!over.isEmpty()) {
      return "exceeded quota: "
          + quota.path("metadata").path("name").asText()
          + ", requested: "
          + shown(over, name -> entry.delta.get(name))
          + ", used: "
          + shown(over, name -> amount(used.path(name)))
          + ", limited: "
          + shown(over, name -> amount(hard.path(name)));
    }
    if (!entry.dryRun) {
      next.forEach((name, amount) -> used.put(name, amount.toString()));
    }
    return null;
  }

  private static String shown(List<String> names, Function<String, @Nullable Quantity> amounts) {
    return String.join(",", names.stream().map(name -> name + "=" + amounts.apply(name)).toList());
  }

  private static Quantity amount(JsonNode amount) {
    return amount.isMissingNode() ? Quantity.ZERO : Quantity.of(amount);
  }
}
