package io.berth.controllers.namespace;

import io.berth.api.resource.GroupResource;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * What was found in a namespace that is being deleted, after everything in it was asked to go.
 *
 * @param remaining how many objects are left of each resource; only those with any
 * @param finalizers how many of them each finalizer holds
 * @param failures what could not be deleted or listed, and why
 * @param undiscovered group versions of which it is not known what they hold
 */
record Content(
    SortedMap<GroupResource, Integer> remaining,
    SortedMap<String, Integer> finalizers,
    List<String> failures,
    List<String> undiscovered) {
  Content {
    remaining = new TreeMap<>(remaining);
    finalizers = new TreeMap<>(finalizers);
    failures = List.copyOf(failures);
    undiscovered = List.copyOf(undiscovered);
  }

  boolean empty() {
    return remaining.isEmpty() && failures.isEmpty() && undiscovered.isEmpty();
  }

  String remainingText() {
    return join(remaining, "%s has %d resource instances");
  }

  String finalizersText() {
    return join(finalizers, "%s in %d resource instances");
  }

  private static String join(Map<?, Integer> counts, String form) {
    return counts.entrySet().stream()
        .map(e -> form.formatted(named(e.getKey()), e.getValue()))
        .collect(Collectors.joining(", "));
  }

  /** {@code pods.} and {@code deployments.apps}: the core group keeps its dot. */
  private static Object named(Object key) {
    return key instanceof GroupResource r ? r.resource() + "." + r.group() : key;
  }
}
