package io.berth.api.apply;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.object.Text;

/**
 * Who owns fields. Owners with the same values are one owner.
 *
 * @param manager the name that the writer gives itself
 * @param applied whether it owns what it applied, or what it wrote otherwise
 * @param apiVersion of the objects that it writes; empty for those who apply, whatever the version
 * @param subresource that it wrote through, empty for the object itself
 */
record Owner(String manager, boolean applied, String apiVersion, String subresource) {

  static Owner of(Writer writer, boolean applied) {
    return new Owner(
        writer.manager(), applied, applied ? "" : writer.apiVersion(), writer.subresource());
  }

  /** The owner of an entry of managed fields. */
  static Owner of(JsonNode entry) {
    boolean applied = entry.path("operation").asText("").equals("Apply");
    return new Owner(
        entry.path("manager").asText(""),
        applied,
        applied ? "" : entry.path("apiVersion").asText(""),
        entry.path("subresource").asText(""));
  }

  /** As messages of conflicts have it. */
  @Override
  public String toString() {
    return Text.quote(manager)
        + (subresource.isEmpty() ? "" : " with subresource " + Text.quote(subresource))
        + (applied ? "" : " using " + apiVersion);
  }
}
