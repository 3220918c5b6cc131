package io.berth.apiserver.store.etcd;

import com.google.protobuf.ByteString;
import io.berth.apiserver.store.Store;
import io.etcd.jetcd.api.Event;
import io.etcd.jetcd.api.KeyValue;

/** etcd's bytes and messages as a store speaks of them. */
final class EtcdKeys {
  private EtcdKeys() {}

  static ByteString bytes(String key) {
    return ByteString.copyFromUtf8(key);
  }

  /** The first key behind all those that begin with the prefix, which ends in a slash. */
  static ByteString end(String prefix) {
    int last = prefix.length() - 1;
    return bytes(prefix.substring(0, last) + (char) (prefix.charAt(last) + 1));
  }

  static Store.Entry entry(KeyValue kv) {
    return new Store.Entry(
        kv.getKey().toStringUtf8(),
        kv.getValue().toByteArray(),
        kv.getCreateRevision(),
        kv.getModRevision());
  }

  static Store.Event event(Event event) {
    KeyValue kv = event.getKv();
    boolean deleted = event.getType() == Event.EventType.DELETE;
    return new Store.Event(
        kv.getModRevision(),
        kv.getKey().toStringUtf8(),
        deleted ? null : kv.getValue().toByteArray(),
        event.hasPrevKv() ? entry(event.getPrevKv()) : null);
  }
}
