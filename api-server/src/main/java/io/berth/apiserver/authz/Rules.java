package io.berth.apiserver.authz;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/** Rules in their JSON form. */
public final class Rules {
  private Rules() {}

  /** Those of the wanted rules of which something is not granted by the rules that are there. */
  public static List<ObjectNode> missing(JsonNode present, JsonNode wanted) {
    List<PolicyRule> held = PolicyRule.listOf(present);
    return PolicyRule.listOf(wanted).stream()
        .filter(rule -> !RuleCover.missing(held, List.of(rule)).isEmpty())
        .map(PolicyRule::toJson)
        .toList();
  }
}
