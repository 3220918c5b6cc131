package io.berth.apiserver.authz;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.apiserver.authz.PolicySource.PolicyObject;
import io.berth.apiserver.server.Identity;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * All roles and bindings at one moment, indexed by whom they are granted to. Immutable but for the
 * answers that it remembers. Safe for use by many threads.
 */
final class Policies {
  /** So many users' grants are remembered; then all are forgotten and found again as needed. */
  private static final int MAX_USERS = 8_192;

  private record RoleKey(String namespace, String name) {}

  private record User(String name, List<String> groups) {}

  /** What one binding grants to one subject, and how it is told. */
  record Binding(String description, String role, @Nullable List<PolicyRule> rules) {}

  /** Bindings by subject; namespace empty for those that hold everywhere. */
  private final Map<String, Map<String, List<Binding>>> bindings = new HashMap<>();

  private final Map<RoleKey, List<PolicyRule>> roles = new HashMap<>();
  private final Map<User, Grants> users = new ConcurrentHashMap<>();

  /**
   * @param parsed rules of roles and forms of bindings that are known already
   */
  Policies(PolicySource source, ParsedPolicies parsed) {
    for (String plural : List.of("clusterroles", "roles")) {
      for (PolicyObject role : source.objects(plural)) {
        roles.put(
            new RoleKey(role.namespace(), role.name()),
            PolicyRule.listOf(parsed.field(plural, role, "rules")));
      }
    }
    for (String plural : List.of("clusterrolebindings", "rolebindings")) {
      for (PolicyObject binding : source.objects(plural)) {
        add(binding, parsed.whole(plural, binding));
      }
    }
  }

  private void add(PolicyObject binding, JsonNode tree) {
    JsonNode ref = tree.path("roleRef");
    String kind = ref.path("kind").asText();
    String role = ref.path("name").asText();
    String namespace = binding.namespace();
    List<PolicyRule> rules = roles.get(new RoleKey(kind.equals("Role") ? namespace : "", role));
    String what =
        (namespace.isEmpty()
                ? "ClusterRoleBinding \"" + binding.name()
                : "RoleBinding \"" + binding.name() + "/" + namespace)
            + "\" of "
            + kind
            + " \""
            + role
            + "\" to ";
    String about =
        kind.toLowerCase(java.util.Locale.ROOT) + ".rbac.authorization.k8s.io \"" + role + "\"";
    Map<String, List<Binding>> here = bindings.computeIfAbsent(namespace, n -> new HashMap<>());
    for (JsonNode subject : tree.path("subjects")) {
      Subject to = Subject.of(subject, namespace);
      if (to != null) {
        here.computeIfAbsent(to.key(), k -> new ArrayList<>())
            .add(new Binding(what + to.description(), about, rules));
      }
    }
  }

  /** Whom a binding grants to. */
  private record Subject(String key, String description) {
    static @Nullable Subject of(JsonNode subject, String bindingNamespace) {
      String kind = subject.path("kind").asText();
      String name = subject.path("name").asText();
      return switch (kind) {
        case "User" -> new Subject(userKey(name), "User \"" + name + "\"");
        case "Group" -> new Subject(groupKey(name), "Group \"" + name + "\"");
        case "ServiceAccount" -> {
          String namespace = subject.path("namespace").asText("");
          namespace = namespace.isEmpty() ? bindingNamespace : namespace;
          yield namespace.isEmpty()
              ? null
              : new Subject(
                  userKey("system:serviceaccount:" + namespace + ":" + name),
                  "ServiceAccount \"" + name + "/" + namespace + "\"");
        }
        default -> null;
      };
    }
  }

  private static String userKey(String name) {
    return "u" + name;
  }

  private static String groupKey(String name) {
    return "g" + name;
  }

  /** What somebody is granted. */
  Grants of(Identity who) {
    User user = new User(who.name(), who.groups());
    Grants known = users.get(user);
    if (known != null) {
      return known;
    }
    if (users.size() >= MAX_USERS) {
      users.clear();
    }
    return users.computeIfAbsent(user, u -> new Grants(namespace -> bindings(u, namespace)));
  }

  private List<Binding> bindings(User user, String namespace) {
    Map<String, List<Binding>> here = bindings.getOrDefault(namespace, Map.of());
    List<Binding> all = new ArrayList<>(here.getOrDefault(userKey(user.name()), List.of()));
    for (String group : user.groups()) {
      all.addAll(here.getOrDefault(groupKey(group), List.of()));
    }
    return all;
  }

  /** The rules of a role, or null where there is no such role. */
  @Nullable List<PolicyRule> role(String namespace, String name) {
    return roles.get(new RoleKey(namespace, name));
  }
}
