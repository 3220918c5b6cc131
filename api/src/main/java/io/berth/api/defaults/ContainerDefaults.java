package io.berth.api.defaults;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/** Defaults of a container, its probes and its hooks. */
final class ContainerDefaults {
  private ContainerDefaults() {}

  static void container(ObjectNode container) {
    Unset.object(container, "resources");
    Unset.text(container, "imagePullPolicy", pullPolicy(container.path("image").asText()));
    Unset.text(container, "terminationMessagePath", "/dev/termination-log");
    Unset.text(container, "terminationMessagePolicy", "File");
    Unset.each(container, "ports", port -> Unset.text(port, "protocol", "TCP"));
    Unset.each(
        container,
        "env",
        variable ->
            Unset.within(
                variable,
                "valueFrom",
                source -> Unset.within(source, "fieldRef", ContainerDefaults::fieldRef)));
    for (String probe : List.of("livenessProbe", "readinessProbe", "startupProbe")) {
      Unset.within(container, probe, ContainerDefaults::probe);
    }
    Unset.within(
        container,
        "lifecycle",
        lifecycle -> {
          for (String hook : List.of("postStart", "preStop")) {
            Unset.within(
                lifecycle,
                hook,
                handler -> Unset.within(handler, "httpGet", ContainerDefaults::http));
          }
        });
  }

  /** An image that is named by {@code latest}, or by nothing, is pulled again each time. */
  static String pullPolicy(String image) {
    int at = image.indexOf('@');
    String named = at < 0 ? image : image.substring(0, at);
    String last = named.substring(named.lastIndexOf('/') + 1);
    int colon = last.indexOf(':');
    String tag = colon >= 0 ? last.substring(colon + 1) : at < 0 ? "latest" : "";
    return tag.equals("latest") ? "Always" : "IfNotPresent";
  }

  static void fieldRef(ObjectNode reference) {
    Unset.text(reference, "apiVersion", "v1");
  }

  private static void probe(ObjectNode probe) {
    Unset.positive(probe, "timeoutSeconds", 1);
    Unset.positive(probe, "periodSeconds", 10);
    Unset.positive(probe, "successThreshold", 1);
    Unset.positive(probe, "failureThreshold", 3);
    Unset.within(probe, "httpGet", ContainerDefaults::http);
    Unset.within(
        probe,
        "grpc",
        grpc -> {
          if (Unset.unset(grpc, "service")) {
            grpc.put("service", "");
          }
        });
  }

  private static void http(ObjectNode get) {
    Unset.text(get, "path", "/");
    Unset.text(get, "scheme", "HTTP");
  }
}
