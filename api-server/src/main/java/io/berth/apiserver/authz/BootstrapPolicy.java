package io.berth.apiserver.authz;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.resource.Resources;
import io.berth.apiserver.server.Identity;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The roles and bindings that every cluster begins with, read from {@code bootstrap-policy.txt}.
 * Its lines:
 *
 * <pre>
 * clusterrole NAME [collects=X] [joins=X]    X: what the role's rules are aggregated from, into
 * role NAMESPACE NAME
 * controller NAME                            the role system:controller:NAME, and its binding
 *   VERBS GROUPS RESOURCES [NAMES]           a rule of the role above; lists by commas
 *   url VERBS PATHS
 * binding NAME CLUSTERROLE [SUBJECTS]        of all namespaces; user:X, group:X or sa:NAMESPACE/X
 * rolebinding NAMESPACE NAME KIND/ROLE SUBJECTS
 * </pre>
 *
 * {@code read} and {@code write} stand for several verbs, {@code core} for the group without a
 * name.
 */
public final class BootstrapPolicy {
  /** Whether the server may bring an object back into its form; {@code false} forbids it. */
  public static final String AUTO_UPDATE = "rbac.authorization.kubernetes.io/autoupdate";

  private static final String RBAC = "rbac.authorization.k8s.io";
  private static final String AGGREGATE = RBAC + "/aggregate-to-";
  private static final Map<String, List<String>> VERBS =
      Map.of(
          "read", List.of("get", "list", "watch"),
          "write", List.of("create", "delete", "deletecollection", "patch", "update"));

  /** An object and its kind. */
  public record Entry(ResourceDefinition resource, ObjectNode object) {}

  private final List<Entry> entries = new ArrayList<>();

  private BootstrapPolicy() {}

  /** All objects, roles before what is bound to them; each call makes new ones. */
  public static List<Entry> load() {
    BootstrapPolicy policy = new BootstrapPolicy();
    for (String line : lines()) {
      if (!line.isBlank() && !line.startsWith("#")) {
        policy.read(line);
      }
    }
    List<Entry> sorted = new ArrayList<>(policy.entries);
    sorted.sort((a, b) -> Boolean.compare(a.object().has("roleRef"), b.object().has("roleRef")));
    return sorted;
  }

  private void read(String line) {
    String[] words = line.strip().split("\\s+");
    if (line.startsWith(" ")) {
      rule(words);
      return;
    }
    switch (words[0]) {
      case "clusterrole" -> clusterRole(words);
      case "role" -> add(Resources.ROLES, words[1], words[2]).putArray("rules");
      case "controller" -> controller(words[1]);
      case "binding" ->
          binding(
              add(Resources.CLUSTER_ROLE_BINDINGS, "", words[1]),
              "ClusterRole/" + words[2],
              words.length > 3 ? words[3] : "");
      case "rolebinding" ->
          binding(add(Resources.ROLE_BINDINGS, words[1], words[2]), words[3], words[4]);
      default -> throw new IllegalStateException("not a policy: " + line);
    }
  }

  private ObjectNode add(ResourceDefinition resource, String namespace, String name) {
    ObjectNode object =
        Json.object().put("apiVersion", resource.apiVersion()).put("kind", resource.kind());
    ObjectNode metadata = object.putObject("metadata").put("name", name);
    if (!namespace.isEmpty()) {
      metadata.put("namespace", namespace);
    }
    metadata.putObject("labels").put("kubernetes.io/bootstrapping", "rbac-defaults");
    metadata.putObject("annotations").put(AUTO_UPDATE, "true");
    entries.add(new Entry(resource, object));
    return object;
  }

  private void clusterRole(String[] words) {
    ObjectNode role = add(Resources.CLUSTER_ROLES, "", words[1]);
    for (int i = 2; i < words.length; i++) {
      String label = AGGREGATE + words[i].substring(words[i].indexOf('=') + 1);
      if (words[i].startsWith("collects=")) {
        role.putObject("aggregationRule")
            .putArray("clusterRoleSelectors")
            .addObject()
            .putObject("matchLabels")
            .put(label, "true");
      } else {
        role.withObject("/metadata/labels").put(label, "true");
      }
    }
    if (!role.has("aggregationRule")) {
      role.putArray("rules");
    }
  }

  private void controller(String name) {
    String full = "system:controller:" + name;
    binding(
        add(Resources.CLUSTER_ROLE_BINDINGS, "", full),
        "ClusterRole/" + full,
        "sa:kube-system/" + name + ",user:" + Identity.CONTROLLER_MANAGER);
    add(Resources.CLUSTER_ROLES, "", full).putArray("rules");
  }

  private void rule(String[] words) {
    ObjectNode rule = ((ArrayNode) entries.getLast().object().path("rules")).addObject();
    if (words[0].equals("url")) {
      list(rule, "nonResourceURLs", words[2]);
      list(rule, "verbs", words[1]);
      return;
    }
    list(rule, "apiGroups", words[1]);
    if (words.length > 3) {
      list(rule, "resourceNames", words[3]);
    }
    list(rule, "resources", words[2]);
    list(rule, "verbs", words[0]);
  }

  private static void list(ObjectNode rule, String field, String text) {
    ArrayNode list = rule.putArray(field);
    for (String word : text.split(",")) {
      VERBS.getOrDefault(word, List.of(word.equals("core") ? "" : word)).forEach(list::add);
    }
  }

  private static void binding(ObjectNode binding, String role, String subjects) {
    int slash = role.indexOf('/');
    binding
        .putObject("roleRef")
        .put("apiGroup", RBAC)
        .put("kind", role.substring(0, slash))
        .put("name", role.substring(slash + 1));
    ArrayNode list = Json.object().putArray("subjects");
    for (String text : subjects.isEmpty() ? new String[0] : subjects.split(",")) {
      subject(list.addObject(), text);
    }
    if (!list.isEmpty()) {
      binding.set("subjects", list);
    }
  }

  private static void subject(ObjectNode subject, String text) {
    int colon = text.indexOf(':');
    String name = text.substring(colon + 1);
    switch (text.substring(0, colon)) {
      case "user" -> subject.put("apiGroup", RBAC).put("kind", "User").put("name", name);
      case "group" -> subject.put("apiGroup", RBAC).put("kind", "Group").put("name", name);
      case "sa" ->
          subject
              .put("kind", "ServiceAccount")
              .put("name", name.substring(name.indexOf('/') + 1))
              .put("namespace", name.substring(0, name.indexOf('/')));
      default -> throw new IllegalStateException("not a subject: " + text);
    }
  }

  private static List<String> lines() {
    try (InputStream in = BootstrapPolicy.class.getResourceAsStream("bootstrap-policy.txt")) {
      if (in == null) {
        throw new IllegalStateException("bootstrap-policy.txt is missing from the class path");
      }
      return new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8)).lines().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
