package io.berth.apiserver.authz;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.apiserver.server.Authorizer.Access;
import java.util.ArrayList;
import java.util.List;

/**
 * One rule of a role: verbs on resources, or on paths. Immutable.
 *
 * @param verbs {@code *} for all
 * @param groups API groups, {@code *} for all
 * @param resources {@code pods}, {@code pods/log}, {@code *}/{@code scale} or {@code *}
 * @param names empty for all
 * @param urls paths, with {@code *} at the end of one for all that begin so
 */
record PolicyRule(
    List<String> verbs,
    List<String> groups,
    List<String> resources,
    List<String> names,
    List<String> urls) {
  static final String ALL = "*";

  PolicyRule {
    verbs = List.copyOf(verbs);
    groups = List.copyOf(groups);
    resources = List.copyOf(resources);
    names = List.copyOf(names);
    urls = List.copyOf(urls);
  }

  static List<PolicyRule> listOf(JsonNode rules) {
    List<PolicyRule> all = new ArrayList<>();
    for (JsonNode rule : rules) {
      all.add(
          new PolicyRule(
              texts(rule, "verbs"),
              texts(rule, "apiGroups"),
              texts(rule, "resources"),
              texts(rule, "resourceNames"),
              texts(rule, "nonResourceURLs")));
    }
    return all;
  }

  private static List<String> texts(JsonNode rule, String field) {
    List<String> texts = new ArrayList<>();
    rule.path(field).forEach(text -> texts.add(text.asText()));
    return texts;
  }

  ObjectNode toJson() {
    ObjectNode rule = Json.object();
    put(rule, "apiGroups", groups);
    put(rule, "nonResourceURLs", urls);
    put(rule, "resourceNames", names);
    put(rule, "resources", resources);
    verbs.forEach(rule.putArray("verbs")::add);
    return rule;
  }

  private static void put(ObjectNode rule, String field, List<String> values) {
    if (!values.isEmpty()) {
      values.forEach(rule.putArray(field)::add);
    }
  }

  boolean allows(Access what) {
    return allowsButForName(what)
        && (what.isPath() || names.isEmpty() || names.contains(what.name()));
  }

  /** Whether it allows this for an object of some name. */
  boolean allowsButForName(Access what) {
    if (!has(verbs, what.verb())) {
      return false;
    }
    return what.isPath()
        ? allowsPath(what.path())
        : has(groups, what.group()) && allowsResource(what.resource(), what.subresource());
  }

  private boolean allowsResource(String resource, String subresource) {
    String whole = subresource.isEmpty() ? resource : resource + "/" + subresource;
    for (String own : resources) {
      if (own.equals(ALL)
          || own.equals(whole)
          || (!subresource.isEmpty()
              && own.length() == subresource.length() + 2
              && own.startsWith("*/")
              && own.endsWith(subresource))) {
        return true;
      }
    }
    return false;
  }

  boolean allowsPath(String path) {
    for (String url : urls) {
      if (url.equals(ALL)
          || url.equals(path)
          || (url.endsWith(ALL) && path.startsWith(url.substring(0, url.length() - 1)))) {
        return true;
      }
    }
    return false;
  }

  private static boolean has(List<String> values, String value) {
    return values.contains(ALL) || values.contains(value);
  }
}
