package io.berth.apiserver.webhook;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.apiserver.policy.Attributes;
import io.berth.apiserver.policy.MatchConditions;
import io.berth.apiserver.policy.Matching;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

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

  /** Whether rules and selectors choose the write; conditions are asked later. */
  boolean chooses(Attributes attributes, Matching matching) {
    return Matching.rules(document.path("rules"), attributes)
        && matching.namespaceSelector(document.path("namespaceSelector"), attributes)
        && Matching.objectSelector(document.path("objectSelector"), attributes);
  }
}
