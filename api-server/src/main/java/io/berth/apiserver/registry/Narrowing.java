package io.berth.apiserver.registry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.function.UnaryOperator;

/**
 * A subresource that takes the whole object and changes a part of it: decides what of a proposed
 * version counts.
 */
@FunctionalInterface
public interface Narrowing {
  /**
   * @param next a copy of the version before, to be changed and stored
   * @param proposed what the client wants the object to be; may be changed
   * @throws io.berth.api.transport.ApiException the proposal is refused
   */
  void narrow(ObjectNode next, ObjectNode proposed, WriteCall call);

  /** The change with all but that part taken out, and its preconditions kept. */
  default UnaryOperator<ObjectNode> of(UnaryOperator<ObjectNode> change, WriteCall call) {
    return current -> {
      ObjectNode next = current.deepCopy();
      ObjectNode proposed = change.apply(current);
      for (String field : new String[] {"name", "namespace", "uid", "resourceVersion"}) {
        Meta.copy(field, proposed.path("metadata"), Meta.of(next));
      }
      narrow(next, proposed, call);
      return next;
    };
  }
}
