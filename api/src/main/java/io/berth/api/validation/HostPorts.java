package io.berth.api.validation;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashSet;
import java.util.Set;

/** Ports of the node that two containers of a pod cannot both have. */
final class HostPorts {
  private HostPorts() {}

  static void check(JsonNode containers, String path, Report report) {
    Set<String> taken = new HashSet<>();
    Report.each(
        containers,
        path,
        (container, at) ->
            Report.each(
                container.path("ports"),
                at + ".ports",
                (port, where) -> {
                  int number = port.path("hostPort").asInt(0);
                  String ip = port.path("hostIP").asText("");
                  String protocol = port.path("protocol").asText("TCP");
                  String key = protocol + "/" + ip + "/" + number;
                  if (number != 0 && !taken.add(key)) {
                    report.add(FieldError.duplicate(where + ".hostPort", key));
                  }
                }));
  }
}
