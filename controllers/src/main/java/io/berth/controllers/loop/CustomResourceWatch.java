package io.berth.controllers.loop;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.object.ApiObject;
import io.berth.api.resource.CustomResources;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.resource.Resources;
import io.berth.api.time.Environment;
import io.berth.client.Informer;
import io.berth.client.Informers;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells which custom resources the API serves, each once, in one of its served versions. Safe for
 * use by many threads.
 */
public final class CustomResourceWatch {
  private static final Logger log = LoggerFactory.getLogger(CustomResourceWatch.class);

  private record Follower(
      Consumer<ResourceDefinition> added, Consumer<ResourceDefinition> removed) {}

  private final Informer definitions;
  private final List<Follower> followers = new ArrayList<>();
  private final Map<String, ResourceDefinition> byDefinition = new TreeMap<>();

  public CustomResourceWatch(Informers informers, Environment environment) {
    definitions = informers.of(Resources.CUSTOM_RESOURCE_DEFINITIONS);
    // Not within the handler: followers begin and end other informers.
    Changes.each(definitions, any -> environment.executor().execute(this::step));
    Changes.deleted(definitions, any -> environment.executor().execute(this::step));
  }

  /**
   * From now on tells of every resource that comes and goes; at once of those that are there.
   *
   * @param added also after a removal, where another version is to be used
   */
  public synchronized void follow(
      Consumer<ResourceDefinition> added, Consumer<ResourceDefinition> removed) {
    followers.add(new Follower(added, removed));
    byDefinition.values().forEach(added);
  }

  /** All resources that are served now. */
  public synchronized List<ResourceDefinition> withBuiltIn() {
    List<ResourceDefinition> all = new ArrayList<>(Resources.all());
    all.addAll(byDefinition.values());
    return all;
  }

  private synchronized void step() {
    Map<String, ResourceDefinition> now = new TreeMap<>();
    for (ApiObject definition : definitions.list()) {
      try {
        JsonNode tree = definition.tree();
        List<ResourceDefinition> served = CustomResources.served(tree);
        if (CustomResources.established(tree) && !served.isEmpty()) {
          now.put(definition.key().name(), served.getFirst());
        }
      } catch (IllegalArgumentException e) {
        log.warn("definition not read name={} cause={}", definition.key().name(), e.getMessage());
      }
    }
    List.copyOf(byDefinition.keySet()).stream()
        .filter(name -> !now.containsKey(name))
        .forEach(name -> set(name, null));
    now.forEach(this::set);
  }

  private void set(String name, @Nullable ResourceDefinition resource) {
    ResourceDefinition before = byDefinition.get(name);
    if (resource != null
        && before != null
        && before.apiVersion().equals(resource.apiVersion())
        && before.kind().equals(resource.kind())) {
      return;
    }
    if (before != null) {
      byDefinition.remove(name);
      followers.forEach(follower -> follower.removed().accept(before));
    }
    if (resource != null) {
      byDefinition.put(name, resource);
      followers.forEach(follower -> follower.added().accept(resource));
    }
  }
}
