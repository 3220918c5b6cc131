package io.berth.apiserver.registry;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.codec.Json;
import io.berth.api.object.ObjectKey;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.transport.Errors;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/**
 * Where a list goes on: the revision that all its pages show, and the last key of the page before.
 *
 * @param revision the list's revision; -1 to go on at the newest, after the first one was compacted
 * @param after the last object of the page before
 */
record ContinueToken(long revision, ObjectKey after) {
  /** Goes on at the newest revision. */
  static final long NEWEST = -1;

  private static final String FORM = "meta.k8s.io/v1";

  String encode() {
    byte[] json =
        Json.bytes(
            Json.object().put("v", FORM).put("rv", revision).put("start", after.namespacedName()));
    return Base64.getUrlEncoder().withoutPadding().encodeToString(json);
  }

  /**
   * @throws io.berth.api.transport.ApiException 400 where it is no token
   */
  static ContinueToken decode(String text, ResourceDefinition resource) {
    try {
      byte[] json = Base64.getUrlDecoder().decode(text.getBytes(StandardCharsets.US_ASCII));
      JsonNode token = Json.parse(json);
      JsonNode revision = token.path("rv");
      String after = token.path("start").asText("");
      if (token.path("v").asText("").equals(FORM)
          && revision.isIntegralNumber()
          && (revision.asLong() > 0 || revision.asLong() == NEWEST)
          && !after.isEmpty()
          && resource.namespaced() == after.contains("/")) {
        int slash = after.indexOf('/');
        return new ContinueToken(
            revision.asLong(),
            ObjectKey.of(
                resource.storedResource(),
                after.substring(0, Math.max(0, slash)),
                after.substring(slash + 1)));
      }
    } catch (IllegalArgumentException e) {
      // Answered below, like a token that reads but says nothing of use.
    }
    throw Errors.badRequest(
        "invalid continue token: continue key is not valid: it was not made by this server");
  }
}
