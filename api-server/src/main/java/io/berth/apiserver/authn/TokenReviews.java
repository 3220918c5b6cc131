package io.berth.apiserver.authn;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.transport.Errors;
import io.berth.apiserver.authn.TokenAuthenticator.Verified;
import io.berth.apiserver.authz.UserInfo;
import io.berth.apiserver.registry.Computed;
import io.berth.apiserver.registry.WriteCall;
import java.util.ArrayList;
import java.util.List;

/** {@code TokenReview}: whose token it is, and whether it holds. */
final class TokenReviews implements Computed {
  private final TokenAuthenticator tokens;

  TokenReviews(TokenAuthenticator tokens) {
    this.tokens = tokens;
  }

  @Override
  public void prepare(ObjectNode review, WriteCall call) {
    if (token(review).isEmpty()) {
      throw Errors.badRequest("token is required for TokenReview in authentication");
    }
  }

  private static String token(ObjectNode review) {
    return review.path("spec").path("token").asText("");
  }

  @Override
  public ObjectNode answer(ObjectNode review, WriteCall call) {
    String token = token(review);
    List<String> asked = new ArrayList<>();
    review.path("spec").path("audiences").forEach(audience -> asked.add(audience.asText()));
    Verified verified = tokens.verify(token, asked);
    ObjectNode status = review.putObject("status");
    if (verified == null) {
      status.putObject("user");
      status.put("error", "[invalid bearer token, token lookup failed]");
      return review;
    }
    status.put("authenticated", true).set("user", UserInfo.of(verified.identity()));
    ArrayNode audiences = status.putArray("audiences");
    verified.audiences().forEach(audiences::add);
    return review;
  }
}
