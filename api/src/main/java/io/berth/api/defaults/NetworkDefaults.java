package io.berth.api.defaults;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** Defaults of ways into the cluster and of rules between pods. */
final class NetworkDefaults {
  private NetworkDefaults() {}

  static void ingress(ObjectNode ingress) {
    Unset.object(ingress, "spec");
    Unset.object(Unset.object(ingress, "status"), "loadBalancer");
  }

  static void ingressClass(ObjectNode ingressClass) {
    ObjectNode spec = Unset.object(ingressClass, "spec");
    Unset.within(spec, "parameters", reference -> Unset.text(reference, "scope", "Cluster"));
  }

  static void policy(ObjectNode policy) {
    ObjectNode spec = Unset.object(policy, "spec");
    Unset.object(spec, "podSelector");
    for (String direction : new String[] {"ingress", "egress"}) {
      Unset.each(
          spec,
          direction,
          rule -> Unset.each(rule, "ports", port -> Unset.text(port, "protocol", "TCP")));
    }
    if (spec.path("policyTypes").isEmpty()) {
      ArrayNode types = spec.putArray("policyTypes").add("Ingress");
      if (!spec.path("egress").isEmpty()) {
        types.add("Egress");
      }
    }
  }
}
