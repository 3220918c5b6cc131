package io.berth.agent.pod;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The variables that tell a container of the services in its namespace. Pure. */
final class ServiceEnv {
  private ServiceEnv() {}

  static Map<String, String> of(List<JsonNode> services) {
    Map<String, String> env = new LinkedHashMap<>();
    services.stream()
        .sorted(Comparator.comparing(s -> s.path("metadata").path("name").asText()))
        .forEach(service -> add(service, env));
    return env;
  }

  private static void add(JsonNode service, Map<String, String> env) {
    String address = service.path("spec").path("clusterIP").asText();
    JsonNode ports = service.path("spec").path("ports");
    if (address.isEmpty() || address.equals("None") || ports.isEmpty()) {
      return;
    }
    String name = variable(service.path("metadata").path("name").asText());
    env.put(name + "_SERVICE_HOST", address);
    env.put(name + "_SERVICE_PORT", ports.get(0).path("port").asText());
    for (JsonNode port : ports) {
      if (!port.path("name").asText().isEmpty()) {
        env.put(
            name + "_SERVICE_PORT_" + variable(port.path("name").asText()),
            port.path("port").asText());
      }
    }
    boolean first = true;
    for (JsonNode port : ports) {
      String protocol = port.path("protocol").asText("TCP");
      String number = port.path("port").asText();
      String lower = protocol.toLowerCase(Locale.ROOT);
      String url = lower + "://" + (address.contains(":") ? "[" + address + "]" : address);
      if (first) {
        env.put(name + "_PORT", url + ":" + number);
        first = false;
      }
      String prefix = name + "_PORT_" + number + "_" + protocol.toUpperCase(Locale.ROOT);
      env.put(prefix, url + ":" + number);
      env.put(prefix + "_PROTO", lower);
      env.put(prefix + "_PORT", number);
      env.put(prefix + "_ADDR", address);
    }
  }

  private static String variable(String name) {
    return name.toUpperCase(Locale.ROOT).replace('-', '_');
  }
}
