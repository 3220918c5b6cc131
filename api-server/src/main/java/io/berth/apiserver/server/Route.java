package io.berth.apiserver.server;

import io.berth.api.resource.GroupVersion;
import io.berth.api.resource.ResourceDefinition;
import org.jspecify.annotations.Nullable;

/** Where a request goes. */
public sealed interface Route {
  /** A resource that is served. */
  record ToResource(RequestInfo info) implements Route {}

  /**
   * A path of the form of a resource's that nothing is served at. Known by name all the same, so
   * that whoever may not ask is not told what exists.
   *
   * @param group API group, empty for core
   * @param version as in the path
   * @param resource plural, with the subresource behind a slash
   * @param verb what it wants to do
   * @param namespace empty where the path names none
   * @param name empty for the collection
   */
  record ToUnknown(
      String group, String version, String resource, Verb verb, String namespace, String name)
      implements Route {}

  /**
   * A served resource, with a method that it does not take.
   *
   * @param resource the resource
   */
  record BadMethod(ResourceDefinition resource) implements Route {}

  /**
   * What another server serves.
   *
   * @param version the group version that is delegated
   * @param wanted what of it is asked for; null for a document about it
   */
  record ToDelegate(GroupVersion version, @Nullable ToUnknown wanted) implements Route {}

  /** Any other path: discovery, health, metrics, version. */
  record ToPath(String path) implements Route {}
}
