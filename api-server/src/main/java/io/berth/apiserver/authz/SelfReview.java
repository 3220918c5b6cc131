package io.berth.apiserver.authz;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.object.Times;
import io.berth.apiserver.registry.Computed;
import io.berth.apiserver.registry.Meta;
import io.berth.apiserver.registry.WriteCall;

/** {@code SelfSubjectReview}: whom the server takes the sender for. */
final class SelfReview implements Computed {
  @Override
  public ObjectNode answer(ObjectNode review, WriteCall call) {
    Meta.of(review).put("creationTimestamp", Times.seconds(call.now()));
    review.putObject("status").set("userInfo", UserInfo.of(call.identity()));
    return review;
  }
}
