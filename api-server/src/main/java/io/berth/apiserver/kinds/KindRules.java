package io.berth.apiserver.kinds;

import io.berth.api.resource.GroupResource;
import io.berth.apiserver.policy.PolicyStrategy;
import io.berth.apiserver.registry.Strategy;
import java.util.HashMap;
import java.util.Map;

/** The kinds whose rules of change are a list of fields; the others have classes of their own. */
final class KindRules {
  private KindRules() {}

  static Map<GroupResource, Strategy> all() {
    Map<GroupResource, Strategy> rules = new HashMap<>();
    apps(rules);
    storage(rules);
    networking(rules);
    policy(rules);
    admission(rules);
    devices(rules);
    return rules;
  }

  private static void apps(Map<GroupResource, Strategy> rules) {
    put(rules, "", "podtemplates", ListedRules.counted());
    put(rules, "apps", "controllerrevisions", ListedRules.plain().immutable("data"));
  }

  private static void storage(Map<GroupResource, Strategy> rules) {
    String group = "storage.k8s.io";
    put(
        rules,
        group,
        "storageclasses",
        forbidding(ListedRules.plain(), "parameters", "provisioner", "reclaimPolicy")
            .immutable("volumeBindingMode"));
    put(
        rules,
        group,
        "volumeattributesclasses",
        forbidding(ListedRules.plain(), "driverName", "parameters"));
    put(
        rules,
        group,
        "csidrivers",
        ListedRules.plain().immutable("spec.attachRequired", "spec.volumeLifecycleModes"));
    put(
        rules,
        group,
        "csistoragecapacities",
        ListedRules.plain().immutable("nodeTopology", "storageClassName"));
    put(rules, group, "volumeattachments", ListedRules.plain().immutable("spec"));
  }

  private static void networking(Map<GroupResource, Strategy> rules) {
    String group = "networking.k8s.io";
    put(rules, group, "ingresses", ListedRules.counted());
    put(rules, group, "ingressclasses", ListedRules.counted().immutable("spec.controller"));
    put(rules, group, "networkpolicies", ListedRules.counted());
    put(
        rules,
        group,
        "ipaddresses",
        ListedRules.plain().named(IpNames::check).immutable("spec.parentRef"));
  }

  private static void policy(Map<GroupResource, Strategy> rules) {
    put(rules, "", "resourcequotas", ListedRules.plain().immutable("spec.scopes"));
    put(rules, "policy", "poddisruptionbudgets", ListedRules.counted());
    put(
        rules,
        "scheduling.k8s.io",
        "priorityclasses",
        ListedRules.counted()
            .forbidden("value", "may not be changed in an update.")
            .immutable("preemptionPolicy"));
    put(
        rules,
        "scheduling.k8s.io",
        "podgroups",
        ListedRules.plain()
            .immutable(
                "spec.podGroupTemplateRef",
                "spec.schedulingPolicy",
                "spec.schedulingConstraints",
                "spec.resourceClaims",
                "spec.disruptionMode",
                "spec.priorityClassName",
                "spec.priority"));
    put(
        rules,
        "scheduling.k8s.io",
        "workloads",
        ListedRules.plain().immutable("spec.podGroupTemplates"));
    put(rules, "flowcontrol.apiserver.k8s.io", "flowschemas", ListedRules.counted());
    put(
        rules,
        "flowcontrol.apiserver.k8s.io",
        "prioritylevelconfigurations",
        ListedRules.counted());
  }

  private static void admission(Map<GroupResource, Strategy> rules) {
    String group = "admissionregistration.k8s.io";
    for (String resource :
        new String[] {
          "mutatingadmissionpolicies",
          "mutatingwebhookconfigurations",
          "validatingadmissionpolicies",
          "validatingwebhookconfigurations"
        }) {
      put(rules, group, resource, new PolicyStrategy());
    }
    put(rules, group, "mutatingadmissionpolicybindings", ListedRules.counted());
    put(rules, group, "validatingadmissionpolicybindings", ListedRules.counted());
  }

  private static void devices(Map<GroupResource, Strategy> rules) {
    String group = "resource.k8s.io";
    put(rules, group, "deviceclasses", ListedRules.counted());
    put(rules, group, "resourceclaims", ListedRules.plain().immutable("spec"));
    put(rules, group, "resourceclaimtemplates", ListedRules.plain().immutable("spec"));
  }

  private static ListedRules forbidding(ListedRules rules, String... fields) {
    ListedRules all = rules;
    for (String field : fields) {
      all = all.forbidden(field, "updates to " + field + " are forbidden.");
    }
    return all;
  }

  private static void put(
      Map<GroupResource, Strategy> rules, String group, String plural, Strategy strategy) {
    rules.put(new GroupResource(group, plural), strategy);
  }
}
