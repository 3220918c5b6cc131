package io.berth.apiserver.policy;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.object.ApiObject;
import io.berth.api.object.LabelSelector;
import io.berth.api.object.ObjectKey;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.resource.Resources;
import io.berth.apiserver.cache.WatchCache;
import io.berth.apiserver.registry.Meta;
import io.berth.apiserver.server.ServedResources;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Which writes the rules and selectors of webhooks and policies choose. */
public final class Matching {
  private static final String OWN_GROUP = "admissionregistration.k8s.io";

  /** Groups in which nothing is stored. */
  private static final Set<String> QUESTIONS =
      Set.of("authentication.k8s.io", "authorization.k8s.io");

  private final WatchCache cache;
  private final ServedResources served;

  public Matching(Surroundings surroundings) {
    this.cache = surroundings.cache();
    this.served = surroundings.served();
  }

  /**
   * Whether nobody is asked: else nobody could ever undo what refuses everything; or they were
   * asked about the whole of it.
   */
  public static boolean exempt(Attributes attributes) {
    return attributes.info().group().equals(OWN_GROUP) || attributes.ofPart();
  }

  /**
   * Whether no policy is asked: beside those writes, questions who somebody is and what they may
   * do. Webhooks are asked about these.
   */
  static boolean exemptFromPolicies(Attributes attributes) {
    return exempt(attributes) || QUESTIONS.contains(attributes.info().group());
  }

  /**
   * The version of its resource in which some rules are about the write: that of the request where
   * they name it; else, unless they are to match exactly, the first one that they name.
   *
   * @param match what the rules are part of, with a {@code matchPolicy}
   */
  public Optional<ResourceDefinition> rules(JsonNode rules, JsonNode match, Attributes attributes) {
    ResourceDefinition requested = attributes.info().resource();
    if (rules.isEmpty() || any(rules, attributes, requested)) {
      return rules.isEmpty() ? Optional.empty() : Optional.of(requested);
    }
    if (match.path("matchPolicy").asText("").equals("Exact")) {
      return Optional.empty();
    }
    return served.snapshot().all().stream()
        .filter(other -> other.plural().equals(requested.plural()))
        .filter(other -> other.storedResource().equals(requested.storedResource()))
        .filter(other -> other.kind().equals(requested.kind()) && !other.equals(requested))
        .filter(other -> any(rules, attributes, other))
        .findFirst();
  }

  private static boolean any(JsonNode rules, Attributes attributes, ResourceDefinition resource) {
    for (JsonNode rule : rules) {
      if (rule(rule, attributes, resource)) {
        return true;
      }
    }
    return false;
  }

  private static boolean rule(JsonNode rule, Attributes attributes, ResourceDefinition resource) {
    return has(rule.path("operations"), attributes.operation())
        && has(rule.path("apiGroups"), resource.group())
        && has(rule.path("apiVersions"), resource.version())
        && scope(rule.path("scope").asText("*"), attributes)
        && resources(rule.path("resources"), resource.plural(), attributes.info().subresource())
        && names(rule.path("resourceNames"), attributes.name());
  }

  private static boolean has(JsonNode values, String value) {
    for (JsonNode one : values) {
      if (one.asText().equals("*") || one.asText().equals(value)) {
        return true;
      }
    }
    return false;
  }

  private static boolean names(JsonNode names, String name) {
    return names.isEmpty() || has(names, name);
  }

  private static boolean scope(String scope, Attributes attributes) {
    boolean namespaced =
        !attributes.namespace().isEmpty() && !isNamespace(attributes.info().resource());
    return scope.equals("*") || scope.equals(namespaced ? "Namespaced" : "Cluster");
  }

  private static boolean resources(JsonNode resources, String plural, String subresource) {
    for (JsonNode resource : resources) {
      String text = resource.asText();
      int slash = text.indexOf('/');
      String name = slash < 0 ? text : text.substring(0, slash);
      String sub = slash < 0 ? "" : text.substring(slash + 1);
      boolean subFits = sub.equals(subresource) || (sub.equals("*") && slash >= 0);
      if ((name.equals("*") || name.equals(plural)) && subFits) {
        return true;
      }
    }
    return false;
  }

  /** Whether the write's object, before or after, has the labels. */
  public static boolean objectSelector(JsonNode selector, Attributes attributes) {
    if (everything(selector)) {
      return true;
    }
    LabelSelector labels = LabelSelector.of(selector);
    return !attributes.unlabelled()
        && (matches(labels, attributes.object()) || matches(labels, attributes.old()));
  }

  private static boolean everything(JsonNode selector) {
    return !selector.isObject()
        || (selector.path("matchLabels").isEmpty() && selector.path("matchExpressions").isEmpty());
  }

  private static boolean matches(LabelSelector selector, @Nullable JsonNode object) {
    return object != null && selector.matches(Meta.labels(object));
  }

  /** Whether the write's namespace has the labels; what is in none is always chosen. */
  public boolean namespaceSelector(JsonNode selector, Attributes attributes) {
    if (everything(selector)) {
      return true;
    }
    LabelSelector labels = LabelSelector.of(selector);
    if (isNamespace(attributes.info().resource())) {
      return matches(labels, attributes.object()) || matches(labels, attributes.old());
    }
    return attributes.namespace().isEmpty()
        || namespace(attributes).map(n -> labels.matches(n.header().labels())).orElse(false);
  }

  /** The namespace that the write is in. */
  public Optional<ApiObject> namespace(Attributes attributes) {
    String name = attributes.namespace();
    return name.isEmpty()
        ? Optional.empty()
        : cache.find(ObjectKey.of(Resources.NAMESPACES.groupResource(), "", name));
  }

  private static boolean isNamespace(ResourceDefinition resource) {
    return resource.groupResource().equals(Resources.NAMESPACES.groupResource());
  }

  /** In which version all of a {@code matchConstraints} is about the write. */
  Optional<ResourceDefinition> resources(JsonNode match, Attributes attributes) {
    return selectors(match, attributes)
        ? rules(match.path("resourceRules"), match, attributes)
        : Optional.empty();
  }

  /** Whether a {@code matchResources} is; no rules at all mean every resource. */
  boolean narrows(JsonNode match, Attributes attributes) {
    JsonNode rules = match.path("resourceRules");
    return (rules.isEmpty() || rules(rules, match, attributes).isPresent())
        && selectors(match, attributes);
  }

  private boolean selectors(JsonNode match, Attributes attributes) {
    return rules(match.path("excludeResourceRules"), match, attributes).isEmpty()
        && namespaceSelector(match.path("namespaceSelector"), attributes)
        && objectSelector(match.path("objectSelector"), attributes);
  }
}
