package io.berth.apiserver.custom;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.object.ApiObject;
import io.berth.api.object.Times;
import io.berth.api.resource.ApiVersions;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.resource.Resources;
import io.berth.api.time.Environment;
import io.berth.api.transport.ApiException;
import io.berth.api.transport.ApiRequest;
import io.berth.apiserver.cache.CacheFollower;
import io.berth.apiserver.cache.WatchCache;
import io.berth.apiserver.registry.Strategies;
import io.berth.apiserver.registry.Strategies.CustomKey;
import io.berth.apiserver.registry.Strategy;
import io.berth.apiserver.server.LocalCalls;
import io.berth.apiserver.server.ServedResources;
import io.berth.apiserver.server.Verb;
import io.berth.apiserver.webhook.WebhookClient;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves what CustomResourceDefinitions define, from the moment that the watch cache shows them,
 * and says so in their status. Each API server of a cluster does this for itself. One step: {@link
 * #step}, after every change of a definition.
 */
public final class CustomKinds {
  private static final Logger log = LoggerFactory.getLogger(CustomKinds.class);
  private static final ResourceDefinition CRDS = Resources.CUSTOM_RESOURCE_DEFINITIONS;

  private static final Comparator<ResourceDefinition> ORDER =
      Comparator.comparing(ResourceDefinition::group)
          .thenComparing(ResourceDefinition::version, ApiVersions.PRIORITY)
          .thenComparing(ResourceDefinition::plural);

  private final WatchCache cache;
  private final ServedResources served;
  private final Strategies strategies;
  private final Environment environment;
  private final LocalCalls calls;
  private final Function<JsonNode, Conversion> conversions;
  private final Cleanup cleanup;
  private final CacheFollower follower;
  private Map<String, CustomKind> known = new HashMap<>();

  /**
   * @param calls change statuses and delete objects
   * @param webhooks convert objects between versions
   */
  public CustomKinds(
      WatchCache cache,
      ServedResources served,
      Strategies strategies,
      Environment environment,
      LocalCalls calls,
      WebhookClient webhooks) {
    this.cache = cache;
    this.served = served;
    this.strategies = strategies;
    this.environment = environment;
    this.calls = calls;
    this.conversions =
        crd ->
            crd.path("spec").path("conversion").path("strategy").asText().equals("Webhook")
                ? new WebhookConversion(crd, webhooks, environment.random())
                : Conversion.NONE;
    this.cleanup = new Cleanup(cache, environment, calls);
    this.follower =
        new CacheFollower(cache, environment, List.of(CRDS.groupResource()), this::step);
  }

  /** Serves what is defined already, where the cache is loaded, and follows what changes. */
  public void start() {
    follower.start();
  }

  /** Brings what is served, and what definitions say of themselves, in line with them. */
  synchronized void step() {
    Map<String, CustomKind> now = new HashMap<>();
    Map<String, AcceptedNames> statuses = new HashMap<>();
    Map<String, ApiObject> definitions = new HashMap<>();
    List<JsonNode> trees = new ArrayList<>();
    for (ApiObject object : cache.list(CRDS.groupResource(), null).objects()) {
      definitions.put(object.key().name(), object);
      CustomKind before = known.get(object.key().name());
      trees.add(
          before != null && before.revision() == object.header().revision()
              ? before.crd()
              : object.tree());
    }
    String time = Times.seconds(environment.clock().now());
    for (int i = 0; i < trees.size(); i++) {
      JsonNode crd = trees.get(i);
      String name = crd.path("metadata").path("name").asText();
      AcceptedNames accepted = AcceptedNames.of(crd, others(trees, i), time);
      statuses.put(name, accepted);
      if (accepted.established()) {
        long revision = Objects.requireNonNull(definitions.get(name)).header().revision();
        CustomKind kind = kind(name, revision, crd);
        if (kind != null) {
          now.put(name, kind);
        }
      }
    }
    serve(now);
    for (JsonNode crd : trees) {
      String name = crd.path("metadata").path("name").asText();
      AcceptedNames accepted = statuses.get(name);
      if (accepted != null && !accepted.status().equals(crd.path("status"))) {
        writeStatus(name, (ObjectNode) crd, accepted.status());
      } else if (crd.path("metadata").hasNonNull("deletionTimestamp")) {
        cleanup.begin(name, crd);
      }
    }
  }

  private static List<JsonNode> others(List<JsonNode> all, int but) {
    String group = all.get(but).path("spec").path("group").asText();
    List<JsonNode> others = new ArrayList<>(all);
    others.remove(but);
    others.removeIf(other -> !other.path("spec").path("group").asText().equals(group));
    return others;
  }

  private @Nullable CustomKind kind(String name, long revision, JsonNode crd) {
    CustomKind before = known.get(name);
    if (before != null && before.revision() == revision) {
      return before;
    }
    try {
      return CustomKind.of(revision, crd, conversions);
    } catch (IllegalArgumentException e) {
      log.error("definition cannot be served name={} cause={}", name, e.getMessage());
      return null;
    }
  }

  private void serve(Map<String, CustomKind> now) {
    if (now.equals(known)) {
      return;
    }
    List<ResourceDefinition> resources = new ArrayList<>();
    Map<CustomKey, Strategy> rules = new HashMap<>();
    for (CustomKind kind : now.values()) {
      resources.addAll(kind.resources());
      rules.putAll(kind.strategies());
    }
    resources.sort(ORDER);
    strategies.replaceCustom(rules);
    served.replaceOthers(resources);
    for (String name : now.keySet()) {
      if (!known.containsKey(name)) {
        log.info("serving custom resource name={}", name);
      }
    }
    known = now;
  }

  private void writeStatus(String name, ObjectNode crd, ObjectNode status) {
    ObjectNode changed = crd.deepCopy();
    changed.set("status", status);
    try {
      calls.ask(
          ApiRequest.put(CRDS.path(null, name, "status"), Json.bytes(changed)),
          Verb.UPDATE,
          CRDS,
          "",
          name,
          "status");
    } catch (ApiException e) {
      if (!e.isNotFound() && !e.isConflict()) {
        log.warn("status of definition not written name={} cause={}", name, e.getMessage());
        follower.again();
      }
    }
  }
}
