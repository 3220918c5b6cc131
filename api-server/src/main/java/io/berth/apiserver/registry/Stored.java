package io.berth.apiserver.registry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Headers;
import io.berth.api.codec.Json;
import io.berth.api.object.ApiObject;

/**
 * One version of an object. The bytes are shared and must not be changed.
 *
 * @param json as clients get it, resourceVersion included
 * @param revision of this version
 */
public record Stored(byte[] json, long revision) {
  static Stored of(ApiObject object) {
    return new Stored(object.json(), object.header().revision());
  }

  /**
   * @param bytes as the store holds it, without a resourceVersion
   */
  static Stored at(long revision, byte[] bytes) {
    return new Stored(Headers.withRevision(bytes, revision), revision);
  }

  /** A tree of its own, resourceVersion included. */
  public ObjectNode tree() {
    return (ObjectNode) Json.parseTrusted(json);
  }
}
