package io.berth.apiserver.table;

import static io.berth.apiserver.table.Cells.integer;
import static io.berth.apiserver.table.Cells.text;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/** The columns of horizontal pod autoscalers. */
final class AutoscalerColumns {
  private static final int SHOWN = 2;
  private static final String UNKNOWN = "<unknown>";

  private AutoscalerColumns() {}

  static List<Column> all() {
    return List.of(
        Column.NAME,
        Column.text(
            "Reference",
            "What it scales.",
            o ->
                text(o, "spec", "scaleTargetRef", "kind")
                    + "/"
                    + text(o, "spec", "scaleTargetRef", "name")),
        Column.text("Targets", "What its metrics are, and should be.", AutoscalerColumns::targets),
        Column.text("MinPods", "Pods that there are at least.", AutoscalerColumns::least),
        Column.count(
            "MaxPods", "Pods that there are at most.", o -> integer(o, "spec", "maxReplicas")),
        Column.count("Replicas", "Pods there are.", o -> integer(o, "status", "currentReplicas")),
        Column.AGE);
  }

  private static String least(JsonNode scaler) {
    String least = text(scaler, "spec", "minReplicas");
    return least.isEmpty() ? Cells.UNSET : least;
  }

  private static String targets(JsonNode scaler) {
    JsonNode metrics = scaler.path("spec").path("metrics");
    if (metrics.isEmpty()) {
      return Cells.NONE;
    }
    List<String> shown = new ArrayList<>();
    for (int i = 0; i < Math.min(SHOWN, metrics.size()); i++) {
      shown.add(target(metrics.get(i), scaler.path("status").path("currentMetrics").path(i)));
    }
    String more = metrics.size() > SHOWN ? " + " + (metrics.size() - SHOWN) + " more..." : "";
    return String.join(", ", shown) + more;
  }

  private static String target(JsonNode metric, JsonNode status) {
    return switch (text(metric, "type")) {
      case "Resource" -> resource(metric.path("resource"), status.path("resource"));
      case "ContainerResource" ->
          resource(metric.path("containerResource"), status.path("containerResource"));
      case "Pods" -> amount(metric.path("pods"), status.path("pods"), "averageValue", "");
      case "Object" -> valueOrAverage(metric.path("object"), status.path("object"));
      case "External" -> valueOrAverage(metric.path("external"), status.path("external"));
      default -> "<unknown type>";
    };
  }

  private static String resource(JsonNode metric, JsonNode status) {
    String prefix = text(metric, "name") + ": ";
    if (metric.path("target").hasNonNull("averageValue")) {
      return prefix + amount(metric, status, "averageValue", "");
    }
    String current = text(status, "current", "averageUtilization");
    String wanted = text(metric, "target", "averageUtilization");
    return prefix
        + (current.isEmpty() ? UNKNOWN : current + "%")
        + "/"
        + (wanted.isEmpty() ? "<auto>" : wanted + "%");
  }

  private static String valueOrAverage(JsonNode metric, JsonNode status) {
    return metric.path("target").hasNonNull("averageValue")
        ? amount(metric, status, "averageValue", " (avg)")
        : amount(metric, status, "value", "");
  }

  private static String amount(JsonNode metric, JsonNode status, String field, String suffix) {
    String current = text(status, "current", field);
    return (current.isEmpty() ? UNKNOWN : current) + "/" + text(metric, "target", field) + suffix;
  }
}
