package io.berth.apiserver.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.resource.Resources;
import io.berth.apiserver.registry.AdmissionRequest;
import io.berth.apiserver.registry.AdmissionRequest.Operation;
import io.berth.apiserver.registry.AdmissionStep;
import io.berth.apiserver.registry.Meta;
import io.berth.apiserver.registry.ObjectStore;
import java.util.Comparator;

/** Gives a new ingress without a class the class that is marked as default. */
public final class IngressDefaults implements AdmissionStep {
  private static final String DEFAULT = "ingressclass.kubernetes.io/is-default-class";
  private static final String OLD_CLASS = "kubernetes.io/ingress.class";

  private final ParsedObjects classes;

  public IngressDefaults(ObjectStore objects) {
    this.classes = new ParsedObjects(objects, Resources.INGRESS_CLASSES);
  }

  @Override
  public void admit(AdmissionRequest request) {
    ObjectNode ingress = request.object();
    if (ingress == null
        || request.operation() != Operation.CREATE
        || !request.key().resource().equals(Resources.INGRESSES.groupResource())
        || ingress.path("spec").hasNonNull("ingressClassName")
        || ingress.path("metadata").path("annotations").has(OLD_CLASS)) {
      return;
    }
    classes.in(null).stream()
        .filter(IngressDefaults::isDefault)
        .max(
            Comparator.<JsonNode, String>comparing(c -> Meta.text(c, "creationTimestamp"))
                .thenComparing(Meta::name, Comparator.reverseOrder()))
        .ifPresent(c -> ingress.withObject("/spec").put("ingressClassName", Meta.name(c)));
  }

  private static boolean isDefault(JsonNode ingressClass) {
    return ingressClass
        .path("metadata")
        .path("annotations")
        .path(DEFAULT)
        .asText("")
        .equals("true");
  }
}
