package io.berth.apiserver.registry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.object.ObjectKey;
import org.jspecify.annotations.Nullable;

/**
 * A write on its way to the store, or a connection about to be made.
 *
 * @param operation what it does
 * @param call the request behind it
 * @param key the object; without a name while that is not generated yet
 * @param object the new version, or a connection's options, which a step may change; null for a
 *     deletion
 * @param old the version before, not to be changed; null for a creation
 * @param again what of it is to be asked about again
 */
public record AdmissionRequest(
    Operation operation,
    WriteCall call,
    ObjectKey key,
    @Nullable ObjectNode object,
    @Nullable ObjectNode old,
    Reinvocation again) {
  /** What is done to the object. */
  public enum Operation {
    CREATE,
    UPDATE,
    DELETE,
    CONNECT
  }

  /**
   * Whether it sends an object of its own to a subresource, such as a Binding or PodExecOptions.
   */
  public boolean part() {
    return operation == Operation.CONNECT
        || (operation == Operation.CREATE && call.info().hasSubresource());
  }

  /** Whether it is what became of such a request, which was asked about already. */
  public boolean ofPart() {
    String subresource = call.info().subresource();
    return operation != Operation.CREATE
        && (subresource.equals("binding") || subresource.equals("eviction"));
  }

  static AdmissionRequest create(WriteCall call, ObjectKey key, ObjectNode object) {
    return new AdmissionRequest(Operation.CREATE, call, key, object, null, new Reinvocation());
  }

  static AdmissionRequest connect(WriteCall call, ObjectKey key, ObjectNode options) {
    return new AdmissionRequest(Operation.CONNECT, call, key, options, null, new Reinvocation());
  }

  static AdmissionRequest update(WriteCall call, ObjectKey key, ObjectNode object, ObjectNode old) {
    return new AdmissionRequest(Operation.UPDATE, call, key, object, old, new Reinvocation());
  }

  static AdmissionRequest delete(WriteCall call, ObjectKey key, ObjectNode old) {
    return new AdmissionRequest(Operation.DELETE, call, key, null, old, new Reinvocation());
  }
}
