package io.berth.cli.simulate;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.cli.kube.Tables;
import io.berth.scheduler.core.PodRecord;
import io.berth.scheduler.explain.Explanation;
import io.berth.scheduler.simulate.WhatIf;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Tells what a live cluster would do with more pods or fewer nodes.
 *
 * @param arrival null where no manifest was asked about
 * @param failure null where nothing was to fail
 * @param nodes how many nodes there were
 */
record ClusterReport(
    WhatIf.@Nullable Arrival arrival, WhatIf.@Nullable Failure failure, int nodes) {
  private static final int NAMED = 4;

  String table() {
    StringBuilder text = new StringBuilder();
    if (arrival != null) {
      arrived(arrival, text);
    }
    if (failure != null) {
      if (arrival != null) {
        text.append('\n');
      }
      failed(failure, text);
    }
    return text.toString();
  }

  private static void arrived(WhatIf.Arrival arrival, StringBuilder text) {
    List<WhatIf.Verdict> own = arrival.verdicts().stream().filter(ClusterReport::isNew).toList();
    List<WhatIf.Verdict> others = arrival.verdicts().stream().filter(v -> !isNew(v)).toList();
    long fit = own.stream().filter(WhatIf.Verdict::fits).count();
    text.append(
        fit == own.size()
            ? String.format(Locale.ROOT, "It fits: %d of %d pods.%n", fit, own.size())
            : String.format(Locale.ROOT, "It does not fit: %d of %d pods do.%n", fit, own.size()));
    Tables table = new Tables();
    table.add(List.of("POD", "NODE"));
    own.forEach(v -> table.add(List.of(v.pod().key(), node(v))));
    text.append(table.text());
    missing(own, text);
    if (!others.isEmpty()) {
      text.append("\nPods of lower priority that it would push out:\n");
      text.append(moved(others));
      missing(others, text);
    }
    gone(arrival.gone(), text);
  }

  private static boolean isNew(WhatIf.Verdict verdict) {
    return verdict.from().isEmpty();
  }

  private void failed(WhatIf.Failure failure, StringBuilder text) {
    long found = failure.moved().stream().filter(WhatIf.Verdict::fits).count();
    text.append(
        String.format(
            Locale.ROOT,
            "If %d of %d nodes fail: %d pods need another node, %d of them find one; %d end for"
                + " good, having no controller; %d belong to their nodes.%n",
            failure.nodes().size(),
            nodes,
            failure.moved().size(),
            found,
            failure.gone().size(),
            failure.bound()));
    if (!failure.moved().isEmpty()) {
      text.append(moved(failure.moved()));
    }
    missing(failure.moved(), text);
    gone(failure.gone(), text);
  }

  private static String moved(List<WhatIf.Verdict> verdicts) {
    Tables table = new Tables();
    table.add(List.of("POD", "PRIORITY", "FROM", "TO", "PUSHED OUT BY"));
    for (WhatIf.Verdict v : verdicts) {
      table.add(
          List.of(
              v.pod().key(),
              Integer.toString(v.pod().priority()),
              v.from(),
              node(v),
              v.pushedOutBy().isEmpty() ? "-" : v.pushedOutBy()));
    }
    return table.text();
  }

  private static String node(WhatIf.Verdict verdict) {
    return verdict.to() == null ? "none" : verdict.to();
  }

  /** Why pods wait, and what would help. */
  private record Why(String summary, List<String> remedies) {}

  /** Says what keeps pods from all nodes, once for all of which the same is to be said. */
  private static void missing(List<WhatIf.Verdict> verdicts, StringBuilder text) {
    Map<Why, List<String>> pods = new LinkedHashMap<>();
    for (WhatIf.Verdict verdict : verdicts) {
      Explanation why = verdict.why();
      if (why != null) {
        List<String> remedies = why.remedies().stream().map(Explanation.Remedy::toString).toList();
        pods.computeIfAbsent(new Why(why.summary(), remedies), w -> new ArrayList<>())
            .add(verdict.pod().key());
      }
    }
    pods.forEach(
        (why, names) -> {
          String all = String.join(", ", names.subList(0, Math.min(NAMED, names.size())));
          String more = names.size() > NAMED ? " and " + (names.size() - NAMED) + " more" : "";
          text.append('\n').append(all).append(more).append(": ").append(why.summary());
          text.append('\n');
          why.remedies().forEach(r -> text.append("  would help: ").append(r).append('\n'));
        });
  }

  private static void gone(List<PodRecord> pods, StringBuilder text) {
    if (!pods.isEmpty()) {
      text.append("\nEnd for good:");
      pods.forEach(pod -> text.append(' ').append(pod.key()));
      text.append('\n');
    }
  }

  ObjectNode json() {
    ObjectNode report = Json.object();
    if (arrival != null) {
      boolean fits =
          arrival.verdicts().stream().filter(ClusterReport::isNew).allMatch(WhatIf.Verdict::fits);
      ObjectNode manifest = report.putObject("manifest").put("fits", fits);
      ArrayNode pods = manifest.putArray("pods");
      ArrayNode pushedOut = manifest.putArray("pushedOut");
      arrival.verdicts().forEach(v -> (isNew(v) ? pods : pushedOut).add(json(v)));
      names(arrival.gone(), manifest.putArray("endForGood"));
    }
    if (failure != null) {
      ObjectNode fails = report.putObject("failure");
      ArrayNode failing = fails.putArray("nodes");
      failure.nodes().forEach(failing::add);
      fails.put("allFindANode", failure.moved().stream().allMatch(WhatIf.Verdict::fits));
      ArrayNode pods = fails.putArray("pods");
      failure.moved().forEach(v -> pods.add(json(v)));
      names(failure.gone(), fails.putArray("endForGood"));
      fails.put("belongToTheirNodes", failure.bound());
    }
    return report;
  }

  private static void names(List<PodRecord> pods, ArrayNode into) {
    pods.forEach(pod -> into.add(pod.key()));
  }

  private static ObjectNode json(WhatIf.Verdict v) {
    ObjectNode one = Json.object().put("pod", v.pod().key()).put("priority", v.pod().priority());
    one.put("fits", v.fits());
    if (!v.from().isEmpty()) {
      one.put("from", v.from());
    }
    if (v.to() != null) {
      one.put("node", v.to());
    }
    if (!v.pushedOutBy().isEmpty()) {
      one.put("pushedOutBy", v.pushedOutBy());
    }
    Explanation why = v.why();
    if (why != null) {
      one.put("summary", why.summary());
      ArrayNode remedies = one.putArray("remedies");
      why.remedies().forEach(r -> remedies.add(r.toString()));
    }
    return one;
  }
}
