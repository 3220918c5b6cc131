package io.berth.apiserver.authn;

import io.berth.api.object.ObjectKey;
import io.berth.api.resource.Resources;
import io.berth.api.time.Clock;
import io.berth.apiserver.cache.WatchCache;
import io.berth.apiserver.pki.Pki;
import io.berth.apiserver.registry.Computed;
import io.berth.apiserver.registry.ObjectStore;
import io.berth.apiserver.server.PathHandler;
import java.util.Map;

/**
 * All that finds out who sends a request, put together once a server: client certificates, service
 * accounts' tokens, bootstrap tokens.
 */
public final class Authentication {
  private final ServiceAccountTokens accounts;
  private final TokenAuthenticator tokens;
  private final Authenticator authenticator;

  public Authentication(Pki pki, WatchCache cache, Clock clock) {
    accounts =
        new ServiceAccountTokens(
            pki.tokenKey(),
            pki.tokenPublicKey(),
            (resource, namespace, name) ->
                cache
                    .find(ObjectKey.of(resource, namespace, name))
                    .map(object -> object.header().uid())
                    .orElse(null),
            clock);
    BootstrapTokens bootstrap = new BootstrapTokens(cache::find, clock);
    tokens =
        (token, audiences) ->
            BootstrapTokens.looksLike(token)
                ? bootstrap.verify(token, audiences)
                : accounts.verify(token, audiences);
    authenticator = new Authenticator(new ClientCertificates(pki.authority()), tokens, clock);
  }

  public Authenticator authenticator() {
    return authenticator;
  }

  /** The documents by which others verify tokens. */
  public PathHandler documents() {
    return new IssuerDocuments(accounts);
  }

  /** The questions whose a token is, and for a new one. */
  public Map<Computed.Target, Computed> questions(ObjectStore objects) {
    return Map.of(
        Computed.Target.of(Resources.TOKEN_REVIEWS),
        new TokenReviews(tokens),
        new Computed.Target(Resources.SERVICE_ACCOUNTS.groupResource(), "token"),
        new TokenRequests(accounts, objects));
  }
}
