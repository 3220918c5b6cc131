package io.berth.controllers.object;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.object.ApiObject;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What controllers look at in a pod, read once a version. Immutable.
 *
 * @param object the version that it was read from
 * @param controller the owner that controls it, or null
 * @param phase empty where there is none yet
 * @param ready whether the condition {@code Ready} is true
 * @param readySince when it last changed, or null
 * @param created {@code creationTimestamp}; the epoch where it is absent
 * @param node empty while the pod is not bound
 * @param restarts the most restarts of one of its containers
 * @param deletionCost {@code controller.kubernetes.io/pod-deletion-cost}, 0 where absent
 * @param addresses the pod's IP addresses
 * @param hostname {@code spec.hostname}, or empty
 * @param subdomain {@code spec.subdomain}, or empty
 * @param ports the named ports of its containers, in order
 * @param tolerations {@code spec.tolerations}
 */
public record PodFacts(
    ApiObject object,
    @Nullable OwnerReference controller,
    String phase,
    boolean ready,
    @Nullable Instant readySince,
    Instant created,
    String node,
    int restarts,
    int deletionCost,
    List<String> addresses,
    String hostname,
    String subdomain,
    List<NamedPort> ports,
    List<Toleration> tolerations) {

  private static final String DELETION_COST = "controller.kubernetes.io/pod-deletion-cost";

  /** A named port of a container. */
  public record NamedPort(String name, String protocol, int port) {}

  public static PodFacts of(ApiObject object) {
    JsonNode pod = object.treeWithoutOwners();
    JsonNode spec = pod.path("spec");
    JsonNode status = pod.path("status");
    JsonNode ready = Reading.condition(status.path("conditions"), "Ready");
    Instant created = Reading.time(pod.path("metadata").path("creationTimestamp"));
    return new PodFacts(
        object,
        OwnerReference.controller(pod).orElse(null),
        status.path("phase").asText(),
        ready.path("status").asText().equals("True"),
        Reading.time(ready.path("lastTransitionTime")),
        created == null ? Instant.EPOCH : created,
        spec.path("nodeName").asText(),
        restarts(status),
        cost(pod.path("metadata").path("annotations").path(DELETION_COST).asText()),
        addresses(status),
        spec.path("hostname").asText(),
        spec.path("subdomain").asText(),
        ports(spec),
        Toleration.listOf(spec.path("tolerations")));
  }

  private static int restarts(JsonNode status) {
    int most = 0;
    for (JsonNode container : status.path("containerStatuses")) {
      most = Math.max(most, container.path("restartCount").asInt());
    }
    return most;
  }

  private static int cost(String annotation) {
    try {
      return annotation.isEmpty() ? 0 : Integer.parseInt(annotation);
    } catch (NumberFormatException e) {
      return 0; // an unreadable cost is none, as Kubernetes has it
    }
  }

  private static List<String> addresses(JsonNode status) {
    List<String> addresses = new ArrayList<>();
    status.path("podIPs").forEach(entry -> addresses.add(entry.path("ip").asText()));
    String first = status.path("podIP").asText();
    if (addresses.isEmpty() && !first.isEmpty()) {
      addresses.add(first);
    }
    return List.copyOf(addresses);
  }

  private static List<NamedPort> ports(JsonNode spec) {
    List<NamedPort> ports = new ArrayList<>();
    for (JsonNode container : spec.path("containers")) {
      container.path("ports").forEach(port -> addNamed(ports, port));
    }
    for (JsonNode container : spec.path("initContainers")) {
      if (container.path("restartPolicy").asText().equals("Always")) {
        container.path("ports").forEach(port -> addNamed(ports, port));
      }
    }
    return List.copyOf(ports);
  }

  private static void addNamed(List<NamedPort> ports, JsonNode port) {
    String name = port.path("name").asText();
    if (!name.isEmpty()) {
      String protocol = port.path("protocol").asText("TCP");
      ports.add(new NamedPort(name, protocol, port.path("containerPort").asInt()));
    }
  }

  public String name() {
    return object.key().name();
  }

  public String namespace() {
    return object.key().namespace();
  }

  public String uid() {
    return object.header().uid();
  }

  public Map<String, String> labels() {
    return object.header().labels();
  }

  public boolean deleting() {
    return object.header().deleting();
  }

  /** Whether it has run to its end. */
  public boolean terminal() {
    return phase.equals("Succeeded") || phase.equals("Failed");
  }

  /** Whether it counts as a replica: it has neither ended nor is it being deleted. */
  public boolean active() {
    return !terminal() && !deleting();
  }

  /** Whether that object controls it. */
  public boolean controlledBy(String ownerUid) {
    return controller != null && controller.uid().equals(ownerUid);
  }

  /** Whether it has been ready for that many seconds. */
  public boolean available(int minReadySeconds, Instant now) {
    return availableIn(minReadySeconds, now).filter(Duration::isZero).isPresent();
  }

  /** The time until it becomes available if it stays ready: zero now, empty while not ready. */
  public Optional<Duration> availableIn(int minReadySeconds, Instant now) {
    if (!ready) {
      return Optional.empty();
    }
    if (minReadySeconds == 0) {
      return Optional.of(Duration.ZERO);
    }
    if (readySince == null) {
      return Optional.empty();
    }
    Duration left = Duration.between(now, readySince.plusSeconds(minReadySeconds));
    return Optional.of(left.isNegative() ? Duration.ZERO : left);
  }
}
