package io.berth.apiserver.policy;

import com.fasterxml.jackson.databind.JsonNode;

/** A policy, compiled. Immutable. */
interface Policy {
  /** As it is written. */
  JsonNode document();

  default JsonNode spec() {
    return document().path("spec");
  }

  default String name() {
    return document().path("metadata").path("name").asText();
  }

  /** Whether a write that it cannot judge is refused. */
  default boolean failsOnErrors() {
    return spec().path("failurePolicy").asText("Fail").equals("Fail");
  }
}
