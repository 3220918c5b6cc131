package io.berth.controllers.certificates;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.controllers.object.Reading;
import java.io.ByteArrayInputStream;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * How long requests for certificates are kept: an hour after they were approved and signed, denied,
 * or failed, a day while nobody decides or signs; a certificate that is over goes at once. Pure.
 */
final class Expiration {
  private static final Duration DONE = Duration.ofHours(1);
  private static final Duration WAITING = Duration.ofHours(24);

  private Expiration() {}

  /** When the request is to be deleted. */
  static Instant of(JsonNode request) {
    Instant created = Reading.time(request.at("/metadata/creationTimestamp"));
    Instant begun = created == null ? Instant.EPOCH : created;
    JsonNode status = request.path("status");
    Instant first = null;
    for (JsonNode condition : status.path("conditions")) {
      Duration kept =
          switch (condition.path("type").asText()) {
            case "Denied", "Failed" -> DONE;
            case "Approved" -> status.hasNonNull("certificate") ? DONE : WAITING;
            default -> null;
          };
      if (kept != null) {
        Instant decided = Reading.time(condition.path("lastUpdateTime"));
        first = earlier(first, (decided == null ? begun : decided).plus(kept));
      }
    }
    if (first == null) {
      return begun.plus(WAITING);
    }
    Instant over = over(status.path("certificate").asText(""));
    return over == null ? first : earlier(first, over);
  }

  private static Instant earlier(@Nullable Instant one, Instant other) {
    return one != null && one.isBefore(other) ? one : other;
  }

  /** When the certificate is no longer valid; null where there is none that can be read. */
  private static @Nullable Instant over(String encoded) {
    if (encoded.isEmpty()) {
      return null;
    }
    try {
      byte[] pem = Base64.getDecoder().decode(encoded);
      return CertificateFactory.getInstance("X.509")
                  .generateCertificate(new ByteArrayInputStream(pem))
              instanceof X509Certificate certificate
          ? certificate.getNotAfter().toInstant()
          : null;
    } catch (CertificateException | IllegalArgumentException e) {
      return null; // what cannot be read is kept as long as any other
    }
  }
}
