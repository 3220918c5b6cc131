package io.berth.apiserver.table;

import static io.berth.apiserver.table.Cells.integer;
import static io.berth.apiserver.table.Cells.text;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/** The columns of kinds that bound, order, check and sign what others do. */
final class PolicyColumns {
  private PolicyColumns() {}

  static List<Column> componentStatuses() {
    return List.of(
        Column.NAME,
        Column.text("Status", "Whether it is healthy.", PolicyColumns::health),
        Column.text("Message", "What it says.", o -> healthy(o, "message")),
        Column.text("Error", "What is wrong.", o -> healthy(o, "error")));
  }

  private static String health(JsonNode component) {
    return healthy(component, "status").equals("True") ? "Healthy" : "Unhealthy";
  }

  private static String healthy(JsonNode component, String field) {
    for (JsonNode condition : component.path("conditions")) {
      if (text(condition, "type").equals("Healthy")) {
        return text(condition, field);
      }
    }
    return "";
  }

  static List<Column> limitRanges() {
    return List.of(Column.NAME, Column.CREATED_AT);
  }

  static List<Column> quotas() {
    return List.of(
        Column.NAME,
        Column.text("Request", "What is used, of what may be.", o -> used(o, false)),
        Column.text("Limit", "The same for limits.", o -> used(o, true)),
        Column.AGE);
  }

  private static String used(JsonNode quota, boolean limits) {
    JsonNode status = quota.path("status");
    TreeSet<String> names = new TreeSet<>();
    status.path("hard").fieldNames().forEachRemaining(names::add);
    List<String> parts = new ArrayList<>();
    for (String name : names) {
      if (name.startsWith("limits") == limits) {
        JsonNode used = status.path("used").path(name);
        parts.add(
            name
                + ": "
                + (used.isMissingNode() ? "0" : used.asText())
                + "/"
                + status.path("hard").path(name).asText());
      }
    }
    return String.join(", ", parts);
  }

  static List<Column> disruptionBudgets() {
    return List.of(
        Column.NAME,
        Column.text("Min Available", "Pods that must be there.", o -> bound(o, "minAvailable")),
        Column.text("Max Unavailable", "Pods that may be away.", o -> bound(o, "maxUnavailable")),
        Column.number(
            "Allowed Disruptions",
            "Pods that may go now.",
            o -> integer(o, "status", "disruptionsAllowed")),
        Column.AGE);
  }

  private static String bound(JsonNode budget, String field) {
    JsonNode bound = budget.path("spec").path(field);
    return bound.isMissingNode() || bound.isNull() ? "N/A" : bound.asText();
  }

  static List<Column> priorityClasses() {
    return List.of(
        Column.NAME,
        Column.number("Value", "How urgent its pods are.", o -> integer(o, "value")),
        Column.flag("Global-Default", "Whether it is for pods without one.", "globalDefault"),
        Column.AGE,
        Column.text(
            "PreemptionPolicy", "Whether others make room.", o -> text(o, "preemptionPolicy")));
  }

  static List<Column> certificateRequests() {
    return List.of(
        Column.NAME,
        Column.AGE,
        Column.text(
            "SignerName", "Who is to sign.", o -> Cells.orNone(text(o, "spec", "signerName"))),
        Column.text("Requestor", "Who asks.", o -> text(o, "spec", "username")),
        Column.text("RequestedDuration", "For how long.", PolicyColumns::duration),
        Column.text("Condition", "What became of it.", PolicyColumns::condition));
  }

  private static String duration(JsonNode request) {
    JsonNode seconds = request.path("spec").path("expirationSeconds");
    return seconds.isNumber() ? Ages.text(Duration.ofSeconds(seconds.asLong())) : Cells.NONE;
  }

  private static String condition(JsonNode request) {
    String decided =
        Cells.hasCondition(request, "Denied")
            ? "Denied"
            : Cells.hasCondition(request, "Approved") ? "Approved" : "Pending";
    String failed = Cells.hasCondition(request, "Failed") ? ",Failed" : "";
    String issued = text(request, "status", "certificate").isEmpty() ? "" : ",Issued";
    return decided + failed + issued;
  }

