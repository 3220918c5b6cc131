package io.berth.apiserver.discovery;

import io.berth.api.transport.ApiRequest;
import io.berth.api.transport.ApiResponse;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.Map;

/** Documents that clients keep and ask for again only where they changed. */
final class EntityTag {
  private static final byte[] NOTHING = new byte[0];

  private EntityTag() {}

  /** The digest of a document, without quotes. */
  static String of(byte[] document) {
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(document);
      return HexFormat.of().withUpperCase().formatHex(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  /** The document, or 304 where the client has it. */
  static ApiResponse answer(ApiRequest request, String contentType, String tag, byte[] document) {
    String quoted = '"' + tag + '"';
    Map<String, String> headers =
        Map.of(
            "content-type",
            contentType,
            "etag",
            quoted,
            "vary",
            "Accept",
            "cache-control",
            "public");
    String known = request.header("if-none-match");
    return known != null && known.contains(quoted)
        ? new ApiResponse(304, headers, NOTHING)
        : new ApiResponse(200, headers, document);
  }

  /** The same, where its path names the digest: it never changes, so nobody need ask again. */
  static ApiResponse lasting(ApiResponse answer) {
    Map<String, String> headers = new HashMap<>(answer.headers());
    headers.put("cache-control", "public, immutable, max-age=31536000");
    return new ApiResponse(answer.status(), headers, answer.body());
  }
}
