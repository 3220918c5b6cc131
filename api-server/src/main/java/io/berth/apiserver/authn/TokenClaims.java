package io.berth.apiserver.authn;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.apiserver.server.Identity;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a service account's token says. Immutable.
 *
 * @param namespace the service account's
 * @param account its name
 * @param accountUid its uid
 * @param pod the pod that the token was made for and dies with, or null
 * @param audiences who is to accept it
 * @param issued when it was made
 * @param expires when it ends
 */
public record TokenClaims(
    String namespace,
    String account,
    String accountUid,
    @Nullable BoundPod pod,
    List<String> audiences,
    Instant issued,
    Instant expires) {
  /** The pod that a token is bound to. */
  public record BoundPod(String name, String uid) {}

  private static final String PREFIX = "system:serviceaccount:";
  private static final String PRIVATE = "kubernetes.io";

  public TokenClaims {
    audiences = List.copyOf(audiences);
  }

  /** Who presents such a token. */
  Identity identity() {
    Map<String, List<String>> extra =
        pod == null
            ? Map.of()
            : Map.of(
                "authentication.kubernetes.io/pod-name", List.of(pod.name()),
                "authentication.kubernetes.io/pod-uid", List.of(pod.uid()));
    return new Identity(
        PREFIX + namespace + ":" + account,
        accountUid,
        List.of(
            "system:serviceaccounts",
            "system:serviceaccounts:" + namespace,
            Identity.AUTHENTICATED),
        extra);
  }

  ObjectNode toJson(String issuer, String id) {
    ObjectNode claims = Json.object();
    ArrayNode aud = claims.putArray("aud");
    audiences.forEach(aud::add);
    claims.put("exp", expires.getEpochSecond()).put("iat", issued.getEpochSecond());
    claims.put("iss", issuer).put("jti", id);
    ObjectNode own = claims.putObject(PRIVATE).put("namespace", namespace);
    if (pod != null) {
      own.putObject("pod").put("name", pod.name()).put("uid", pod.uid());
    }
    own.putObject("serviceaccount").put("name", account).put("uid", accountUid);
    claims.put("nbf", issued.getEpochSecond());
    return claims.put("sub", PREFIX + namespace + ":" + account);
  }

  /** Null where it is not such a token's, or contradicts itself. */
  static @Nullable TokenClaims parse(JsonNode claims, String issuer) {
    JsonNode own = claims.path(PRIVATE);
    String namespace = own.path("namespace").asText();
    String account = own.path("serviceaccount").path("name").asText();
    String subject = PREFIX + namespace + ":" + account;
    if (!claims.path("iss").asText().equals(issuer)
        || account.isEmpty()
        || !claims.path("sub").asText().equals(subject)
        || !claims.path("exp").isIntegralNumber()) {
      return null;
    }
    List<String> audiences = new ArrayList<>();
    claims.path("aud").forEach(audience -> audiences.add(audience.asText()));
    JsonNode pod = own.get("pod");
    return new TokenClaims(
        namespace,
        account,
        own.path("serviceaccount").path("uid").asText(),
        pod == null ? null : new BoundPod(pod.path("name").asText(), pod.path("uid").asText()),
        audiences,
        Instant.ofEpochSecond(claims.path("nbf").asLong()),
        Instant.ofEpochSecond(claims.path("exp").asLong()));
  }
}
