package io.berth.apiserver.admission.security;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * A pod, or the template of one, as the checks look at it.
 *
 * @param metadata its metadata
 * @param spec its spec
 * @param minor the version of the standards that it is held against: {@code 1.minor}
 */
record PodView(JsonNode metadata, JsonNode spec, int minor) {
  private static final List<String> LISTS =
      List.of("containers", "initContainers", "ephemeralContainers");

  /** All containers, of whatever sort. */
  List<JsonNode> containers() {
    List<JsonNode> all = new ArrayList<>();
    LISTS.forEach(list -> spec.path(list).forEach(all::add));
    return all;
  }

  /** The names of the containers that something is true of. */
  List<String> containers(Predicate<JsonNode> which) {
    return containers().stream().filter(which).map(c -> c.path("name").asText("")).toList();
  }

  JsonNode security() {
    return spec.path("securityContext");
  }

  static JsonNode security(JsonNode container) {
    return container.path("securityContext");
  }

  /** Whether its users are none of its node's. */
  boolean inUserNamespace() {
    return spec.path("hostUsers").isBoolean() && !spec.path("hostUsers").asBoolean();
  }

  /** Whether it says that it is for Windows, to which since 1.25 some rules do not apply. */
  boolean windows() {
    return minor >= 25 && spec.path("os").path("name").asText("").equals("windows");
  }
}
