package io.berth.apiserver.registry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.resource.GroupResource;
import io.berth.api.resource.ResourceDefinition;

/**
 * A resource or subresource whose creation is a question: it is answered, and nothing is stored.
 * Safe for use by many threads.
 */
public interface Computed {
  /**
   * Where questions are sent.
   *
   * @param subresource empty for the resource itself
   */
  record Target(GroupResource resource, String subresource) {
    public static Target of(ResourceDefinition resource) {
      return new Target(resource.groupResource(), "");
    }
  }

  /** Of which kind questions are; that of the resource unless it says otherwise. */
  default ResourceDefinition asks(ResourceDefinition resource) {
    return resource;
  }

  /**
   * Completes a question and checks it, between those who may change it and those who may refuse it
   * as it is then.
   *
   * @throws io.berth.api.transport.ApiException it is not valid
   */
  default void prepare(ObjectNode question, WriteCall call) {}

  /**
   * The answer, most often the question with its status.
   *
   * @param question passed the checks of its form, and {@link #prepare}; may be changed
   * @throws io.berth.api.transport.ApiException instead of an answer
   */
  ObjectNode answer(ObjectNode question, WriteCall call);
}
