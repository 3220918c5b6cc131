package io.berth.apiserver.server;

import io.berth.api.transport.ApiRequest;
import org.jspecify.annotations.Nullable;

/** Says who may do what. Safe for use by many threads; answers without I/O. */
@FunctionalInterface
public interface Authorizer {
  /**
   * @return null where it is allowed, else why not (empty where there is nothing to say but that no
   *     rule allows it)
   */
  @Nullable String deny(Identity who, Access what);

  /**
   * What somebody wants.
   *
   * @param verb what to do
   * @param group API group, empty for core
   * @param resource plural
   * @param subresource empty for the object itself
   * @param namespace empty for cluster scope and all namespaces
   * @param name empty for the collection
   * @param request the whole request, for rules that look at selectors and bodies
   */
  record Access(
      Verb verb,
      String group,
      String resource,
      String subresource,
      String namespace,
      String name,
      ApiRequest request) {
    static Access of(RequestInfo info, ApiRequest request) {
      return new Access(
          info.verb(),
          info.group(),
          info.resource().plural(),
          info.subresource(),
          info.namespace(),
          info.name(),
          request);
    }

    static Access of(Route.ToUnknown unknown, ApiRequest request) {
      String text = unknown.resource();
      int slash = text.indexOf('/');
      return new Access(
          unknown.verb(),
          unknown.group(),
          slash < 0 ? text : text.substring(0, slash),
          slash < 0 ? "" : text.substring(slash + 1),
          unknown.namespace(),
          unknown.name(),
          request);
    }

    Access as(Verb other) {
      return new Access(other, group, resource, subresource, namespace, name, request);
    }

    public boolean hasSubresource() {
      return !subresource.isEmpty();
    }

    /** {@code pods} or {@code pods/status}. */
    public String resourceText() {
      return subresource.isEmpty() ? resource : resource + "/" + subresource;
    }
  }
}
