package io.berth.controllers.endpoints;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.object.ApiObject;
import io.berth.api.object.LabelSelector;
import io.berth.controllers.object.PodFacts;
import io.berth.controllers.object.Reading;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What is looked at in a Service, read once a version. Immutable.
 *
 * @param selected whether its endpoints are made from a selector at all
 * @param families {@code IPv4} and {@code IPv6} as the Service has them
 * @param near which endpoints its clients are to prefer
 */
record ServiceFacts(
    ApiObject object,
    boolean selected,
    LabelSelector selector,
    List<Port> ports,
    boolean headless,
    boolean publishNotReady,
    List<String> families,
    Near near) {
  /** By {@code trafficDistribution}. */
  enum Near {
    NO_MATTER,
    SAME_ZONE,
    SAME_NODE;

    static Near of(String trafficDistribution) {
      return switch (trafficDistribution) {
        case "PreferClose", "PreferSameZone" -> SAME_ZONE;
        case "PreferSameNode" -> SAME_NODE;
        default -> NO_MATTER;
      };
    }
  }

  static final String HEADLESS = "service.kubernetes.io/headless";

  /**
   * A port of a Service.
   *
   * @param target a number, or the name of a container's port
   */
  record Port(String name, String protocol, String target, @Nullable String appProtocol) {
    /** The number that a pod serves it under; empty where the pod has no port of that name. */
    Optional<Integer> on(PodFacts pod) {
      try {
        return Optional.of(Integer.parseInt(target));
      } catch (NumberFormatException e) {
        return pod.ports().stream()
            .filter(p -> p.name().equals(target) && p.protocol().equals(protocol))
            .map(PodFacts.NamedPort::port)
            .findFirst();
      }
    }
  }

  static ServiceFacts of(ApiObject object) {
    JsonNode spec = object.tree().path("spec");
    Map<String, String> selector = Reading.strings(spec.path("selector"));
    boolean external = spec.path("type").asText().equals("ExternalName");
    List<String> families = new ArrayList<>();
    spec.path("ipFamilies").forEach(family -> families.add(family.asText()));
    if (families.isEmpty()) {
      families.add(spec.path("clusterIP").asText().contains(":") ? "IPv6" : "IPv4");
    }
    return new ServiceFacts(
        object,
        !selector.isEmpty() && !external,
        LabelSelector.ofLabels(selector),
        ports(spec),
        spec.path("clusterIP").asText().equals("None"),
        spec.path("publishNotReadyAddresses").asBoolean(),
        List.copyOf(families),
        Near.of(spec.path("trafficDistribution").asText()));
  }

  private static List<Port> ports(JsonNode spec) {
    List<Port> ports = new ArrayList<>();
    for (JsonNode port : spec.path("ports")) {
      JsonNode target = port.has("targetPort") ? port.get("targetPort") : port.path("port");
      String appProtocol = port.path("appProtocol").asText();
      ports.add(
          new Port(
              port.path("name").asText(),
              port.path("protocol").asText("TCP"),
              target.asText(),
              appProtocol.isEmpty() ? null : appProtocol));
    }
    return List.copyOf(ports);
  }

  String uid() {
    return object.header().uid();
  }

  String name() {
    return object.key().name();
  }

  String namespace() {
    return object.key().namespace();
  }

  boolean selects(Map<String, String> labels) {
    return selected && selector.matches(labels);
  }

  /** The Service's labels as its endpoints bear them. */
  SortedMap<String, String> labels() {
    SortedMap<String, String> labels = new TreeMap<>(object.header().labels());
    labels.remove(HEADLESS);
    if (headless) {
      labels.put(HEADLESS, "");
    }
    return labels;
  }

  /** Whether a pod goes by its own host name among the Service's endpoints. */
  boolean showsHostname(PodFacts pod) {
    return !pod.hostname().isEmpty()
        && pod.subdomain().equals(name())
        && pod.namespace().equals(namespace());
  }
}
