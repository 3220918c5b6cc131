package io.berth.apiserver.server;

import io.berth.api.resource.GroupVersion;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.transport.ApiRequest;
import org.jspecify.annotations.Nullable;

/**
 * Finds a request's {@link Route}: splits {@code /api/v1/...} and {@code /apis/GROUP/VERSION/...}
 * by hand (it is on the way of every request). Safe for use by many threads.
 */
public final class Router {
  private static final String NAMESPACES = "namespaces";
  private static final String PROXY = "proxy";
  private static final String OPENAPI = "/openapi/v3/apis/";

  private final ServedResources served;

  public Router(ServedResources served) {
    this.served = served;
  }

  /**
   * Whether a path is a proxy's, so that its request is to be passed on unread: {@code
   * /api/v1/nodes/NAME/proxy}, {@code /api/v1/namespaces/NAMESPACE/pods/NAME/proxy} or a service's,
   * and all below.
   */
  public static boolean isProxy(String path) {
    if (!path.startsWith("/api/v1/n") || path.indexOf("/" + PROXY) < 0) {
      return false;
    }
    Segments segments = new Segments(path);
    segments.next();
    segments.next();
    String plural = segments.next();
    if (plural.equals(NAMESPACES)) {
      segments.next();
      plural = segments.next();
    }
    segments.next();
    return segments.next().equals(PROXY)
        && (plural.equals("pods") || plural.equals("services") || plural.equals("nodes"));
  }

  /** Whether another server is to answer, so that the request is to be passed on unread. */
  boolean isDelegated(String path) {
    ServedResources.Snapshot now = served.snapshot();
    if (now.delegated().isEmpty()) {
      return false;
    }
    if (path.startsWith(OPENAPI)) {
      return delegatedDocument(path) != null;
    }
    Segments segments = new Segments(path);
    return segments.next().equals("apis") && now.delegates(segments.next(), segments.next());
  }

  /** Whose OpenAPI document a path is, where another server writes it. */
  private @Nullable GroupVersion delegatedDocument(String path) {
    ServedResources.Snapshot now = served.snapshot();
    if (now.delegated().isEmpty() || !path.startsWith(OPENAPI)) {
      return null;
    }
    Segments segments = new Segments(path.substring(OPENAPI.length() - 1));
    GroupVersion version = new GroupVersion(segments.next(), segments.next());
    Delegated known = segments.next().isEmpty() ? now.delegated().get(version) : null;
    return known == null || known.writesOldOpenApi() != null ? null : version;
  }

  public Route route(ApiRequest request) {
    String path = request.path();
    Segments segments = new Segments(path);
    String root = segments.next();
    String group;
    if (root.equals("api")) {
      group = "";
    } else if (root.equals("apis")) {
      group = segments.next();
    } else {
      GroupVersion document = root.equals("openapi") ? delegatedDocument(path) : null;
      return document == null ? new Route.ToPath(path) : new Route.ToDelegate(document, null);
    }
    String version = segments.next();
    String first = segments.next();
    if (first.isEmpty()) {
      boolean plain = path.length() <= group.length() + version.length() + "/apis///".length();
      return plain && served.snapshot().delegates(group, version)
          ? new Route.ToDelegate(new GroupVersion(group, version), null)
          : new Route.ToPath(path);
    }
    return resource(request, group, version, first, segments);
  }

