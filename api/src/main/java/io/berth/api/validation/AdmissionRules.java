package io.berth.api.validation;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.object.Names;
import java.util.List;
import java.util.Set;

/** Webhooks that writes pass. */
final class AdmissionRules {
  private static final Set<String> REVIEWS = Set.of("v1", "v1beta1");
  private static final List<String> SIDE_EFFECTS = List.of("None", "NoneOnDryRun");
  private static final int MAX_TIMEOUT = 30;
  private static final int SEGMENTS = 3;

  private AdmissionRules() {}

  static void webhooks(JsonNode configuration, Report report) {
    report.unique(configuration.path("webhooks"), "webhooks", "name");
    Report.each(
        configuration.path("webhooks"), "webhooks", (webhook, at) -> webhook(webhook, at, report));
  }

  private static void webhook(JsonNode webhook, String at, Report report) {
    report.text(webhook, at, "name", Names::dns1123Subdomain);
    String name = webhook.path("name").asText("");
    long dots = name.chars().filter(c -> c == '.').count();
    if (!name.isEmpty() && dots < SEGMENTS - 1) {
      report.invalid(
          at + ".name", name, "should be a domain with at least three segments separated by dots");
    }
    Report.each(
        webhook.path("rules"),
        at + ".rules",
        (rule, here) -> AdmissionMatchRules.rule(rule, here, report));
    report.oneOf(webhook, at, "failurePolicy", AdmissionMatchRules.FAILURE);
    report.oneOf(webhook, at, "matchPolicy", AdmissionMatchRules.MATCH);
    report.oneOf(webhook, at, "reinvocationPolicy", AdmissionMatchRules.REINVOCATION);
    sideEffects(webhook, at, report);
    report.range(
        webhook,
        at,
        "timeoutSeconds",
        1,
        MAX_TIMEOUT,
        "the timeout value must be between 1 and 30 seconds");
    for (String selector : new String[] {"namespaceSelector", "objectSelector"}) {
      SelectorRules.check(webhook.path(selector), at + "." + selector, report);
    }
    client(webhook.path("clientConfig"), at + ".clientConfig", report);
    AdmissionMatchRules.conditions(
        webhook.path("matchConditions"), at + ".matchConditions", report);
    reviews(webhook.path("admissionReviewVersions"), at + ".admissionReviewVersions", report);
  }

  private static void sideEffects(JsonNode webhook, String at, Report report) {
    String effects = webhook.path("sideEffects").asText("");
    if (effects.isEmpty()) {
      report.required(at + ".sideEffects", "must specify one of None, NoneOnDryRun");
    } else {
      report.oneOf(webhook, at, "sideEffects", SIDE_EFFECTS);
    }
  }

  private static void client(JsonNode client, String at, Report report) {
    boolean url = client.hasNonNull("url");
    boolean service = client.hasNonNull("service");
    if (url == service) {
      report.required(at, "exactly one of url or service is required");
    } else if (url && !client.path("url").asText("").startsWith("https://")) {
      report.invalid(
          at + ".url",
          client.path("url").asText(""),
          "'https' is the only allowed URL scheme; desired format: https://host[/path]");
    } else if (service) {
      report.text(client.path("service"), at + ".service", "name");
      report.text(client.path("service"), at + ".service", "namespace");
    }
  }

  private static void reviews(JsonNode versions, String at, Report report) {
    boolean known = false;
    for (JsonNode version : versions) {
      known |= REVIEWS.contains(version.asText(""));
    }
    if (versions.isEmpty()) {
      report.required(at, "must specify one of v1, v1beta1");
    } else if (!known) {
      report.add(
          FieldError.invalidRaw(
              at, versions.toString(), "must include at least one of v1, v1beta1"));
    }
  }
}
