package io.berth.api.quota;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.object.Quantity;
import io.berth.api.resource.GroupResource;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What one object uses of what quotas bound: one of its kind, and for pods, claims and services
 * what they ask for. Pure; amounts bear the names that quotas give them.
 */
public final class QuotaUsage {
  private static final Quantity ONE = Quantity.of(1);

  /** Resources of nodes that quotas know under a name of their own, for requests. */
  private static final Set<String> PLAIN = Set.of("cpu", "memory", "ephemeral-storage");

  /** Kinds that quotas count under their plural alone too. */
  private static final Set<String> COUNTED =
      Set.of(
          "configmaps",
          "persistentvolumeclaims",
          "replicationcontrollers",
          "resourcequotas",
          "secrets",
          "services");

  private static final String DEVICES = ".deviceclass.resource.k8s.io/devices";

  /** An allocation holds no more devices. */
  private static final int MOST_DEVICES = 32;

  private QuotaUsage() {}

  /** By the names that quotas know; of a pod that ended only that it is there. */
  public static SortedMap<String, Quantity> of(GroupResource resource, JsonNode object) {
    SortedMap<String, Quantity> usage = new TreeMap<>();
    usage.put("count/" + resource, ONE);
    String name = resource.toString();
    if (COUNTED.contains(name)) {
      usage.put(name, ONE);
    }
    switch (name) {
      case "pods" -> pod(object, usage);
      case "services" -> service(object.path("spec"), usage);
      case "persistentvolumeclaims" -> claim(object, usage);
      case "resourceclaims.resource.k8s.io" -> devices(object.path("spec"), usage);
      default -> {} // counted, no more
    }
    return usage;
  }

  private static void pod(JsonNode pod, Map<String, Quantity> usage) {
    String phase = pod.path("status").path("phase").asText("");
    if (phase.equals("Succeeded") || phase.equals("Failed")) {
      return;
    }
    usage.put("pods", ONE);
    PodAmounts.requests(pod.path("spec"))
        .forEach(
            (resource, amount) -> {
              if (PLAIN.contains(resource) || resource.startsWith("hugepages-")) {
                usage.put(resource, amount);
              }
              usage.put("requests." + resource, amount);
            });
    PodAmounts.limits(pod.path("spec"))
        .forEach((resource, amount) -> usage.put("limits." + resource, amount));
  }

  private static void service(JsonNode spec, Map<String, Quantity> usage) {
    int ports = spec.path("ports").size();
    switch (spec.path("type").asText("")) {
      case "NodePort" -> usage.put("services.nodeports", Quantity.of(ports));
      case "LoadBalancer" -> {
        JsonNode allocate = spec.path("allocateLoadBalancerNodePorts");
        if (!allocate.isBoolean() || allocate.asBoolean()) {
          usage.put("services.nodeports", Quantity.of(ports));
        }
        usage.put("services.loadbalancers", ONE);
      }
      default -> {} // neither
    }
  }

  private static void claim(JsonNode claim, Map<String, Quantity> usage) {
    JsonNode storage = claim.path("spec").path("resources").path("requests").path("storage");
    String old =
        claim
            .path("metadata")
            .path("annotations")
            .path("volume.beta.kubernetes.io/storage-class")
            .asText("");
    String name = old.isEmpty() ? claim.path("spec").path("storageClassName").asText("") : old;
    String prefix = name + ".storageclass.storage.k8s.io/";
    if (!name.isEmpty()) {
      usage.put(prefix + "persistentvolumeclaims", ONE);
    }
    if (!storage.isMissingNode()) {
      Quantity amount = Quantity.of(storage);
      usage.put("requests.storage", amount);
      if (!name.isEmpty()) {
        usage.put(prefix + "requests.storage", amount);
      }
    }
  }

  /** Of a request that may be met in several ways the most of each class counts. */
  private static void devices(JsonNode spec, Map<String, Quantity> usage) {
    for (JsonNode request : spec.path("devices").path("requests")) {
      Map<String, Quantity> most = new TreeMap<>();
      if (request.path("firstAvailable").isEmpty()) {
        if (request.has("exactly")) {
          most(request.path("exactly"), most);
        }
      } else {
        request.path("firstAvailable").forEach(way -> most(way, most));
      }
      most.forEach((name, amount) -> usage.merge(name, amount, (a, b) -> a.add(b)));
    }
  }

  private static void most(JsonNode request, Map<String, Quantity> most) {
    long count =
        switch (request.path("allocationMode").asText("ExactCount")) {
          case "ExactCount" -> request.path("count").asLong(1);
          case "All" -> MOST_DEVICES;
          default -> 0;
        };
    most.merge(
        request.path("deviceClassName").asText() + DEVICES,
        Quantity.of(count),
        (a, b) -> a.compareTo(b) < 0 ? b : a);
  }

  /** What one has more than another, by resource; less is negative, the same is left out. */
  public static SortedMap<String, Quantity> difference(
      Map<String, Quantity> now, Map<String, Quantity> before) {
    SortedMap<String, Quantity> delta = new TreeMap<>();
    now.forEach((name, amount) -> delta.put(name, amount));
    before.forEach(
        (name, amount) -> delta.merge(name, Quantity.ZERO.subtract(amount), (a, b) -> a.add(b)));
    delta.values().removeIf(Quantity::isZero);
    return delta;
  }

  /** The kinds of whose objects an amount of a quota is made up. */
  public static GroupResource counted(String name) {
    if (name.startsWith("count/")) {
      String resource = name.substring("count/".length());
      int dot = resource.indexOf('.');
      return dot < 0
          ? new GroupResource("", resource)
          : new GroupResource(resource.substring(dot + 1), resource.substring(0, dot));
    }
    if (name.equals("requests.storage") || name.contains(".storageclass.storage.k8s.io/")) {
      return new GroupResource("", "persistentvolumeclaims");
    }
    if (name.endsWith(DEVICES)) {
      return new GroupResource("resource.k8s.io", "resourceclaims");
    }
    if (COUNTED.contains(name)) {
      return new GroupResource("", name);
    }
    return new GroupResource("", name.startsWith("services.") ? "services" : "pods");
  }
}