  private Route resource(
      ApiRequest request, String group, String version, String first, Segments rest) {
    boolean watch = first.equals("watch"); // the old form: /api/v1/watch/pods
    String plural = watch ? rest.next() : first;
    String namespace = "";
    String name = rest.next();
    if (plural.equals(NAMESPACES) && group.isEmpty() && !name.isEmpty()) {
      String inner = rest.peek();
      if (!inner.isEmpty() && !namespaceSubresource(inner)) {
        namespace = name;
        plural = rest.next();
        name = rest.next();
      }
    } else if (plural.equals(NAMESPACES) && !group.isEmpty()) {
      namespace = name;
      plural = rest.next();
      name = rest.next();
    }
    String subresource = rest.rest();
    if (subresource.startsWith(PROXY + "/")) {
      subresource = PROXY; // what follows is the other side's path
    }
    ResourceDefinition resource = served.find(group, version, plural);
    Verb verb = verb(request, name, watch);
    if (resource == null || !scopeFits(resource, namespace, name)) {
      // As in Kubernetes it is the first segment that tells the subresource: portforward/80/tcp.
      int end = subresource.indexOf('/');
      String sub = end < 0 ? subresource : subresource.substring(0, end);
      String text = sub.isEmpty() ? plural : plural + "/" + sub;
      if (resource == null && served.snapshot().delegates(group, version)) {
        GroupVersion versioned = new GroupVersion(group, version);
        boolean odd = verb == null && !isWrite(request.method());
        if (odd || !isPlain(request.path())) {
          // No verb to allow it by, or the other server might read it as something else.
          return new Route.ToPath(request.path());
        }
        boolean ofSpace = plural.isEmpty() || namespaceSubresource(plural);
        if (ofSpace && !namespace.isEmpty()) {
          // As Kubernetes reads it, whatever the group: a namespace, or its status.
          String space = plural.isEmpty() ? NAMESPACES : NAMESPACES + "/" + plural;
          Verb asked = verb(request, namespace, watch);
          return delegated(request, versioned, space, namespace, namespace, asked);
        }
        return delegated(request, versioned, text, namespace, name, verb);
      }
      return new Route.ToUnknown(
          group, version, text, verb == null ? Verb.GET : verb, namespace, name);
    }
    boolean head = request.method().equals("HEAD") && !subresource.startsWith("proxy");
    if (verb == null || head || (verb == Verb.CREATE && !name.isEmpty() && subresource.isEmpty())) {
      return new Route.BadMethod(resource);
    }
    return new Route.ToResource(new RequestInfo(verb, resource, namespace, name, subresource));
  }

  /** Whether every segment stands for itself: none is empty or leads elsewhere. */
  private static boolean isPlain(String path) {
    return !path.contains("//") && !(path + "/").contains("/./") && !(path + "/").contains("/../");
  }

  private static boolean isWrite(String method) {
    return method.equals("PUT") || method.equals("PATCH");
  }

  /** What a request asks of another server, told by its path and method alone. */
  private static Route delegated(
      ApiRequest request,
      GroupVersion version,
      String resource,
      String namespace,
      String name,
      @Nullable Verb verb) {
    Verb wanted =
        switch (request.method()) {
          case "PUT" -> Verb.UPDATE;
          case "PATCH" -> Verb.PATCH;
          default -> verb == null ? Verb.GET : verb;
        };
    return new Route.ToDelegate(
        version,
        new Route.ToUnknown(version.group(), version.version(), resource, wanted, namespace, name));
  }

  private static boolean namespaceSubresource(String segment) {
    return segment.equals("status") || segment.equals("finalize");
  }

  /**
   * A namespaced resource's collection may be asked for without a namespace (all of them), one of
   * its objects may not; a cluster-scoped resource never lies in a namespace.
   */
  private static boolean scopeFits(ResourceDefinition resource, String namespace, String name) {
    return resource.namespaced() ? !namespace.isEmpty() || name.isEmpty() : namespace.isEmpty();
  }

  private static @Nullable Verb verb(ApiRequest request, String name, boolean watchPath) {
    boolean named = !name.isEmpty();
    return switch (request.method()) {
      case "GET", "HEAD" ->
          watchPath || (!named && flag(request.query("watch")))
              ? Verb.WATCH
              : named ? Verb.GET : Verb.LIST;
      case "POST" -> Verb.CREATE;
      case "PUT" -> named ? Verb.UPDATE : null;
      case "PATCH" -> named ? Verb.PATCH : null;
      case "DELETE" -> named ? Verb.DELETE : Verb.DELETE_COLLECTION;
      default -> null;
    };
  }

  /** As Kubernetes reads a flag of a query: present and neither false nor 0. */
  public static boolean flag(@Nullable String value) {
    return value != null && !value.equals("0") && !value.equalsIgnoreCase("false");
  }

  /** Walks a path's segments without copying the path. */
  private static final class Segments {
    private final String path;
    private int at = 1;

    Segments(String path) {
      this.path = path;
    }

    /** The next segment, empty at the end. */
    String next() {
      String segment = peek();
      at += segment.length() + 1;
      return segment;
    }

    String peek() {
      if (at >= path.length()) {
        return "";
      }
      int end = path.indexOf('/', at);
      return path.substring(at, end < 0 ? path.length() : end);
    }

    /** All that is left, without a closing slash. */
    String rest() {
      if (at >= path.length()) {
        return "";
      }
      int end = path.endsWith("/") ? path.length() - 1 : path.length();
      return path.substring(at, Math.max(at, end));
    }
  }
}
