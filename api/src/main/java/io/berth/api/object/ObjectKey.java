package io.berth.api.object;

import io.berth.api.resource.GroupResource;

/**
 * Names one object: its resource, namespace and name.
 *
 * @param resource group and plural
 * @param namespace empty for cluster-scoped objects
 * @param name the object's name
 */
public record ObjectKey(GroupResource resource, String namespace, String name)
    implements Comparable<ObjectKey> {
  public static ObjectKey of(GroupResource resource, String namespace, String name) {
    return new ObjectKey(resource, namespace, name);
  }

  @Override
  public int compareTo(ObjectKey other) {
    int c = resource.compareTo(other.resource);
    if (c == 0) {
      c = namespace.compareTo(other.namespace);
    }
    return c != 0 ? c : name.compareTo(other.name);
  }

  /**
   * {@code namespace/name}, or the name alone where there is no namespace: the form of work queues
   * and logs.
   */
  public String namespacedName() {
    return namespace.isEmpty() ? name : namespace + "/" + name;
  }

  @Override
  public String toString() {
    return resource + ":" + namespacedName();
  }
}
