package io.berth.apiserver.table;

import static io.berth.apiserver.table.Cells.text;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;

/** The columns of group versions and the servers behind them. */
final class ApiServiceColumns {
  private ApiServiceColumns() {}

  static List<Column> all() {
    return List.of(
        Column.NAME,
        Column.text("Service", "Which service serves it.", ApiServiceColumns::service),
        Column.text("Available", "Whether it is served now.", ApiServiceColumns::available),
        Column.AGE);
  }

  private static String service(JsonNode apiService) {
    JsonNode service = apiService.path("spec").path("service");
    return service.isObject() ? text(service, "namespace") + "/" + text(service, "name") : "Local";
  }

  private static String available(JsonNode apiService) {
    for (JsonNode condition : apiService.path("status").path("conditions")) {
      if (text(condition, "type").equals("Available")) {
        String status = text(condition, "status");
        String reason = text(condition, "reason");
        return status.equals("True") || reason.isEmpty() ? status : status + " (" + reason + ")";
      }
    }
    return "Unknown";
  }
}
