package io.berth.apiserver.server;

import io.berth.api.transport.ApiRequest;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Says who may do what. Safe for use by many threads; answers without I/O. */
@FunctionalInterface
public interface Authorizer {
  Decision decide(Identity who, Access what);

  /** Whether it is allowed; a shorthand for those who need no reason. */
  default boolean allows(Identity who, Access what) {
    return decide(who, what).allowed();
  }

  /**
   * An answer.
   *
   * @param allowed whether some rule allows it
   * @param reason which rule, or why not; may be empty
   */
  record Decision(boolean allowed, String reason) {
    /** No rule allows it, and there is nothing more to say. */
    public static final Decision NO = new Decision(false, "");

    public static Decision allow(String reason) {
      return new Decision(true, reason);
    }

    public static Decision deny(String reason) {
      return reason.isEmpty() ? NO : new Decision(false, reason);
    }
  }

  /**
   * What somebody wants: something with a resource, or with a path that is none.
   *
   * @param verb what to do: one of {@link Verb}, an HTTP method in lower case for a path, or a verb
   *     that only rules know, such as {@code impersonate}
   * @param group API group, empty for core
   * @param resource plural, empty for a path
   * @param subresource empty for the object itself
   * @param namespace empty for cluster scope and all namespaces
   * @param name empty for the collection
   * @param path empty for a resource
   * @param fieldSelector as a list's query parameter, empty for none
   * @param request the whole request, for rules that look at the body; null where there is none yet
   */
  record Access(
      String verb,
      String group,
      String resource,
      String subresource,
      String namespace,
      String name,
      String path,
      String fieldSelector,
      @Nullable ApiRequest request) {
    static Access of(RequestInfo info, ApiRequest request) {
      return new Access(
          info.verb().text(),
          info.group(),
          info.resource().plural(),
          info.subresource(),
          info.namespace(),
          info.name(),
          "",
          selector(request),
          request);
    }

    static Access of(Route.ToUnknown unknown, ApiRequest request) {
      String text = unknown.resource();
      int slash = text.indexOf('/');
      return new Access(
          unknown.verb().text(),
          unknown.group(),
          slash < 0 ? text : text.substring(0, slash),
          slash < 0 ? "" : text.substring(slash + 1),
          unknown.namespace(),
          unknown.name(),
          "",
          selector(request),
          request);
    }

    static Access ofPath(ApiRequest request) {
      return path(request.method().toLowerCase(Locale.ROOT), request.path());
    }

    /** Something with a path that is no resource. */
    public static Access path(String verb, String path) {
      return new Access(verb, "", "", "", "", "", path, "", null);
    }

    /** Something with an object or a collection that no request is behind. */
    public static Access resource(
        String verb, String group, String resource, String namespace, String name) {
      return new Access(verb, group, resource, "", namespace, name, "", "", null);
    }

    /** The same with another verb. */
    public Access withVerb(String other) {
      return new Access(
          other, group, resource, subresource, namespace, name, path, fieldSelector, request);
    }

    private static String selector(ApiRequest request) {
      String selector = request.query("fieldSelector");
      return selector == null ? "" : selector;
    }

    public boolean isPath() {
      return resource.isEmpty();
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
