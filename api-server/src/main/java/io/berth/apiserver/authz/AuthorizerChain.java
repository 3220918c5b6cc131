package io.berth.apiserver.authz;

import io.berth.apiserver.server.Authorizer;
import io.berth.apiserver.server.Identity;
import java.util.ArrayList;
import java.util.List;

/**
 * Several authorizers in a row: what one of them allows is allowed. {@link Identity#MASTERS} are
 * not asked about, so that whoever locked everybody out can mend it.
 */
public final class AuthorizerChain implements Authorizer {
  private final List<Authorizer> authorizers;

  public AuthorizerChain(Authorizer... authorizers) {
    this.authorizers = List.of(authorizers);
  }

  @Override
  public Decision decide(Identity who, Access what) {
    if (who.in(Identity.MASTERS)) {
      return Decision.allow("");
    }
    List<String> reasons = new ArrayList<>();
    for (Authorizer authorizer : authorizers) {
      Decision decision = authorizer.decide(who, what);
      if (decision.allowed()) {
        return decision;
      }
      if (!decision.reason().isEmpty()) {
        reasons.add(decision.reason());
      }
    }
    return Decision.deny(String.join("\n", reasons));
  }
}
