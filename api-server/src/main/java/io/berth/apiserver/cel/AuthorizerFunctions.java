package io.berth.apiserver.cel;

import static io.berth.apiserver.cel.Function.member;

import com.google.errorprone.annotations.Immutable;
import dev.cel.common.types.CelType;
import dev.cel.common.types.OpaqueType;
import dev.cel.common.types.SimpleType;
import io.berth.api.object.Names;
import io.berth.apiserver.server.Authorizer;
import io.berth.apiserver.server.Authorizer.Access;
import io.berth.apiserver.server.Authorizer.Decision;
import io.berth.apiserver.server.Identity;
import java.util.List;

/**
 * What expressions may ask of who may do what: {@code
 * authorizer.group('apps').resource('deployments').namespace('x').check('get').allowed()}.
 */
public final class AuthorizerFunctions {
  /** Of {@code authorizer}. */
  public static final CelType AUTHORIZER = type("Authorizer");

  /** Of {@code authorizer.requestResource}. */
  public static final CelType RESOURCE_CHECK = type("ResourceCheck");

  private static final CelType PATH_CHECK = type("PathCheck");
  private static final CelType GROUP_CHECK = type("GroupCheck");
  private static final CelType DECISION = type("Decision");
  private static final CelType TEXT = SimpleType.STRING;

  private record Subject(Authorizer authorizer, Identity who) {}

  private record PathCheck(Subject subject, String path) {}

  private record GroupCheck(Subject subject, String group) {}

  private record ResourceCheck(Subject subject, Access what) {}

  private AuthorizerFunctions() {}

  /** The value of {@code authorizer}: what that one may do. */
  public static Object authorizer(Authorizer authorizer, Identity who) {
    return new Subject(authorizer, who);
  }

  /** The value of {@code authorizer.requestResource}; the verb is what is checked. */
  public static Object requestResource(Authorizer authorizer, Identity who, Access what) {
    return new ResourceCheck(new Subject(authorizer, who), what);
  }

  private static CelType type(String name) {
    return OpaqueType.create("kubernetes.authorization." + name);
  }

  static List<Function> all() {
    return List.of(
        member("path", PATH_CHECK, Subject.class, AuthorizerFunctions::path, AUTHORIZER, TEXT),
        member(
            "group",
            GROUP_CHECK,
            Subject.class,
            a -> new GroupCheck((Subject) a[0], (String) a[1]),
            AUTHORIZER,
            TEXT),
        member(
            "serviceAccount",
            AUTHORIZER,
            Subject.class,
            a -> serviceAccount((Subject) a[0], (String) a[1], (String) a[2]),
            AUTHORIZER,
            TEXT,
            TEXT),
        member(
            "resource",
            RESOURCE_CHECK,
            GroupCheck.class,
            AuthorizerFunctions::resource,
            GROUP_CHECK,
            TEXT),
        narrowing("subresource", (what, text) -> access(what, text, what.namespace(), what.name())),
        narrowing("namespace", (what, text) -> access(what, what.subresource(), text, what.name())),
        narrowing("name", (what, text) -> access(what, what.subresource(), what.namespace(), text)),
        narrowing("fieldSelector", AuthorizerFunctions::selecting),
        narrowing("labelSelector", (what, text) -> what),
        member(
            "check",
            DECISION,
            PathCheck.class,
            a -> {
              PathCheck check = (PathCheck) a[0];
              return decide(check.subject(), Access.path((String) a[1], check.path()));
            },
            PATH_CHECK,
            TEXT),
        member(
            "check",
            DECISION,
            ResourceCheck.class,
            a -> {
              ResourceCheck check = (ResourceCheck) a[0];
              return decide(check.subject(), check.what().withVerb((String) a[1]));
            },
            RESOURCE_CHECK,
            TEXT),
        member(
            "allowed", SimpleType.BOOL, Decision.class, a -> ((Decision) a[0]).allowed(), DECISION),
        member("reason", TEXT, Decision.class, a -> ((Decision) a[0]).reason(), DECISION),
        member("errored", SimpleType.BOOL, Decision.class, a -> false, DECISION),
        member("error", TEXT, Decision.class, a -> "", DECISION));
  }

  /** The same question about less. */
  @Immutable
  private interface Narrowed {
    Access of(Access what, String text);
  }

  private static Function narrowing(String name, Narrowed narrowed) {
    return member(
        name,
        RESOURCE_CHECK,
        ResourceCheck.class,
        a -> {
          ResourceCheck check = (ResourceCheck) a[0];
          return new ResourceCheck(check.subject(), narrowed.of(check.what(), (String) a[1]));
        },
        RESOURCE_CHECK,
        TEXT);
  }

  private static Access access(Access what, String subresource, String namespace, String name) {
    return new Access(
        what.verb(),
        what.group(),
        what.resource(),
        subresource,
        namespace,
        name,
        "",
        what.fieldSelector(),
        null);
  }

  private static Access selecting(Access what, String selector) {
    return new Access(
        what.verb(),
        what.group(),
        what.resource(),
        what.subresource(),
        what.namespace(),
        what.name(),
        "",
        selector,
        null);
  }

  private static PathCheck path(Object[] a) {
    if (((String) a[1]).isBlank()) {
      throw new IllegalArgumentException("path must not be empty");
    }
    return new PathCheck((Subject) a[0], (String) a[1]);
  }

  private static ResourceCheck resource(Object[] a) {
    if (((String) a[1]).isBlank()) {
      throw new IllegalArgumentException("resource must not be empty");
    }
    GroupCheck group = (GroupCheck) a[0];
    return new ResourceCheck(
        group.subject(), Access.resource("", group.group(), (String) a[1], "", ""));
  }

  private static Subject serviceAccount(Subject subject, String namespace, String name) {
    if (!Names.dns1123Subdomain(name).isEmpty()) {
      throw new IllegalArgumentException("Invalid service account name");
    }
    if (!Names.dns1123Label(namespace).isEmpty()) {
      throw new IllegalArgumentException("Invalid service account namespace");
    }
    return new Subject(
        subject.authorizer(),
        Identity.of(
            "system:serviceaccount:" + namespace + ":" + name,
            "system:serviceaccounts",
            "system:serviceaccounts:" + namespace));
  }

  private static Decision decide(Subject subject, Access what) {
    return subject.authorizer().decide(subject.who(), what);
  }
}
