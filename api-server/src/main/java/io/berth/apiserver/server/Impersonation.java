package io.berth.apiserver.server;

import io.berth.api.transport.ApiException;
import io.berth.api.transport.ApiRequest;
import io.berth.api.transport.Errors;
import io.berth.apiserver.server.Authorizer.Access;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Requests that somebody sends in another's name, by the headers {@code Impersonate-*}. Each name,
 * group, uid and extra value must be allowed by the verb {@code impersonate}. Safe for use by many
 * threads.
 */
final class Impersonation {
  private static final String USER = "impersonate-user";
  private static final String GROUP = "impersonate-group";
  private static final String UID = "impersonate-uid";
  private static final String EXTRA = "impersonate-extra-";
  private static final String AUTHENTICATION = "authentication.k8s.io";
  private static final String ACCOUNT = "system:serviceaccount:";

  private final AccessControl access;

  Impersonation(AccessControl access) {
    this.access = access;
  }

  /**
   * As whom the request is to be served: whoever sends it where it names nobody else.
   *
   * @throws ApiException 403 where the sender may not act as them, 400 where no user is named
   */
  Identity apply(ApiRequest request, Identity sender) {
    if (!asked(request)) {
      return sender;
    }
    String user = first(request, USER);
    List<String> groups = values(request, GROUP);
    String uid = first(request, UID);
    Map<String, List<String>> extra = extra(request);
    if (user.isEmpty()) {
      throw Errors.badRequest(
          "requested to impersonate groups, a uid or extra without impersonating a user");
    }
    check(sender, user(user));
    groups.forEach(group -> check(sender, Access.resource("impersonate", "", "groups", "", group)));
    if (!uid.isEmpty()) {
      check(sender, Access.resource("impersonate", AUTHENTICATION, "uids", "", uid));
    }
    extra.forEach((key, all) -> all.forEach(value -> check(sender, extra(key, value))));
    return new Identity(user, uid, withImplied(user, groups), extra);
  }

  private static boolean asked(ApiRequest request) {
    for (String header : request.headers().keySet()) {
      if (header.startsWith("impersonate-")) {
        return true;
      }
    }
    return false;
  }

  private void check(Identity sender, Access what) {
    access.check(what, AccessControl.Caller.self(sender));
  }

  private static Access user(String user) {
    String[] account = user.startsWith(ACCOUNT) ? user.split(":", -1) : new String[0];
    return account.length == 4
        ? Access.resource("impersonate", "", "serviceaccounts", account[2], account[3])
        : Access.resource("impersonate", "", "users", "", user);
  }

  private static Access extra(String key, String value) {
    return new Access("impersonate", AUTHENTICATION, "userextras", key, "", value, "", "", null);
  }

  /** The groups that the user would have by authentication alone are added. */
  private static List<String> withImplied(String user, List<String> groups) {
    List<String> all = new ArrayList<>(groups);
    String[] account = user.startsWith(ACCOUNT) ? user.split(":", -1) : new String[0];
    if (account.length == 4 && groups.isEmpty()) {
      all.add("system:serviceaccounts");
      all.add("system:serviceaccounts:" + account[2]);
    }
    boolean anonymous = user.equals(Identity.ANONYMOUS.name());
    if (!all.contains(Identity.AUTHENTICATED) && !all.contains(Identity.UNAUTHENTICATED)) {
      all.add(anonymous ? Identity.UNAUTHENTICATED : Identity.AUTHENTICATED);
    }
    return all;
  }

  private static Map<String, List<String>> extra(ApiRequest request) {
    Map<String, List<String>> extra = new TreeMap<>();
    for (String header : request.headers().keySet()) {
      if (header.startsWith(EXTRA)) {
        extra.put(unescaped(header.substring(EXTRA.length())), values(request, header));
      }
    }
    return extra;
  }

  private static String unescaped(String key) {
    try {
      return URLDecoder.decode(key.replace("+", "%2B"), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return key; // as it is, as Kubernetes takes it
    }
  }

  private static String first(ApiRequest request, String header) {
    List<String> values = values(request, header);
    return values.isEmpty() ? "" : values.getFirst();
  }

  /** Several headers of one name come with line feeds between them. */
  private static List<String> values(ApiRequest request, String header) {
    String all = request.header(header);
    return all == null ? List.of() : Arrays.asList(all.split("\n", -1));
  }
}
