package io.berth.apiserver.authz;

import io.berth.api.object.Text;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * Whether some rules grant all that others grant. The others are taken apart into rules of one verb
 * and one resource each; each of these must be covered by one single rule.
 */
final class RuleCover {
  private RuleCover() {}

  /** What of the wanted rules is not held, in rules of one verb and one resource. */
  static List<PolicyRule> missing(List<PolicyRule> held, List<PolicyRule> wanted) {
    List<PolicyRule> missing = new ArrayList<>();
    for (PolicyRule rule : wanted) {
      for (PolicyRule part : parts(rule)) {
        if (held.stream().noneMatch(owned -> covers(owned, part))) {
          missing.add(part);
        }
      }
    }
    return missing;
  }

  static List<PolicyRule> parts(PolicyRule rule) {
    List<PolicyRule> parts = new ArrayList<>();
    for (String group : rule.groups()) {
      for (String resource : rule.resources()) {
        for (String verb : rule.verbs()) {
          if (rule.names().isEmpty()) {
            parts.add(part(verb, group, resource, List.of()));
          }
          rule.names().forEach(n -> parts.add(part(verb, group, resource, List.of(n))));
        }
      }
    }
    for (String url : rule.urls()) {
      for (String verb : rule.verbs()) {
        parts.add(new PolicyRule(List.of(verb), List.of(), List.of(), List.of(), List.of(url)));
      }
    }
    return parts;
  }

  private static PolicyRule part(String verb, String group, String resource, List<String> names) {
    return new PolicyRule(List.of(verb), List.of(group), List.of(resource), names, List.of());
  }

  private static boolean covers(PolicyRule owned, PolicyRule part) {
    if (!any(owned.verbs(), part.verbs().getFirst())) {
      return false;
    }
    if (!part.urls().isEmpty()) {
      return owned.allowsPath(part.urls().getFirst());
    }
    return any(owned.groups(), part.groups().getFirst())
        && coversResource(owned.resources(), part.resources().getFirst())
        && (owned.names().isEmpty()
            || (!part.names().isEmpty() && owned.names().containsAll(part.names())));
  }

  private static boolean coversResource(List<String> owned, String wanted) {
    int slash = wanted.indexOf('/');
    return any(owned, wanted) || (slash >= 0 && owned.contains("*" + wanted.substring(slash)));
  }

  private static boolean any(List<String> values, String value) {
    return values.contains(PolicyRule.ALL) || values.contains(value);
  }

  /** Parts told in as few lines as their resources allow, sorted, as Kubernetes writes them. */
  static String told(List<PolicyRule> parts) {
    Map<List<List<String>>, List<String>> verbs = new LinkedHashMap<>();
    TreeSet<String> lines = new TreeSet<>();
    for (PolicyRule part : parts) {
      if (!part.urls().isEmpty()) {
        lines.add(line(part));
        continue;
      }
      verbs
          .computeIfAbsent(
              List.of(part.groups(), part.resources(), part.names()), k -> new ArrayList<>())
          .addAll(part.verbs());
    }
    verbs.forEach(
        (key, all) ->
            lines.add(
                line(
                    new PolicyRule(
                        all.stream().distinct().toList(),
                        key.get(0),
                        key.get(1),
                        key.get(2),
                        List.of()))));
    return String.join("\n", lines);
  }

  private static String line(PolicyRule rule) {
    List<String> fields = new ArrayList<>();
    add(fields, "APIGroups", rule.groups());
    add(fields, "Resources", rule.resources());
    add(fields, "NonResourceURLs", rule.urls());
    add(fields, "ResourceNames", rule.names());
    add(fields, "Verbs", rule.verbs());
    return "{" + String.join(", ", fields) + "}";
  }

  private static void add(List<String> fields, String name, List<String> values) {
    if (!values.isEmpty()) {
      fields.add(name + ":" + quoted(values));
    }
  }

  /** {@code ["a" "b"]}. */
  static String quoted(List<String> values) {
    return values.stream().map(Text::quote).collect(Collectors.joining(" ", "[", "]"));
  }
}
