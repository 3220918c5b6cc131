package io.berth.cli.simulate;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.cli.kube.Tables;
import io.berth.scheduler.core.ResourceIndex;
import io.berth.scheduler.simulate.Simulation;
import io.berth.scheduler.simulate.Study;
import io.berth.scheduler.simulate.Workloads;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Tells what came of a study, for people and for programs. */
final class StudyReport {
  private final Study.Plan plan;
  private final Workloads given;
  private final int scarcest;
  private final List<Study.Outcome> outcomes;
  private final List<Integer> slots = new ArrayList<>();

  StudyReport(Study.Plan plan, int scarcest, List<Study.Outcome> outcomes) {
    this.plan = plan;
    this.given = plan.given();
    this.scarcest = scarcest;
    this.outcomes = List.copyOf(outcomes);
    for (int slot = 0; slot < given.resources().size(); slot++) {
      if (slot != ResourceIndex.PODS && given.capacity(slot) > 0 && given.asked(slot) > 0) {
        slots.add(slot);
      }
    }
  }

  private String name(int slot) {
    String name = given.resources().name(slot);
    return slot == ResourceIndex.GPU_MILLI ? "gpu" : name.substring(name.indexOf('/') + 1);
  }

  /** How far the runs went, for the heads of columns. */
  private String end() {
    return percent(asked(), 0);
  }

  private double asked() {
    double capacity = given.capacity(scarcest);
    return Math.max(plan.inflate() * capacity, given.asked(scarcest)) / capacity;
  }

  String table() {
    Tables table = new Tables();
    List<String> head = new ArrayList<>(List.of("POLICY"));
    boolean beyond = !end().equals("100%") && asked() > 1;
    if (beyond) {
      slots.forEach(slot -> head.add(name(slot).toUpperCase(Locale.ROOT) + "@100%"));
    }
    slots.forEach(slot -> head.add(name(slot).toUpperCase(Locale.ROOT) + "@" + end()));
    head.addAll(List.of("NODES", "FAILED", "FRAGMENTED", "PODS/S"));
    table.add(head);
    for (Study.Outcome outcome : outcomes) {
      List<String> row = new ArrayList<>(List.of(outcome.policy()));
      if (beyond) {
        slots.forEach(slot -> row.add(percent(outcome.mean(r -> r.atFull()[slot]), 2)));
      }
      slots.forEach(slot -> row.add(percent(outcome.mean(r -> r.atEnd()[slot]), 2)));
      row.add(number(outcome.mean(Simulation.Result::nodesUsed), 1));
      row.add(number(outcome.mean(Simulation.Result::failed), 1));
      row.add(percent(outcome.mean(Simulation.Result::fragmentation), 2));
      row.add(number(outcome.mean(Simulation.Result::podsPerSecond), 0));
      table.add(row);
    }
    return summary() + table.text();
  }

  private String summary() {
    return String.format(
        Locale.ROOT,
        "%d nodes, a list of %d pods, mean of %d %s; @100%%: once as much %s was asked for as there"
            + " is%n",
        given.nodes().size(),
        given.pods().size(),
        plan.seeds().size(),
        plan.seeds().size() == 1 ? "seed" : "seeds",
        name(scarcest));
  }

  private static String percent(double part, int digits) {
    return number(100 * part, digits) + "%";
  }

  private static String number(double value, int digits) {
    return String.format(Locale.ROOT, "%." + digits + "f", value);
  }

  ObjectNode json() {
    ObjectNode report = Json.object();
    report.put("nodes", given.nodes().size());
    report.put("listedPods", given.pods().size());
    report.put("inflate", plan.inflate());
    report.put("scarcestResource", given.resources().name(scarcest));
    ArrayNode policies = report.putArray("policies");
    for (Study.Outcome outcome : outcomes) {
      ObjectNode policy = policies.addObject().put("policy", outcome.policy());
      ObjectNode mean = policy.putObject("mean");
      shares(mean.putObject("allocatedAt100"), outcome, true);
      shares(mean.putObject("allocatedAtEnd"), outcome, false);
      mean.put("nodesInUse", outcome.mean(Simulation.Result::nodesUsed));
      mean.put("podsFailed", outcome.mean(Simulation.Result::failed));
      mean.put("fragmentation", outcome.mean(Simulation.Result::fragmentation));
      mean.put("podsPerSecond", outcome.mean(Simulation.Result::podsPerSecond));
      ArrayNode runs = policy.putArray("runs");
      outcome.runs().forEach(run -> runs.add(json(run)));
    }
    return report;
  }

  private void shares(ObjectNode into, Study.Outcome outcome, boolean atFull) {
    for (int slot : slots) {
      into.put(
          given.resources().name(slot),
          outcome.mean(r -> atFull ? r.atFull()[slot] : r.atEnd()[slot]));
    }
  }

  private ObjectNode json(Study.Run run) {
    Simulation.Result result = run.result();
    ObjectNode object = Json.object().put("seed", run.seed()).put("pods", result.pods());
    ObjectNode atFull = object.putObject("allocatedAt100");
    ObjectNode atEnd = object.putObject("allocatedAtEnd");
    for (int slot : slots) {
      String name = given.resources().name(slot);
      atFull.put(name, result.atFull()[slot]);
      atEnd.put(name, result.atEnd()[slot]);
    }
    return object
        .put("nodesInUse", result.nodesUsed())
        .put("podsFailed", result.failed())
        .put("fragmentation", result.fragmentation())
        .put("podsPerSecond", result.podsPerSecond());
  }
}
