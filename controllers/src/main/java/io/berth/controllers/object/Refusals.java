package io.berth.controllers.object;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.transport.ApiException;

/** Reads why the API refused a write. */
public final class Refusals {
  private Refusals() {}

  /** Whether nothing can be created any more, for the namespace is being deleted. */
  public static boolean namespaceIsGoing(ApiException e) {
    ObjectNode details = e.details();
    if (details == null) {
      return false;
    }
    for (JsonNode cause : details.path("causes")) {
      if (cause.path("reason").asText().equals("NamespaceTerminating")) {
        return true;
      }
    }
    return false;
  }
}
