package io.berth.apiserver.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.apiserver.policy.Attributes;
import io.berth.apiserver.policy.MatchConditions;
import io.berth.apiserver.policy.Matching;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * One webhook of a configuration. Immutable.
 *
 * @param document as it is written
 * @param conditions compiled
 */
record Hook(JsonNode document, MatchConditions conditions) {
  /** The webhooks of a configuration, in order. */
  static List<Hook> of(JsonNode configuration) {
    List<Hook> hooks = new ArrayList<>();
    for (JsonNode webhook : configuration.path("webhooks")) {
      hooks.add(new Hook(webhook, MatchConditions.of(webhook.path("matchConditions"))));
    }
    return hooks;
  }

  String name() {
    return document.path("name").asText();
  }

  /** Whether a write passes although the webhook gives no answer. */
  boolean ignoresFailure() {
    return document.path("failurePolicy").asText("Fail").equals("Ignore");
  }

  boolean againIfNeeded() {
    return document.path("reinvocationPolicy").asText("Never").equals("IfNeeded");
  }

  boolean supportsDryRun() {
    String effects = document.path("sideEffects").asText();
    return effects.equals("None") || effects.equals("NoneOnDryRun");
  }

  Duration limit() {
    return Duration.ofSeconds(document.path("timeoutSeconds").asInt(10));
  }

  /** The version of reviews that it is sent: the first that both know. */
  String reviews() {
    for (JsonNode version : document.path("admissionReviewVersions")) {
      if (version.asText().equals("v1") || version.asText().equals("v1beta1")) {
        return version.asText();
      }
    }
    return "v1";
  }

  /** The write as rules and selectors choose it, or empty; conditions are asked later. */
  Optional<Attributes> chooses(Attributes write, Matching matching) {
    return matching
        .rules(document.path("rules"), document, write)
        .filter(v -> matching.namespaceSelector(document.path("namespaceSelector"), write))
        .filter(v -> Matching.objectSelector(document.path("objectSelector"), write))
        .map(write::in);
  }
}
