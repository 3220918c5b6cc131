package io.berth.apiserver.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.resource.GroupResource;
import io.berth.api.resource.Resources;
import io.berth.apiserver.registry.AdmissionRequest;
import io.berth.apiserver.registry.AdmissionRequest.Operation;
import io.berth.apiserver.registry.AdmissionStep;
import java.util.Map;

/**
 * New claims and volumes get a finalizer, so that they stay while they are in use. Their
 * controllers take it off.
 */
public final class StorageProtection implements AdmissionStep {
  private static final Map<GroupResource, String> FINALIZERS =
      Map.of(
          Resources.PERSISTENT_VOLUME_CLAIMS.groupResource(), "kubernetes.io/pvc-protection",
          Resources.PERSISTENT_VOLUMES.groupResource(), "kubernetes.io/pv-protection");

  @Override
  public void admit(AdmissionRequest request) {
    ObjectNode object = request.object();
    String finalizer = FINALIZERS.get(request.key().resource());
    if (object == null || finalizer == null || request.operation() != Operation.CREATE) {
      return;
    }
    ArrayNode finalizers = object.withObject("/metadata").withArray("finalizers");
    for (JsonNode there : finalizers) {
      if (there.asText("").equals(finalizer)) {
        return;
      }
    }
    finalizers.add(finalizer);
  }
}
