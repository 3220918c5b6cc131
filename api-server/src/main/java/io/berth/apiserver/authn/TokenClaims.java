package io.berth.apiserver.authn;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.apiserver.server.Identity;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a service account's token says. Immutable.
 *
 * @param id names the token, not a secret
 * @param namespace the service account's
 * @param account its name
 * @param accountUid its uid
 * @param bound what the token was made for and dies with, or null
 * @param node the node of the pod that it is bound to, or null where that is on none
 * @param audiences who is to accept it
 * @param issued when it was made
 * @param expires when it ends
 */
public record TokenClaims(
    String id,
    String namespace,
    String account,
    String accountUid,
    @Nullable Bound bound,
    @Nullable NamedUid node,
    List<String> audiences,
    Instant issued,
    Instant expires) {
  /** One version of a name: another object of that name has another uid. */
  public record NamedUid(String name, String uid) {
    static @Nullable NamedUid of(@Nullable JsonNode json) {
      return json == null
          ? null
          : new NamedUid(json.path("name").asText(), json.path("uid").asText());
    }

    void write(ObjectNode json) {
      json.put("name", name).put("uid", uid);
    }
  }

  /** What a token can be bound to. */
  public enum BoundKind {
    POD,
    SECRET,
    NODE;

    String claim() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** What a token is bound to. */
  public record Bound(BoundKind kind, NamedUid object) {}

  private static final String PREFIX = "system:serviceaccount:";
  private static final String PRIVATE = "kubernetes.io";
  private static final String EXTRA = "authentication.kubernetes.io/";

  public TokenClaims {
    audiences = List.copyOf(audiences);
  }

  /** Who presents such a token. */
  Identity identity() {
    Map<String, List<String>> extra = new TreeMap<>();
    extra.put(EXTRA + "credential-id", List.of("JTI=" + id));
    if (bound != null && bound.kind() == BoundKind.POD) {
      extra.put(EXTRA + "pod-name", List.of(bound.object().name()));
      extra.put(EXTRA + "pod-uid", List.of(bound.object().uid()));
    }
    NamedUid onNode = bound != null && bound.kind() == BoundKind.NODE ? bound.object() : node;
    if (onNode != null) {
      extra.put(EXTRA + "node-name", List.of(onNode.name()));
      extra.put(EXTRA + "node-uid", List.of(onNode.uid()));
    }
    return new Identity(
        PREFIX + namespace + ":" + account,
        accountUid,
        List.of(
            "system:serviceaccounts",
            "system:serviceaccounts:" + namespace,
            Identity.AUTHENTICATED),
        extra);
  }

  ObjectNode toJson(String issuer) {
    ObjectNode claims = Json.object();
    ArrayNode aud = claims.putArray("aud");
    audiences.forEach(aud::add);
    claims.put("exp", expires.getEpochSecond()).put("iat", issued.getEpochSecond());
    claims.put("iss", issuer).put("jti", id);
    ObjectNode own = claims.putObject(PRIVATE).put("namespace", namespace);
    if (node != null) {
      node.write(own.putObject("node"));
    }
    if (bound != null) {
      bound.object().write(own.putObject(bound.kind().claim()));
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
    Bound bound = bound(own);
    boolean onNode = bound == null || bound.kind() != BoundKind.NODE;
    return new TokenClaims(
        claims.path("jti").asText(),
        namespace,
        account,
        own.path("serviceaccount").path("uid").asText(),
        bound,
        onNode ? NamedUid.of(own.get("node")) : null,
        audiences,
        Instant.ofEpochSecond(claims.path("nbf").asLong()),
        Instant.ofEpochSecond(claims.path("exp").asLong()));
  }

  /** A pod or secret before the node, which may stand beside a pod. */
  private static @Nullable Bound bound(JsonNode own) {
    for (BoundKind kind : BoundKind.values()) {
      NamedUid object = NamedUid.of(own.get(kind.claim()));
      if (object != null) {
        return new Bound(kind, object);
      }
    }
    return null;
  }
}
