package io.berth.apiserver.admission;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.object.ObjectKey;
import io.berth.api.resource.Resources;
import io.berth.api.transport.ApiException;
import io.berth.api.transport.Errors;
import io.berth.apiserver.registry.AdmissionRequest;
import io.berth.apiserver.registry.AdmissionRequest.Operation;
import io.berth.apiserver.registry.AdmissionStep;
import io.berth.apiserver.registry.Meta;
import io.berth.apiserver.registry.ObjectStore;
import io.berth.apiserver.registry.Stored;
import java.util.Optional;
import java.util.Set;

/**
 * Nothing is created in a namespace that does not exist or is being deleted, and the namespaces
 * that a cluster cannot do without are not deleted.
 */
public final class NamespaceLifecycle implements AdmissionStep {
  private static final Set<String> IMMORTAL =
      Set.of("default", "kube-system", "kube-public", "kube-node-lease");

  private final ObjectStore objects;

  public NamespaceLifecycle(ObjectStore objects) {
    this.objects = objects;
  }

  @Override
  public void admit(AdmissionRequest request) {
    ObjectKey key = request.key();
    if (request.operation() == Operation.DELETE) {
      checkDelete(key);
    } else if (request.operation() == Operation.CREATE && !key.namespace().isEmpty()) {
      checkCreate(key);
    }
  }

  private static void checkDelete(ObjectKey key) {
    if (key.resource().equals(Resources.NAMESPACES.groupResource())
        && IMMORTAL.contains(key.name())) {
      throw Errors.forbidden(key.resource(), key.name(), "this namespace may not be deleted");
    }
  }

  private void checkCreate(ObjectKey key) {
    ObjectKey namespace = ObjectKey.of(Resources.NAMESPACES.groupResource(), "", key.namespace());
    Optional<Stored> found = objects.find(namespace);
    if (found.isEmpty()) {
      throw Errors.notFound(namespace.resource(), namespace.name());
    }
    JsonNode tree = found.get().tree();
    if (Meta.deleting(tree) || tree.path("status").path("phase").asText().equals("Terminating")) {
      throw terminating(key);
    }
  }

  private static ApiException terminating(ObjectKey key) {
    ApiException forbidden =
        Errors.forbidden(
            key.resource(),
            key.name(),
            "unable to create new content in namespace "
                + key.namespace()
                + " because it is being terminated");
    ObjectNode details = forbidden.details();
    if (details != null) {
      details
          .putArray("causes")
          .addObject()
          .put("reason", "NamespaceTerminating")
          .put("message", "namespace " + key.namespace() + " is being terminated")
          .put("field", "metadata.namespace");
    }
    return forbidden;
  }
}
