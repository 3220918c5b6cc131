package io.berth.apiserver.store;

import io.berth.api.object.ObjectKey;
import io.berth.api.resource.GroupResource;
import java.util.Comparator;
import org.jspecify.annotations.Nullable;

/**
 * Where objects live in a store: {@code /registry/<group, or core>/<resource>/<namespace, or
 * _>/<name>}. The only place that knows.
 */
public final class StoreKeys {
  /** All objects. */
  public static final String ROOT = "/registry/";

  private static final String CORE = "core";
  private static final String NO_NAMESPACE = "_";

  /**
   * The store's order of the keys of one resource: that of {@code namespace/name} as one text,
   * which is not the order of namespaces first, because {@code -} sorts before {@code /}.
   */
  public static final Comparator<ObjectKey> ORDER = StoreKeys::compare;

  private StoreKeys() {}

  /** The key of one object. */
  public static String of(ObjectKey key) {
    return prefix(key.resource(), namespacePart(key.namespace())) + key.name();
  }

  /** The prefix of all objects of a resource. */
  public static String prefix(GroupResource resource) {
    String group = resource.group().isEmpty() ? CORE : resource.group();
    return ROOT + group + "/" + resource.resource() + "/";
  }

  /**
   * The prefix of the objects of a resource in a namespace.
   *
   * @param namespace null for all; empty for cluster-scoped objects
   */
  public static String prefix(GroupResource resource, @Nullable String namespace) {
    return namespace == null ? prefix(resource) : prefix(resource) + namespacePart(namespace) + "/";
  }

  /** The object that a store's key names, or null where the key is not an object's. */
  public static @Nullable ObjectKey parse(String key) {
    if (!key.startsWith(ROOT)) {
      return null;
    }
    int resource = key.indexOf('/', ROOT.length());
    int namespace = resource < 0 ? -1 : key.indexOf('/', resource + 1);
    int name = namespace < 0 ? -1 : key.indexOf('/', namespace + 1);
    if (name < 0 || name == key.length() - 1) {
      return null;
    }
    String group = key.substring(ROOT.length(), resource);
    String space = key.substring(namespace + 1, name);
    return new ObjectKey(
        new GroupResource(
            group.equals(CORE) ? "" : group, key.substring(resource + 1, namespace).intern()),
        space.equals(NO_NAMESPACE) ? "" : space,
        key.substring(name + 1));
  }

  private static String namespacePart(String namespace) {
    return namespace.isEmpty() ? NO_NAMESPACE : namespace;
  }

  private static int compare(ObjectKey a, ObjectKey b) {
    int c = compareNamespaces(a.namespace(), b.namespace());
    return c != 0 ? c : a.name().compareTo(b.name());
  }

  /** The store's order of the namespaces of one resource's objects. */
  public static int compareNamespaces(String a, String b) {
    if (a.equals(b)) {
      return 0;
    }
    String left = namespacePart(a);
    String right = namespacePart(b);
    int shorter = Math.min(left.length(), right.length());
    for (int i = 0; i < shorter; i++) {
      int c = Character.compare(left.charAt(i), right.charAt(i));
      if (c != 0) {
        return c;
      }
    }
    return left.length() < right.length()
        ? Character.compare('/', right.charAt(shorter))
        : Character.compare(left.charAt(shorter), '/');
  }
}
