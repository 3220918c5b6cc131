package io.berth.apiserver.authn;

import io.berth.apiserver.server.Identity;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Finds out who presents a bearer token. Safe for use by many threads; answers without I/O. */
@FunctionalInterface
public interface TokenAuthenticator {
  /**
   * Somebody who was recognized.
   *
   * @param audiences for which of those asked the token is good
   */
  record Verified(Identity identity, List<String> audiences) {}

  /**
   * @param audiences one of them must be the token's; empty for the API server itself
   * @return null where it is not one of its tokens, or does not hold
   */
  @Nullable Verified verify(String token, List<String> audiences);
}
