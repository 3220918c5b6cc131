package io.berth.scheduler.simulate;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.scheduler.core.ClaimName;
import io.berth.scheduler.core.PodVolumes;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The claims that a StatefulSet's controller makes for its pods: of each claim template one a pod,
 * which the pod mounts by the template's name.
 */
public final class StatefulClaims {
  private final List<JsonNode> templates = new ArrayList<>();
  private final String set;

  private StatefulClaims(JsonNode statefulSet) {
    statefulSet.path("spec").path("volumeClaimTemplates").forEach(templates::add);
    set = statefulSet.path("metadata").path("name").asText();
  }

  static StatefulClaims of(JsonNode statefulSet) {
    return new StatefulClaims(statefulSet);
  }

  /** The number of the first pod. */
  static int first(JsonNode statefulSet) {
    return statefulSet.path("spec").path("ordinals").path("start").asInt(0);
  }

  /**
   * The claims of all pods, as objects of the API; a namespace is named only where the set's is.
   */
  public static List<ObjectNode> made(JsonNode statefulSet) {
    StatefulClaims claims = of(statefulSet);
    int first = first(statefulSet);
    int replicas = statefulSet.path("spec").path("replicas").asInt(1);
    List<ObjectNode> made = new ArrayList<>();
    for (JsonNode template : claims.templates) {
      for (int number = first; number < first + replicas; number++) {
        ObjectNode claim = template.deepCopy();
        claim.put("apiVersion", "v1").put("kind", "PersistentVolumeClaim").remove("status");
        ObjectNode metadata = claim.withObject("metadata");
        metadata.put("name", claims.prefix(template) + number);
        JsonNode namespace = statefulSet.path("metadata").path("namespace");
        if (namespace.isTextual()) {
          metadata.set("namespace", namespace);
        }
        made.add(claim);
      }
    }
    return made;
  }

  private static String name(JsonNode template) {
    return template.path("metadata").path("name").asText();
  }

  private String prefix(JsonNode template) {
    return name(template) + "-" + set + "-";
  }

  /** A pod template that mounts the claims of the pod with a number. */
  JsonNode mounted(JsonNode template, int number) {
    if (templates.isEmpty() || !template.path("spec").isObject()) {
      return template;
    }
    Set<String> names = new HashSet<>();
    templates.forEach(claim -> names.add(name(claim)));
    ObjectNode pod = template.deepCopy();
    ArrayNode volumes = Json.object().putArray("volumes");
    for (JsonNode volume : template.path("spec").path("volumes")) {
      if (!names.contains(volume.path("name").asText())) {
        volumes.add(volume);
      }
    }
    for (JsonNode claim : templates) {
      volumes
          .addObject()
          .put("name", name(claim))
          .putObject("persistentVolumeClaim")
          .put("claimName", prefix(claim) + number);
    }
    pod.withObject("/spec").set("volumes", volumes);
    return pod;
  }

  /** What one pod mounts, of what another does. */
  PodVolumes volumes(PodVolumes of, int other, int number) {
    Set<String> claims = new HashSet<>();
    templates.forEach(claim -> claims.add(prefix(claim) + other));
    List<ClaimName> own =
        of.claims().stream()
            .map(
                claim ->
                    claims.contains(claim.name())
                        ? new ClaimName(numbered(claim.name(), other, number), false)
                        : claim)
            .toList();
    return new PodVolumes(own, of.disks());
  }

  private static String numbered(String name, int other, int number) {
    return name.substring(0, name.length() - Integer.toString(other).length()) + number;
  }
}
