package io.berth.apiserver.cache;

import io.berth.api.object.ApiObject;
import io.berth.api.object.ObjectHeader;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The watches of one resource, each filed under the narrowest thing that it selects by, so that a
 * change looks only at those it may concern. Guarded by the lock of its {@link ResourceCache}.
 */
final class WatcherIndex {
  private final Set<Watcher> all = new LinkedHashSet<>();
  private final Map<String, Set<Watcher>> byName = new HashMap<>();
  private final Map<String, Set<Watcher>> byNode = new HashMap<>();
  private final Map<String, Set<Watcher>> byNamespace = new HashMap<>();
  private final Set<Watcher> others = new LinkedHashSet<>();

  void add(Watcher watcher) {
    all.add(watcher);
    Selection s = watcher.selection();
    if (s.name() != null) {
      byName.computeIfAbsent(s.name(), k -> new LinkedHashSet<>()).add(watcher);
    } else if (s.nodeName() != null) {
      byNode.computeIfAbsent(s.nodeName(), k -> new LinkedHashSet<>()).add(watcher);
    } else if (s.namespace() != null) {
      byNamespace.computeIfAbsent(s.namespace(), k -> new LinkedHashSet<>()).add(watcher);
    } else {
      others.add(watcher);
    }
  }

  void remove(Watcher watcher) {
    all.remove(watcher);
    Selection s = watcher.selection();
    if (s.name() != null) {
      removeFrom(byName, s.name(), watcher);
    } else if (s.nodeName() != null) {
      removeFrom(byNode, s.nodeName(), watcher);
    } else if (s.namespace() != null) {
      removeFrom(byNamespace, s.namespace(), watcher);
    } else {
      others.remove(watcher);
    }
  }

  /** All watches, in the order in which they came. */
  Set<Watcher> all() {
    return all;
  }

  int size() {
    return all.size();
  }

  /** Gives a change to every watch that it may concern; those that are too slow are removed. */
  int dispatch(Change change) {
    if (all.isEmpty()) {
      return 0;
    }
    List<Watcher> cut = new ArrayList<>(0);
    ApiObject any = change.current() != null ? change.current() : change.previous();
    if (any != null) {
      offer(change, byName.get(any.key().name()), cut);
      offer(change, byNamespace.get(any.key().namespace()), cut);
    }
    String node = nodeOf(change.current());
    String before = nodeOf(change.previous());
    offer(change, byNode.get(node), cut);
    if (!before.equals(node)) {
      offer(change, byNode.get(before), cut);
    }
    offer(change, others, cut);
    cut.forEach(this::remove);
    return cut.size();
  }

  private static String nodeOf(@Nullable ApiObject object) {
    if (object == null) {
      return "";
    }
    ObjectHeader header = object.header();
    return header.fields().getOrDefault(Selection.NODE_NAME, "");
  }

  private static void offer(Change change, @Nullable Set<Watcher> watchers, List<Watcher> cut) {
    if (watchers != null) {
      for (Watcher watcher : watchers) {
        if (!watcher.offer(change)) {
          cut.add(watcher);
        }
      }
    }
  }

  private static void removeFrom(Map<String, Set<Watcher>> index, String key, Watcher watcher) {
    Set<Watcher> watchers = index.get(key);
    if (watchers != null && watchers.remove(watcher) && watchers.isEmpty()) {
      index.remove(key);
    }
  }
}
