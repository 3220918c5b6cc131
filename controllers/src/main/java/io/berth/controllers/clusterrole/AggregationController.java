package io.berth.controllers.clusterrole;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.object.ApiObject;
import io.berth.api.object.LabelSelector;
import io.berth.api.resource.Resources;
import io.berth.client.Informer;
import io.berth.client.Outcome;
import io.berth.client.PatchType;
import io.berth.controllers.loop.Changes;
import io.berth.controllers.loop.Controller;
import io.berth.controllers.loop.ControllerContext;
import io.berth.controllers.loop.WatchedLoop;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Gives cluster roles with an {@code aggregationRule} the rules of the roles that it selects by
 * label, in the order of their names, each rule once. One step: {@link #reconcile}.
 */
public final class AggregationController implements Controller {
  private final ControllerContext context;
  private final Informer roles;
  private final WatchedLoop<String> loop;

  public AggregationController(ControllerContext context, int workers) {
    this.context = context;
    this.roles = context.informers().of(Resources.CLUSTER_ROLES);
    this.loop = new WatchedLoop<>(name(), context, workers, this::reconcile);
    // Any role may be, or may have been, part of any other; there are few that collect.
    Changes.each(roles, role -> collecting().forEach(loop::add));
  }

  private List<String> collecting() {
    return roles.list().stream()
        .filter(role -> aggregates(role.tree()))
        .map(role -> role.key().name())
        .toList();
  }

  private static boolean aggregates(JsonNode role) {
    return role.path("aggregationRule").path("clusterRoleSelectors").isArray();
  }

  Outcome reconcile(String name) {
    Optional<ApiObject> found = roles.get("", name);
    if (found.isEmpty() || found.get().header().deleting()) {
      return Outcome.done();
    }
    JsonNode role = found.get().tree();
    if (!aggregates(role)) {
      return Outcome.done();
    }
    ArrayNode rules = Json.object().putArray("rules");
    collected(name, role).forEach(rules::add);
    JsonNode before = role.path("rules");
    if (before.equals(rules) || (before.isEmpty() && rules.isEmpty())) {
      return Outcome.done();
    }
    // No precondition: whatever was there is replaced, and what this did not see yet comes again.
    ObjectNode patch = Json.object();
    patch.set("rules", rules);
    context.client().patch(Resources.CLUSTER_ROLES, null, name, null, PatchType.MERGE, patch);
    return Outcome.done();
  }

  private Set<JsonNode> collected(String name, JsonNode role) {
    List<ApiObject> all = new ArrayList<>(roles.list());
    all.sort(Comparator.comparing(o -> o.key().name()));
    Set<JsonNode> rules = new LinkedHashSet<>();
    for (JsonNode selector : role.path("aggregationRule").path("clusterRoleSelectors")) {
      LabelSelector selected = LabelSelector.of(selector);
      for (ApiObject other : all) {
        if (!other.key().name().equals(name) && selected.matches(other.header().labels())) {
          other.tree().path("rules").forEach(rules::add);
        }
      }
    }
    return rules;
  }

  @Override
  public String name() {
    return "clusterrole-aggregation";
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
