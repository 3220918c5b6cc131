package io.berth.apiserver.registry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.object.ObjectKey;
import io.berth.apiserver.registry.Updates.Part;

/**
 * The {@code finalize} of a namespace: changes {@code spec.finalizers} and nothing else. When the
 * last one is gone from a namespace that is being deleted, so is the namespace.
 */
final class FinalizeSubresource {
  private FinalizeSubresource() {}

  static Updates.Outcome update(Updates updates, ObjectKey key, WriteCall call, ObjectNode body) {
    return updates.update(
        key,
        Part.ANY,
        call,
        namespace -> {
          Meta.copy("resourceVersion", body.path("metadata"), Meta.of(namespace));
          Meta.copy("uid", body.path("metadata"), Meta.of(namespace));
          Meta.copy("finalizers", body.path("spec"), namespace.withObject("/spec"));
          return namespace;
        });
  }
}
