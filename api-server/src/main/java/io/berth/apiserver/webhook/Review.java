package io.berth.apiserver.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.transport.ApiException;
import io.berth.apiserver.policy.Attributes;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * What a webhook is asked about a write, and what its answer must look like. Pure.
 *
 * @param version of the review: {@code v1} or {@code v1beta1}
 * @param uid tells it from others
 * @param mutating whether the answer may have a patch
 */
record Review(String version, String uid, boolean mutating) {
  private static final String GROUP = "admission.k8s.io/";
  private static final String KIND = "AdmissionReview";

  ObjectNode question(Attributes attributes) {
    ObjectNode review = Json.object().put("kind", KIND).put("apiVersion", GROUP + version);
    ObjectNode question = attributes.review(uid);
    question.set("object", attributes.object());
    question.set("oldObject", attributes.old());
    review.set("request", question);
    return review;
  }

  /**
   * The {@code response} of an answer.
   *
   * @throws IOException it is not an answer to this review
   */
  JsonNode response(JsonNode answer) throws IOException {
    JsonNode response = answer.path("response");
    if (!response.isObject()) {
      throw new IOException("webhook response was absent");
    }
    boolean patch = !response.path("patch").asText("").isEmpty();
    boolean type = response.hasNonNull("patchType");
    if (version.equals("v1")) {
      checkForm(answer, response);
      if (mutating && patch && !type) {
        throw new IOException("webhook returned response.patch but not response.patchType");
      }
      if (mutating && type && !patch) {
        throw new IOException("webhook returned response.patchType but not response.patch");
      }
      if (!mutating && patch) {
        throw new IOException("validating webhook may not return response.patch");
      }
      if (!mutating && type) {
        throw new IOException("validating webhook may not return response.patchType");
      }
    }
    if (patch && type && !response.path("patchType").asText().equals("JSONPatch")) {
      throw new IOException(
          "unsupported patch type \"" + response.path("patchType").asText() + "\"");
    }
    return response;
  }

  private void checkForm(JsonNode answer, JsonNode response) throws IOException {
    if (!response.path("uid").asText().equals(uid)) {
      throw new IOException(
          "expected response.uid=\"" + uid + "\", got \"" + response.path("uid").asText() + "\"");
    }
    String expected = GROUP + version + ", Kind=" + KIND;
    String got = answer.path("apiVersion").asText("") + ", Kind=" + answer.path("kind").asText("");
    if (!got.equals(expected)) {
      throw new IOException("expected webhook response of " + expected + ", got " + got);
    }
  }

  /** What the client should hear. */
  static List<String> warnings(JsonNode response) {
    List<String> warnings = new ArrayList<>();
    response.path("warnings").forEach(warning -> warnings.add(warning.asText()));
    return warnings;
  }

  /** A denial in the webhook's own words. */
  static ApiException denied(String hook, JsonNode status) {
    int code = status.path("code").asInt(0);
    String reason = status.path("reason").asText("");
    String why = status.path("message").asText("");
    String who = "admission webhook \"" + hook + "\" denied the request";
    String message =
        !why.isEmpty()
            ? who + ": " + why
            : !reason.isEmpty() ? who + ": " + reason : who + " without explanation";
    boolean error = code >= 400 && code < 600;
    return new ApiException(error ? code : 403, reason.isEmpty() ? "Forbidden" : reason, message);
  }
}
