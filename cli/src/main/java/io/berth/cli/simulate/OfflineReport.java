package io.berth.cli.simulate;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.cli.kube.Tables;
import io.berth.scheduler.simulate.Bounds;
import io.berth.scheduler.simulate.Offline;
import io.berth.scheduler.simulate.Workloads;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Tells on how few nodes a batch was placed, and on how few it cannot be. */
record OfflineReport(Workloads given, Bounds bounds, List<Offline.Attempt> attempts) {
  OfflineReport {
    attempts = List.copyOf(attempts);
  }

  String table() {
    Offline.Attempt best = attempts.getFirst();
    String outcome =
        best.result().failed() == 0
            ? String.format(
                Locale.ROOT,
                "All %d pods on %d of %d nodes (%s, %s), %.2f %% above the largest bound.%n",
                given.pods().size(),
                best.result().nodesUsed(),
                given.nodes().size(),
                best.policy(),
                words(best.order()),
                100 * above(best))
            : String.format(
                Locale.ROOT,
                "%d of %d pods fit on none of %d nodes (%s, %s).%n",
                best.result().failed(),
                given.pods().size(),
                given.nodes().size(),
                best.policy(),
                words(best.order()));
    String least =
        String.format(
            Locale.ROOT,
            "No placement of all uses fewer than: %d by volume, %d by big items, %d by LP.%n%n",
            bounds.volume(),
            bounds.bigItems(),
            bounds.lp());
    Tables table = new Tables();
    table.add(List.of("POLICY", "BIG FIRST BY", "NODES", "FAILED", "ABOVE BOUND", "PODS/S"));
    for (Offline.Attempt attempt : bestOfEachPolicy()) {
      boolean all = attempt.result().failed() == 0;
      table.add(
          List.of(
              attempt.policy(),
              words(attempt.order()),
              Integer.toString(attempt.result().nodesUsed()),
              Integer.toString(attempt.result().failed()),
              all ? String.format(Locale.ROOT, "%.2f%%", 100 * above(attempt)) : "-",
              String.format(Locale.ROOT, "%.0f", attempt.result().podsPerSecond())));
    }
    return outcome + least + table.text();
  }

  private Collection<Offline.Attempt> bestOfEachPolicy() {
    Map<String, Offline.Attempt> best = new LinkedHashMap<>();
    attempts.forEach(attempt -> best.putIfAbsent(attempt.policy(), attempt));
    return best.values();
  }

  private static String words(Offline.Order order) {
    return order.name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  private double above(Offline.Attempt attempt) {
    return (double) attempt.result().nodesUsed() / Math.max(1, bounds.largest()) - 1;
  }

  ObjectNode json() {
    ObjectNode report = Json.object();
    report.put("nodes", given.nodes().size()).put("pods", given.pods().size());
    report
        .putObject("bounds")
        .put("volume", bounds.volume())
        .put("bigItems", bounds.bigItems())
        .put("lp", bounds.lp())
        .put("largest", bounds.largest());
    ArrayNode all = report.putArray("attempts");
    for (Offline.Attempt attempt : attempts) {
      ObjectNode one = all.addObject();
      one.put("policy", attempt.policy()).put("order", words(attempt.order()));
      one.put("nodesInUse", attempt.result().nodesUsed());
      one.put("podsFailed", attempt.result().failed());
      if (attempt.result().failed() == 0) {
        one.put("aboveLargestBound", above(attempt));
      }
      one.put("podsPerSecond", attempt.result().podsPerSecond());
    }
    return report;
  }
}