  static List<Column> flowSchemas() {
    return List.of(
        Column.NAME,
        Column.text(
            "PriorityLevel",
            "Which level it leads to.",
            o -> text(o, "spec", "priorityLevelConfiguration", "name")),
        Column.number(
            "MatchingPrecedence",
            "Which schema is asked first.",
            o -> integer(o, "spec", "matchingPrecedence")),
        Column.text(
            "DistinguisherMethod",
            "What tells flows apart.",
            o -> Cells.orNone(text(o, "spec", "distinguisherMethod", "type"))),
        Column.AGE,
        Column.text("MissingPL", "Whether there is no such level.", PolicyColumns::dangling));
  }

  private static String dangling(JsonNode schema) {
    for (JsonNode condition : schema.path("status").path("conditions")) {
      if (text(condition, "type").equals("Dangling")) {
        return text(condition, "status");
      }
    }
    return "?";
  }

  static List<Column> priorityLevels() {
    return List.of(
        Column.NAME,
        Column.text("Type", "Limited or exempt.", o -> text(o, "spec", "type")),
        Column.text(
            "NominalConcurrencyShares",
            "Its share of seats.",
            o -> level(o, "nominalConcurrencyShares")),
        Column.text("Queues", "How many it has.", o -> queuing(o, "queues")),
        Column.text("HandSize", "How many a flow may use.", o -> queuing(o, "handSize")),
        Column.text("QueueLengthLimit", "How long they get.", o -> queuing(o, "queueLengthLimit")),
        Column.AGE);
  }

  private static String level(JsonNode level, String field) {
    JsonNode value = Cells.at(level, "spec", "limited", field);
    return Cells.orNone(value.asText(""));
  }

  private static String queuing(JsonNode level, String field) {
    return Cells.orNone(
        Cells.at(level, "spec", "limited", "limitResponse", "queuing", field).asText(""));
  }

  static List<Column> webhooks() {
    return List.of(
        Column.NAME,
        Column.number("Webhooks", "How many it has.", o -> o.path("webhooks").size()),
        Column.AGE);
  }

  /**
   * @param what field of the spec that holds what the policy does
   */
  static List<Column> admissionPolicies(String head, String what) {
    return List.of(
        Column.NAME,
        Column.number(head, "How many it has.", o -> o.path("spec").path(what).size()),
        Column.text("ParamKind", "What configures it.", PolicyColumns::paramKind),
        Column.AGE);
  }

  private static String paramKind(JsonNode policy) {
    JsonNode kind = policy.path("spec").path("paramKind");
    return kind.isObject() ? text(kind, "apiVersion") + "/" + text(kind, "kind") : Cells.UNSET;
  }

  static List<Column> admissionBindings() {
    return List.of(
        Column.NAME,
        Column.text("PolicyName", "What it puts in force.", o -> text(o, "spec", "policyName")),
        Column.text("ParamRef", "With which configuration.", PolicyColumns::paramRef),
        Column.AGE);
  }

  private static String paramRef(JsonNode binding) {
    JsonNode reference = binding.path("spec").path("paramRef");
    if (!reference.isObject()) {
      return Cells.UNSET;
    }
    String namespace = text(reference, "namespace");
    String name = text(reference, "name");
    return namespace.isEmpty() ? name : namespace + "/" + name;
  }

  static List<Column> resourceClaims() {
    return List.of(
        Column.NAME, Column.text("State", "How far it is.", PolicyColumns::state), Column.AGE);
  }

  private static String state(JsonNode claim) {
    List<String> states = new ArrayList<>();
    boolean deleted = claim.path("metadata").hasNonNull("deletionTimestamp");
    if (deleted) {
      states.add("deleted");
    }
    JsonNode status = claim.path("status");
    if (status.hasNonNull("allocation")) {
      states.add("allocated");
      if (!status.path("reservedFor").isEmpty()) {
        states.add("reserved");
      }
    } else if (!deleted) {
      states.add("pending");
    }
    return String.join(",", states);
  }

  static List<Column> resourceSlices() {
    return List.of(
        Column.NAME,
        Column.text("Node", "Where its devices are.", o -> node(o.path("spec"))),
        Column.text("Driver", "Whose they are.", o -> text(o, "spec", "driver")),
        Column.text("Pool", "Which pool it is of.", o -> text(o, "spec", "pool", "name")),
        Column.AGE);
  }

  private static String node(JsonNode spec) {
    String name = text(spec, "nodeName");
    return name.isEmpty() ? Cells.UNSET : name;
  }
}
