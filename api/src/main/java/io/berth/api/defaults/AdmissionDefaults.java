package io.berth.api.defaults;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** Defaults of what extends the API server: webhooks, policies, further API servers. */
final class AdmissionDefaults {
  private static final int HTTPS = 443;

  private AdmissionDefaults() {}

  static void apiService(ObjectNode apiService) {
    Unset.within(
        apiService,
        "spec",
        spec -> Unset.within(spec, "service", service -> Unset.number(service, "port", HTTPS)));
    Unset.object(apiService, "status");
  }

  static void mutatingWebhooks(ObjectNode configuration) {
    Unset.each(
        configuration,
        "webhooks",
        webhook -> {
          webhook(webhook);
          Unset.text(webhook, "reinvocationPolicy", "Never");
        });
  }

  static void validatingWebhooks(ObjectNode configuration) {
    Unset.each(configuration, "webhooks", AdmissionDefaults::webhook);
  }

  private static void webhook(ObjectNode webhook) {
    Unset.text(webhook, "failurePolicy", "Fail");
    Unset.number(webhook, "timeoutSeconds", 10);
    Unset.within(
        webhook,
        "clientConfig",
        client -> Unset.within(client, "service", service -> Unset.number(service, "port", HTTPS)));
    matching(webhook);
    Unset.each(webhook, "rules", AdmissionDefaults::rule);
  }

  static void policy(ObjectNode policy) {
    ObjectNode spec = Unset.object(policy, "spec");
    Unset.text(spec, "failurePolicy", "Fail");
    Unset.within(spec, "matchConstraints", AdmissionDefaults::matchResources);
  }

  static void validatingPolicy(ObjectNode policy) {
    policy(policy);
    Unset.object(policy, "status");
  }

  static void binding(ObjectNode binding) {
    Unset.within(
        Unset.object(binding, "spec"), "matchResources", AdmissionDefaults::matchResources);
  }

  private static void matchResources(ObjectNode match) {
    matching(match);
    for (String rules : new String[] {"resourceRules", "excludeResourceRules"}) {
      Unset.each(match, rules, AdmissionDefaults::rule);
    }
  }

  private static void matching(ObjectNode match) {
    Unset.text(match, "matchPolicy", "Equivalent");
    Unset.object(match, "namespaceSelector");
    Unset.object(match, "objectSelector");
  }

  private static void rule(ObjectNode rule) {
    Unset.text(rule, "scope", "*");
  }
}
