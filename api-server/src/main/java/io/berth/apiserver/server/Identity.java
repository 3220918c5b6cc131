package io.berth.apiserver.server;

import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * Who sends a request. Immutable.
 *
 * @param name user name, such as {@code kubernetes-admin} or {@code system:node:n1}
 * @param uid empty where the user has none
 * @param groups in the order given
 * @param extra what else the authenticator knows, such as the pod that a token is bound to
 */
public record Identity(
    String name, String uid, List<String> groups, Map<String, List<String>> extra) {
  /** The group that may do anything. */
  public static final String MASTERS = "system:masters";

  /** The group of node agents; their names begin with {@link #NODE_PREFIX}. */
  public static final String NODES = "system:nodes";

  public static final String NODE_PREFIX = "system:node:";
  public static final String AUTHENTICATED = "system:authenticated";
  public static final String UNAUTHENTICATED = "system:unauthenticated";
  public static final String SCHEDULER = "system:kube-scheduler";
  public static final String CONTROLLER_MANAGER = "system:kube-controller-manager";

  /** Whoever gave no credentials. */
  public static final Identity ANONYMOUS =
      new Identity("system:anonymous", "", List.of(UNAUTHENTICATED), Map.of());

  public Identity {
    groups = List.copyOf(groups);
    extra = Map.copyOf(extra);
  }

  /** An authenticated user; the group {@link #AUTHENTICATED} is added. */
  public static Identity of(String name, String... groups) {
    String[] all = Arrays.copyOf(groups, groups.length + 1);
    all[groups.length] = AUTHENTICATED;
    return new Identity(name, "", List.of(all), Map.of());
  }

  /** The node agent of that name. */
  public static Identity node(String node) {
    return of(NODE_PREFIX + node, NODES);
  }

  public boolean in(String group) {
    return groups.contains(group);
  }

  public boolean anonymous() {
    return !in(AUTHENTICATED);
  }
}
