package io.berth.apiserver.aggregation;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.object.ApiObject;
import io.berth.api.object.ObjectKey;
import io.berth.api.resource.Resources;
import io.berth.apiserver.cache.WatchCache;
import io.berth.apiserver.custom.Conditions.Condition;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Whether there is a service, and something behind it, in the words of Kubernetes. */
final class ServiceCheck {
  private static final String OF_SERVICE = "kubernetes.io/service-name";

  private final WatchCache cache;

  ServiceCheck(WatchCache cache) {
    this.cache = cache;
  }

  /** Changes whenever what the check reads does. */
  String fingerprint(Registered.ServiceName name) {
    StringBuilder print = new StringBuilder();
    find(name).ifPresent(service -> print.append(service.header().revision()));
    slices(name).stream()
        .map(slice -> slice.key().name() + "@" + slice.header().revision())
        .sorted()
        .forEach(slice -> print.append(' ').append(slice));
    return print.toString();
  }

  /** What is wrong, or null where the server can be asked. */
  @Nullable Condition problem(Registered.ServiceName name) {
    String service = "service/%s in \"%s\"".formatted(name.name(), name.namespace());
    ApiObject object = find(name).orElse(null);
    if (object == null) {
      return unavailable("ServiceNotFound", service + " is not present");
    }
    JsonNode spec = object.tree().path("spec");
    if (!spec.path("type").asText("ClusterIP").equals("ClusterIP")) {
      return null;
    }
    String portName = null;
    for (JsonNode port : spec.path("ports")) {
      if (port.path("port").asInt() == name.port()) {
        portName = port.path("name").asText("");
        break;
      }
    }
    if (portName == null) {
      return unavailable("ServicePortError", service + " is not listening on port " + name.port());
    }
    List<ApiObject> slices = slices(name);
    if (slices.isEmpty()) {
      return unavailable("EndpointsNotFound", "cannot find endpointslices for " + service);
    }
    for (ApiObject slice : slices) {
      if (serves(slice.tree(), portName)) {
        return null;
      }
    }
    return unavailable(
        "MissingEndpoints",
        "endpointslices for %s have no addresses with port name \"%s\""
            .formatted(service, portName));
  }

  static Condition unavailable(String reason, String message) {
    return new Condition(Registered.AVAILABLE, "False", reason, message);
  }

  private Optional<ApiObject> find(Registered.ServiceName name) {
    return cache.find(
        ObjectKey.of(Resources.SERVICES.groupResource(), name.namespace(), name.name()));
  }

  private List<ApiObject> slices(Registered.ServiceName name) {
    List<ApiObject> slices = new ArrayList<>();
    for (ApiObject slice :
        cache.list(Resources.ENDPOINT_SLICES.groupResource(), name.namespace()).objects()) {
      if (name.name().equals(slice.header().labels().get(OF_SERVICE))) {
        slices.add(slice);
      }
    }
    return slices;
  }

  private static boolean serves(JsonNode slice, String portName) {
    boolean ready = false;
    for (JsonNode endpoint : slice.path("endpoints")) {
      ready |= endpoint.path("conditions").path("ready").asBoolean(true);
    }
    for (JsonNode port : slice.path("ports")) {
      if (ready && port.has("port") && port.path("name").asText("").equals(portName)) {
        return true;
      }
    }
    return false;
  }
}
