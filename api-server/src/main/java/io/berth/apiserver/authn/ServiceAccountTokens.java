package io.berth.apiserver.authn;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.resource.Resources;
import io.berth.api.time.Clock;
import io.berth.apiserver.authn.TokenClaims.NamedUid;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Issues and verifies service accounts' tokens: JSON Web Tokens with an ES256 signature. A token
 * holds only while its service account, and what it is bound to (a pod, secret or node), live with
 * the uid that it names. Signatures that were found good are remembered, boundedly, by the token's
 * digest. Safe for use by many threads.
 */
public final class ServiceAccountTokens implements TokenAuthenticator {
  public static final String ISSUER = "https://kubernetes.default.svc.cluster.local";

  /** The audience of tokens for the API server itself. */
  public static final List<String> API_AUDIENCES = List.of(ISSUER);

  private static final String ALGORITHM = "SHA256withECDSAinP1363Format";
  private static final int CACHED = 4_096;
  private static final int MAX_LENGTH = 8 << 10;
  private static final SecureRandom IDS = new SecureRandom();

  private final PrivateKey key;
  private final PublicKey publicKey;
  private final String keyId;
  private final LiveObjects objects;
  private final Clock clock;
  private final Map<ByteBuffer, TokenClaims> verified =
      new LinkedHashMap<>(64, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<ByteBuffer, TokenClaims> eldest) {
          return size() > CACHED;
        }
      };

  /**
   * @param key signs, of the curve P-256
   * @param publicKey belongs to it
   * @param objects knows which service accounts and pods live
   */
  public ServiceAccountTokens(
      PrivateKey key, PublicKey publicKey, LiveObjects objects, Clock clock) {
    this.key = key;
    this.publicKey = publicKey;
    this.keyId = base64(sha256(publicKey.getEncoded()));
    this.objects = objects;
    this.clock = clock;
  }

  /**
   * A new token that begins now.
   *
   * @param account name and uid
   * @param bound what it dies with, or null
   * @param node where the pod that it is bound to runs, or null
   * @param audiences empty for the API server
   */
  public String issue(
      String namespace,
      NamedUid account,
      TokenClaims.@Nullable Bound bound,
      @Nullable NamedUid node,
      List<String> audiences,
      Duration lifetime) {
    Instant now = clock.now();
    return sign(
        new TokenClaims(
            randomId(),
            namespace,
            account.name(),
            account.uid(),
            bound,
            node,
            audiences.isEmpty() ? API_AUDIENCES : audiences,
            now,
            now.plus(lifetime)));
  }

  /** A random UUID. */
  private static String randomId() {
    byte[] id = new byte[16];
    IDS.nextBytes(id);
    ByteBuffer bits = ByteBuffer.wrap(id);
    long high = (bits.getLong() & ~0xf000L) | 0x4000L;
    long low = (bits.getLong() & ~(0xc0L << 56)) | (0x80L << 56);
    return new UUID(high, low).toString();
  }

  private String sign(TokenClaims claims) {
    String head =
        base64(Json.bytes(Json.object().put("alg", "ES256").put("kid", keyId).put("typ", "JWT")));
    String body = base64(Json.bytes(claims.toJson(ISSUER)));
    String signed = head + "." + body;
    try {
      Signature signature = Signature.getInstance(ALGORITHM);
      signature.initSign(key);
      signature.update(signed.getBytes(StandardCharsets.US_ASCII));
      return signed + "." + base64(signature.sign());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("cannot sign a token", e);
    }
  }

  @Override
  public @Nullable Verified verify(String token, List<String> audiences) {
    if (token.length() > MAX_LENGTH) {
      return null;
    }
    ByteBuffer digest = ByteBuffer.wrap(sha256(token.getBytes(StandardCharsets.UTF_8)));
    TokenClaims claims = remembered(digest);
    if (claims == null) {
      claims = signed(token);
      if (claims == null) {
        return null;
      }
      remember(digest, claims);
    }
    List<String> good = new ArrayList<>(audiences.isEmpty() ? API_AUDIENCES : audiences);
    good.retainAll(claims.audiences());
    return !good.isEmpty() && holds(claims) ? new Verified(claims.identity(), good) : null;
  }

  private @Nullable TokenClaims remembered(ByteBuffer digest) {
    synchronized (verified) {
      return verified.get(digest);
    }
  }

  private void remember(ByteBuffer digest, TokenClaims claims) {
    synchronized (verified) {
      verified.put(digest, claims);
    }
  }

  private boolean holds(TokenClaims claims) {
    Instant now = clock.now();
    String namespace = claims.namespace();
    return now.isBefore(claims.expires())
        && !now.isBefore(claims.issued().minusSeconds(60)) // clocks differ a little
        && lives(
            Resources.SERVICE_ACCOUNTS,
            namespace,
            new NamedUid(claims.account(), claims.accountUid()))
        && boundLives(claims.bound(), namespace);
  }

  private boolean boundLives(TokenClaims.@Nullable Bound bound, String namespace) {
    if (bound == null) {
      return true;
    }
    return switch (bound.kind()) {
      case POD -> lives(Resources.PODS, namespace, bound.object());
      case SECRET -> lives(Resources.SECRETS, namespace, bound.object());
      case NODE -> lives(Resources.NODES, "", bound.object());
    };
  }

  private boolean lives(ResourceDefinition resource, String namespace, NamedUid object) {
    return object.uid().equals(objects.uid(resource.groupResource(), namespace, object.name()));
  }

  /** The public key as a JSON Web Key. */
  ObjectNode webKey() {
    ECPublicKey point = (ECPublicKey) publicKey;
    return Json.object()
        .put("use", "sig")
        .put("kty", "EC")
        .put("kid", keyId)
        .put("crv", "P-256")
        .put("alg", "ES256")
        .put("x", base64(coordinate(point.getW().getAffineX())))
        .put("y", base64(coordinate(point.getW().getAffineY())));
  }

  /** 32 bytes, whatever the number's length. */
  private static byte[] coordinate(BigInteger number) {
    byte[] bytes = number.toByteArray();
    byte[] fixed = new byte[32];
    int length = Math.min(bytes.length, fixed.length);
    System.arraycopy(bytes, bytes.length - length, fixed, fixed.length - length, length);
    return fixed;
  }

  /** The claims of a token whose signature is good. */
  private @Nullable TokenClaims signed(String token) {
    int first = token.indexOf('.');
    int second = token.indexOf('.', first + 1);
    if (first < 0 || second < 0 || token.indexOf('.', second + 1) >= 0) {
      return null;
    }
    try {
      Base64.Decoder decoder = Base64.getUrlDecoder();
      JsonNode head = Json.parse(decoder.decode(token.substring(0, first)));
      if (!head.path("alg").asText().equals("ES256")) {
        return null; // above all not "none"
      }
      Signature signature = Signature.getInstance(ALGORITHM);
      signature.initVerify(publicKey);
      signature.update(token.substring(0, second).getBytes(StandardCharsets.UTF_8));
      if (!signature.verify(decoder.decode(token.substring(second + 1)))) {
        return null;
      }
      return TokenClaims.parse(
          Json.parse(decoder.decode(token.substring(first + 1, second))), ISSUER);
    } catch (IllegalArgumentException | GeneralSecurityException e) {
      return null; // not a token of ours; what exactly is wrong is nothing to tell a stranger
    }
  }

  private static String base64(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  private static byte[] sha256(byte[] bytes) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(bytes);
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
