package io.berth.apiserver.kinds;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.object.Names;
import io.berth.apiserver.registry.Meta;
import io.berth.apiserver.registry.Strategy;
import io.berth.apiserver.registry.WriteCall;
import java.util.List;

/**
 * Namespaces: born Active, and kept in phase Terminating until the namespace controller has emptied
 * them and takes its finalizer away.
 */
final class NamespaceStrategy implements Strategy {
  private static final String FINALIZER = "kubernetes";

  @Override
  public List<String> checkName(String name) {
    return Names.dns1123Label(name);
  }

  @Override
  public void prepareCreate(ObjectNode namespace, WriteCall call) {
    var finalizers = namespace.withObject("/spec").withArray("finalizers");
    boolean has = false;
    for (var finalizer : finalizers) {
      has |= finalizer.asText().equals(FINALIZER);
    }
    if (!has) {
      finalizers.add(FINALIZER);
    }
    namespace.putObject("status").put("phase", "Active");
  }

  @Override
  public void prepareUpdate(ObjectNode namespace, ObjectNode old, WriteCall call) {
    Meta.copy("spec", old, namespace);
  }

  @Override
  public void prepareDeletion(ObjectNode namespace) {
    namespace.withObject("/status").put("phase", "Terminating");
  }

  @Override
  public boolean held(ObjectNode namespace) {
    return !namespace.path("spec").path("finalizers").isEmpty();
  }
}
