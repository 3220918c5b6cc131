package io.berth.api.object;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.codec.Typed;

/**
 * One version of an object as a client holds it: its header and its JSON, {@code resourceVersion}
 * included. The bytes are shared and must not be changed. Typed views and trees are made on each
 * call and belong to the caller: keep them for one reconcile and drop them.
 *
 * @param header what selectors and indexes look at
 * @param json the whole object, UTF-8 JSON
 */
public record ApiObject(ObjectHeader header, byte[] json) {
  public ObjectKey key() {
    return header.key();
  }

  /** Decodes into one of fabric8's model classes. */
  public <T> T as(Class<T> type) {
    return Typed.decode(json, type);
  }

  /** Decodes into a JSON tree that the caller may change. */
  public JsonNode tree() {
    return Json.parseTrusted(json);
  }

  /** The same without {@code metadata.managedFields}, in half the time: for who only reads. */
  public ObjectNode treeWithoutOwners() {
    return Json.parseWithoutOwners(json);
  }

  @Override
  public String toString() {
    return key() + "@" + header.revision();
  }
}
