package io.berth.apiserver.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.object.ObjectKey;
import io.berth.api.object.Quantity;
import io.berth.api.resource.GroupResource;
import io.berth.api.resource.Resources;
import io.berth.api.transport.Errors;
import io.berth.apiserver.registry.AdmissionRequest;
import io.berth.apiserver.registry.AdmissionRequest.Operation;
import io.berth.apiserver.registry.AdmissionStep;
import io.berth.apiserver.registry.Meta;
import io.berth.apiserver.registry.ObjectStore;
import java.util.Comparator;

/**
 * Claims: a new one without a class gets the default one, and one grows only where its class lets
 * it.
 */
public final class StorageDefaults implements AdmissionStep {
  private static final String DEFAULT = "storageclass.kubernetes.io/is-default-class";
  private static final String OLD_DEFAULT = "storageclass.beta.kubernetes.io/is-default-class";
  private static final String OLD_CLASS = "volume.beta.kubernetes.io/storage-class";
  private static final GroupResource CLAIMS = Resources.PERSISTENT_VOLUME_CLAIMS.groupResource();

  private final ObjectStore objects;
  private final ParsedObjects classes;

  public StorageDefaults(ObjectStore objects) {
    this.objects = objects;
    this.classes = new ParsedObjects(objects, Resources.STORAGE_CLASSES);
  }

  @Override
  public void admit(AdmissionRequest request) {
    ObjectNode object = request.object();
    if (object == null || request.operation() != Operation.CREATE) {
      return;
    }
    if (request.key().resource().equals(CLAIMS)) {
      setClass(object);
    }
  }

  private void setClass(ObjectNode claim) {
    if (claim.path("spec").hasNonNull("storageClassName")
        || claim.path("metadata").path("annotations").has(OLD_CLASS)) {
      return;
    }
    classes.in(null).stream()
        .filter(StorageDefaults::isDefault)
        .max(
            Comparator.<JsonNode, String>comparing(c -> Meta.text(c, "creationTimestamp"))
                .thenComparing(Meta::name, Comparator.reverseOrder()))
        .ifPresent(c -> claim.withObject("/spec").put("storageClassName", Meta.name(c)));
  }

  private static boolean isDefault(JsonNode storageClass) {
    JsonNode annotations = storageClass.path("metadata").path("annotations");
    return annotations.path(DEFAULT).asText("").equals("true")
        || annotations.path(OLD_DEFAULT).asText("").equals("true");
  }

  @Override
  public void validate(AdmissionRequest request) {
    ObjectNode claim = request.object();
    ObjectNode old = request.old();
    if (claim == null
        || old == null
        || !request.key().resource().equals(CLAIMS)
        || request.call().info().hasSubresource()) {
      return;
    }
    JsonNode now = storage(claim);
    JsonNode before = storage(old);
    if (now.isMissingNode()
        || before.isMissingNode()
        || Quantity.of(now).compareTo(Quantity.of(before)) <= 0) {
      return;
    }
    if (!old.path("status").path("phase").asText("").equals("Bound")) {
      throw refused(request, "Only bound persistent volume claims can be expanded");
    }
    if (!expandable(old)) {
      throw refused(
          request,
          "only dynamically provisioned pvc can be resized and the storageclass that provisions the"
              + " pvc must support resize");
    }
  }

  private static RuntimeException refused(AdmissionRequest request, String why) {
    return Errors.forbidden(request.key().resource(), request.key().name(), why);
  }

  private boolean expandable(JsonNode claim) {
    String old = claim.path("metadata").path("annotations").path(OLD_CLASS).asText("");
    String name = old.isEmpty() ? claim.path("spec").path("storageClassName").asText("") : old;
    return !name.isEmpty()
        && objects
            .find(ObjectKey.of(Resources.STORAGE_CLASSES.groupResource(), "", name))
            .map(found -> found.tree().path("allowVolumeExpansion").asBoolean())
            .orElse(false);
  }

  private static JsonNode storage(JsonNode claim) {
    return claim.path("spec").path("resources").path("requests").path("storage");
  }
}
