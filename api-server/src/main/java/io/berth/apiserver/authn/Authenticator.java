package io.berth.apiserver.authn;

import io.berth.api.time.Clock;
import io.berth.api.transport.Errors;
import io.berth.apiserver.server.Identity;
import java.security.cert.X509Certificate;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Says who sends a request. Safe for use by many threads. */
public final class Authenticator {
  private static final String BEARER = "bearer ";

  private final ClientCertificates certificates;
  private final TokenAuthenticator tokens;
  private final Clock clock;

  public Authenticator(ClientCertificates certificates, TokenAuthenticator tokens, Clock clock) {
    this.certificates = certificates;
    this.tokens = tokens;
    this.clock = clock;
  }

  /**
   * Whoever the credentials name; the certificate is asked first. {@link Identity#ANONYMOUS} where
   * there are none.
   *
   * @param certificate what the client showed, or null
   * @param authorization the header of that name, or null
   * @throws io.berth.api.transport.ApiException 401 where credentials were given and none is good
   */
  public Identity authenticate(
      @Nullable X509Certificate certificate, @Nullable String authorization) {
    if (certificate != null) {
      Identity user = certificates.authenticate(certificate, clock.now());
      if (user != null) {
        return user;
      }
    }
    if (authorization != null && authorization.regionMatches(true, 0, BEARER, 0, BEARER.length())) {
      String token = authorization.substring(BEARER.length()).strip();
      TokenAuthenticator.Verified user = tokens.verify(token, List.of());
      if (user != null) {
        return user.identity();
      }
    } else if (certificate == null && authorization == null) {
      return Identity.ANONYMOUS;
    }
    throw Errors.unauthorized();
  }
}
