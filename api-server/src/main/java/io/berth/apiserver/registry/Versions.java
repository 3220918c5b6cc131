package io.berth.apiserver.registry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.object.ApiObject;
import java.util.List;

/**
 * Carries a resource's objects between the version of a request, the version that its kind's rules
 * are written for, and the version that is stored.
 *
 * <pre>
 *   stored --opened--> ruled --requested--> as clients see it
 *   stored <--stored-- ruled <--ruled------ as clients send it
 * </pre>
 *
 * Without state; safe for use by many threads. A tree that is given may be changed and returned.
 */
public interface Versions {
  /** All three are the same. */
  Versions ONE = new Versions() {};

  /** Whether clients get just these stored bytes, so that nothing has to be read. */
  default boolean plain(byte[] json) {
    return true;
  }

  /**
   * Brings objects as stored into the version that rules are written for.
   *
   * @throws io.berth.api.transport.ApiException a webhook that converts them does not
   */
  default List<ObjectNode> opened(List<ObjectNode> stored) {
    return stored;
  }

  /** The same for one object. */
  default ObjectNode opened(ObjectNode stored) {
    return opened(List.of(stored)).getFirst();
  }

  /** What clients see of an object in the version of the rules. */
  default ObjectNode requested(ObjectNode ruled) {
    return ruled;
  }

  /** What a client sent, in the version of the rules. */
  default ObjectNode ruled(ObjectNode requested) {
    return requested;
  }

  /** An object in the version of the rules as it is stored. */
  default ObjectNode stored(ObjectNode ruled) {
    return ruled;
  }

  /** A selectable field's value, by its stored name; empty where the object does not set it. */
  default String field(ApiObject object, String field) {
    return object.header().fields().getOrDefault(field, "");
  }

  /** How the stored version names a selectable field of the request's. */
  default String storedField(String field) {
    return field;
  }
}
