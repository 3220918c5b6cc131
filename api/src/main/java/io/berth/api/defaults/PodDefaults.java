package io.berth.api.defaults;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/** Defaults of pods and of the templates they are made from. */
final class PodDefaults {
  private static final List<String> ALL_CONTAINERS =
      List.of("initContainers", "containers", "ephemeralContainers");
  private static final List<String> CONTAINERS = List.of("initContainers", "containers");
  private static final int VOLUME_MODE = 0644;

  private PodDefaults() {}

  /** What only pods get, and templates do not. */
  static void pod(ObjectNode pod) {
    ObjectNode spec = Unset.object(pod, "spec");
    spec(spec);
    Unset.each(spec, CONTAINERS, PodDefaults::requestsFromLimits);
    Unset.flag(spec, "enableServiceLinks", true);
    if (spec.path("hostNetwork").asBoolean()) {
      Unset.each(spec, CONTAINERS, PodDefaults::hostPorts);
    }
    Unset.object(pod, "status");
  }

  static void spec(ObjectNode spec) {
    Unset.text(spec, "restartPolicy", "Always");
    Unset.text(spec, "dnsPolicy", "ClusterFirst");
    Unset.text(spec, "schedulerName", "default-scheduler");
    Unset.number(spec, "terminationGracePeriodSeconds", 30);
    Unset.object(spec, "securityContext");
    serviceAccount(spec);
    Unset.each(spec, ALL_CONTAINERS, ContainerDefaults::container);
    Unset.each(spec, "volumes", PodDefaults::volume);
  }

  /** The field's former name goes on being written beside it. */
  private static void serviceAccount(ObjectNode spec) {
    String name = spec.path("serviceAccountName").asText();
    if (name.isEmpty()) {
      name = spec.path("serviceAccount").asText();
    }
    if (!name.isEmpty()) {
      spec.put("serviceAccountName", name).put("serviceAccount", name);
    }
  }

  private static void requestsFromLimits(ObjectNode container) {
    ObjectNode resources = Unset.object(container, "resources");
    if (resources.get("limits") instanceof ObjectNode limits && !limits.isEmpty()) {
      ObjectNode requests = Unset.object(resources, "requests");
      limits.properties().stream()
          .filter(limit -> Unset.unset(requests, limit.getKey()))
          .forEach(limit -> requests.set(limit.getKey(), limit.getValue()));
    }
  }

  private static void hostPorts(ObjectNode container) {
    Unset.each(
        container,
        "ports",
        port -> Unset.positive(port, "hostPort", port.path("containerPort").asInt()));
  }

  private static void volume(ObjectNode volume) {
    boolean sourceless =
        volume.properties().stream()
            .allMatch(field -> field.getKey().equals("name") || field.getValue().isNull());
    if (sourceless) {
      volume.putObject("emptyDir");
    }
    for (String kind : List.of("secret", "configMap", "downwardAPI", "projected")) {
      Unset.within(volume, kind, source -> Unset.number(source, "defaultMode", VOLUME_MODE));
    }
    Unset.within(volume, "downwardAPI", PodDefaults::downwardApi);
    Unset.within(volume, "projected", PodDefaults::projected);
    StorageDefaults.source(volume);
    Unset.within(
        volume,
        "image",
        image ->
            Unset.text(
                image,
                "pullPolicy",
                ContainerDefaults.pullPolicy(image.path("reference").asText())));
    Unset.within(volume, "ephemeral", PodDefaults::ephemeral);
  }

  private static void projected(ObjectNode source) {
    Unset.each(
        source,
        "sources",
        part -> {
          Unset.within(part, "downwardAPI", PodDefaults::downwardApi);
          Unset.within(
              part, "serviceAccountToken", token -> Unset.number(token, "expirationSeconds", 3600));
        });
  }

  private static void downwardApi(ObjectNode source) {
    Unset.each(
        source, "items", item -> Unset.within(item, "fieldRef", ContainerDefaults::fieldRef));
  }

  private static void ephemeral(ObjectNode source) {
    Unset.within(
        source,
        "volumeClaimTemplate",
        template -> Unset.within(template, "spec", StorageDefaults::claimSpec));
  }
}
