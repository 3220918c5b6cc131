package io.berth.apiserver.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is known of a group version that another server serves. Its trees are not to be changed.
 *
 * @param resources in the form of aggregated discovery; empty where the server was never reached
 * @param stale whether the server was not reached when it was last asked
 * @param openApiUrl where its document is, with a hash, by the index of {@code /openapi/v3}; null
 *     where it has none
 * @param openApiV2 paths and definitions of its OpenAPI 2 document; null where it has none
 */
public record Delegated(
    List<JsonNode> resources,
    boolean stale,
    @Nullable String openApiUrl,
    @Nullable ObjectNode openApiV2) {
  /** A server that was not reached yet. */
  public static final Delegated UNKNOWN = new Delegated(List.of(), true, null, null);

  public Delegated {
    resources = List.copyOf(resources);
  }

  /** Its OpenAPI 2 document where it writes no other, or null. */
  public @Nullable ObjectNode writesOldOpenApi() {
    return openApiUrl == null ? openApiV2 : null;
  }

  /** The same, of a server that is not reached any more. */
  public Delegated gone() {
    return stale ? this : new Delegated(resources, true, openApiUrl, openApiV2);
  }
}
