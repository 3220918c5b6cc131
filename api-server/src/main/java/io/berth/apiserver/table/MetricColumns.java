package io.berth.apiserver.table;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.berth.api.object.Quantity;
import java.util.List;

/** Columns of what nodes and pods use; of a pod, its containers' sum. */
final class MetricColumns {
  private MetricColumns() {}

  static List<Column> all() {
    return List.of(
        Column.NAME,
        new Column("cpu", "string", "quantity", "", 0, (o, now) -> new TextNode(sum(o, "cpu"))),
        new Column(
            "memory", "string", "quantity", "", 0, (o, now) -> new TextNode(sum(o, "memory"))),
        new Column(
            "Window",
            "string",
            "duration",
            "",
            0,
            (o, now) -> new TextNode(o.path("window").asText())));
  }

  private static String sum(JsonNode object, String resource) {
    JsonNode own = object.path("usage").path(resource);
    if (!own.isMissingNode()) {
      return own.asText();
    }
    Quantity sum = null;
    for (JsonNode container : object.path("containers")) {
      Quantity one = Quantity.of(container.path("usage").path(resource));
      sum = sum == null ? one : sum.add(one);
    }
    return sum == null ? "" : sum.toString();
  }
}
