package io.berth.apiserver.cache;

import io.berth.api.object.ObjectKey;
import io.berth.api.resource.GroupResource;
import io.berth.api.resource.Resources;
import io.berth.apiserver.store.Store;
import io.berth.apiserver.store.Store.WriteResult.Written;
import io.berth.apiserver.store.StoreKeys;
import java.nio.charset.StandardCharsets;

/** Small pods for tests of the cache. */
final class Pods {
  static final GroupResource RESOURCE = Resources.PODS.groupResource();

  private Pods() {}

  static ObjectKey key(String namespace, String name) {
    return ObjectKey.of(RESOURCE, namespace, name);
  }

  static byte[] json(ObjectKey key, String node, String app) {
    return """
        {"kind":"Pod","apiVersion":"v1","metadata":{"name":"%s","namespace":"%s",\
        "labels":{"app":"%s"}},"spec":{"nodeName":"%s"}}"""
        .formatted(key.name(), key.namespace(), app, node)
        .getBytes(StandardCharsets.UTF_8);
  }

  static long create(Store store, ObjectKey key, String node, String app) {
    return ((Written) store.create(StoreKeys.of(key), json(key, node, app), 0)).revision();
  }

  static long update(Store store, ObjectKey key, long expected, String node, String app) {
    return ((Written) store.update(StoreKeys.of(key), json(key, node, app), expected, 0))
        .revision();
  }

  static long delete(Store store, ObjectKey key, long expected) {
    return ((Written) store.delete(StoreKeys.of(key), expected)).revision();
  }
}
