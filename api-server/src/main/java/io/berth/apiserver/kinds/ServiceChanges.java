package io.berth.apiserver.kinds;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.validation.FieldError;
import io.berth.apiserver.registry.Meta;
import java.util.function.Consumer;

/**
 * What an update of a service keeps although the client does not send it, and what falls away with
 * a change of the type.
 */
final class ServiceChanges {
  private ServiceChanges() {}

  /** Addresses and ports that the server gave and the client left open stay. */
  static void keepTaken(ObjectNode service, ObjectNode old) {
    ObjectNode spec = service.withObject("/spec");
    JsonNode before = old.path("spec");
    if (ServiceStrategy.needsAddress(spec) && ServiceStrategy.needsAddress(before)) {
      if (!spec.hasNonNull("clusterIP") || spec.path("clusterIP").asText().isEmpty()) {
        Meta.copy("clusterIP", before, spec);
      }
      if (spec.path("clusterIPs").isEmpty()) {
        Meta.copy("clusterIPs", before, spec);
      }
    }
    if (ServiceStrategy.needsNodePorts(spec) && ServiceStrategy.needsNodePorts(before)) {
      for (JsonNode port : spec.path("ports")) {
        if (port.path("nodePort").asInt() == 0) {
          keepNodePort((ObjectNode) port, before);
        }
      }
    }
  }

  private static void keepNodePort(ObjectNode port, JsonNode before) {
    for (JsonNode was : before.path("ports")) {
      if (was.path("port").equals(port.path("port"))
          && was.path("protocol").asText("TCP").equals(port.path("protocol").asText("TCP"))
          && was.path("nodePort").asInt() != 0) {
        port.set("nodePort", was.get("nodePort"));
        return;
      }
    }
  }

  /** What the old type had and the new one does not, where the client did not change it. */
  static void dropUnused(ObjectNode service, ObjectNode old) {
    ObjectNode spec = service.withObject("/spec");
    JsonNode before = old.path("spec");
    if (!ServiceStrategy.needsAddress(spec)
        && ServiceStrategy.needsAddress(before)
        && spec.path("clusterIP").equals(before.path("clusterIP"))) {
      spec.remove("clusterIP");
      spec.remove("clusterIPs");
    }
    if (!ServiceStrategy.needsNodePorts(spec) && ServiceStrategy.needsNodePorts(before)) {
      for (JsonNode port : spec.path("ports")) {
        ((ObjectNode) port).remove("nodePort");
      }
      if (spec.path("type").asText("").equals("ClusterIP")) {
        spec.remove("externalTrafficPolicy");
        spec.remove("allocateLoadBalancerNodePorts");
      }
    }
  }

  static void checkAddress(JsonNode spec, JsonNode old, Consumer<FieldError> errors) {
    String before = old.path("clusterIP").asText("");
    String now = spec.path("clusterIP").asText("");
    if (ServiceStrategy.needsAddress(spec)
        && ServiceStrategy.needsAddress(old)
        && !before.isEmpty()
        && !before.equals(now)) {
      errors.accept(
          FieldError.invalidRaw(
              "spec.clusterIPs[0]", spec.path("clusterIPs").toString(), "may not change once set"));
    }
  }
}
