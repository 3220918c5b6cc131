package io.berth.apiserver.admission;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.resource.Resources;
import io.berth.apiserver.registry.AdmissionRequest;
import io.berth.apiserver.registry.AdmissionRequest.Operation;
import org.jspecify.annotations.Nullable;

/** What the steps for new pods begin with. */
final class NewPods {
  private NewPods() {}

  /** The spec of the pod that a request creates, null where it does something else. */
  static @Nullable ObjectNode spec(AdmissionRequest request) {
    ObjectNode object = request.object();
    return object != null
            && request.operation() == Operation.CREATE
            && request.key().resource().equals(Resources.PODS.groupResource())
        ? object.withObject("/spec")
        : null;
  }
}
