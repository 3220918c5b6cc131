package io.berth.apiserver.server;

import io.berth.api.resource.ResourceDefinition;

/**
 * What a request on a resource wants, read off its method, path and query. Immutable.
 *
 * @param verb what it wants to do
 * @param resource the resource that the path names
 * @param namespace empty for cluster-scoped resources and for all namespaces
 * @param name empty for the collection
 * @param subresource empty for the object itself; with slashes where the path goes on behind it
 */
public record RequestInfo(
    Verb verb, ResourceDefinition resource, String namespace, String name, String subresource) {
  public String group() {
    return resource.group();
  }

  public String version() {
    return resource.version();
  }

  public boolean hasSubresource() {
    return !subresource.isEmpty();
  }

  /** {@code pods} or {@code pods/status}: the form of messages and metrics. */
  public String resourceText() {
    return subresource.isEmpty() ? resource.plural() : resource.plural() + "/" + subresource;
  }
}
