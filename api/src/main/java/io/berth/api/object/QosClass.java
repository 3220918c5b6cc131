package io.berth.api.object;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/** How well a pod's processor and memory are secured, by what its containers ask for. */
public enum QosClass {
  GUARANTEED("Guaranteed"),
  BURSTABLE("Burstable"),
  BEST_EFFORT("BestEffort");

  private static final List<String> RESOURCES = List.of("cpu", "memory");

  private final String text;

  QosClass(String text) {
    this.text = text;
  }

  /** As a pod's status has it. */
  public String text() {
    return text;
  }

  /**
   * Best effort where no container asks for anything, guaranteed where every one is limited to just
   * what it asks for; resources of the whole pod count alone where it has any.
   */
  public static QosClass of(JsonNode podSpec) {
    List<JsonNode> claims = new ArrayList<>();
    JsonNode ofPod = podSpec.path("resources");
    if (!ofPod.isEmpty()) {
      claims.add(ofPod);
    } else {
      podSpec.path("initContainers").forEach(c -> claims.add(c.path("resources")));
      podSpec.path("containers").forEach(c -> claims.add(c.path("resources")));
    }
    boolean any = false;
    boolean guaranteed = !claims.isEmpty();
    for (JsonNode claim : claims) {
      for (String resource : RESOURCES) {
        JsonNode request = claim.path("requests").path(resource);
        JsonNode limit = claim.path("limits").path(resource);
        any |= positive(request) || positive(limit);
        guaranteed &= positive(limit) && (!positive(request) || same(request, limit));
      }
    }
    return guaranteed ? GUARANTEED : any ? BURSTABLE : BEST_EFFORT;
  }

  private static boolean positive(JsonNode quantity) {
    return !quantity.isMissingNode()
        && !quantity.isNull()
        && Quantity.isValid(quantity.asText())
        && Quantity.of(quantity).signum() > 0;
  }

  private static boolean same(JsonNode a, JsonNode b) {
    return Quantity.of(a).compareTo(Quantity.of(b)) == 0;
  }
}
