package io.berth.apiserver.authn;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.transport.ApiRequest;
import io.berth.api.transport.ApiResponse;
import io.berth.apiserver.server.PathHandler;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What others verify service accounts' tokens with: the issuer's discovery document as OpenID
 * Connect has it, and its keys.
 */
final class IssuerDocuments implements PathHandler {
  private static final String KEYS = "/openid/v1/jwks";
  private static final String DISCOVERY = "/.well-known/openid-configuration";
  private static final String CACHED = "public, max-age=3600";

  private final byte[] discovery;
  private final byte[] keys;

  IssuerDocuments(ServiceAccountTokens tokens) {
    ObjectNode set = Json.object();
    set.putArray("keys").add(tokens.webKey());
    keys = Json.bytes(set);
    ObjectNode document =
        Json.object()
            .put("issuer", ServiceAccountTokens.ISSUER)
            .put("jwks_uri", ServiceAccountTokens.ISSUER + KEYS);
    document.putArray("response_types_supported").add("id_token");
    document.putArray("subject_types_supported").add("public");
    document.putArray("id_token_signing_alg_values_supported").add("ES256");
    discovery = Json.bytes(document);
  }

  @Override
  public @Nullable ApiResponse handle(ApiRequest request) {
    return switch (request.path()) {
      case KEYS, KEYS + "/" -> answer("application/jwk-set+json", keys);
      case DISCOVERY, DISCOVERY + "/" -> answer("application/json", discovery);
      default -> null;
    };
  }

  private static ApiResponse answer(String type, byte[] body) {
    return new ApiResponse(200, Map.of("content-type", type, "cache-control", CACHED), body);
  }
}
