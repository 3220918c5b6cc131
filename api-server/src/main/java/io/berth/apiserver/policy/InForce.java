package io.berth.apiserver.policy;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.object.ApiObject;
import io.berth.api.resource.GroupResource;
import io.berth.api.resource.ResourceDefinition;
import io.berth.apiserver.cache.CacheFollower;
import io.berth.apiserver.cache.WatchCache;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The policies of a kind that bindings put into force, in the order of the bindings' names.
 * Policies are compiled when they change. Readers take what is in force and no lock.
 *
 * @param <P> the policies
 */
final class InForce<P extends Policy> {
  private static final String GROUP = "admissionregistration.k8s.io";

  /** A policy in force. */
  record Bound<P extends Policy>(P policy, JsonNode binding) {
    /** The binding's name. */
    String name() {
      return binding.path("metadata").path("name").asText();
    }
  }

  /** What is done with a policy that is about a write, once for each parameter. */
  interface Use {
    void with(Attributes attributes, Map<String, Object> variables);
  }

  private record Compiled<P>(long revision, P policy) {}

  private final Surroundings surroundings;
  private final GroupResource policies;
  private final GroupResource bindings;
  private final Function<JsonNode, P> compile;
  private final Matching matching;
  private final Params params;
  private final CacheFollower follower;
  private Map<String, Compiled<P>> compiled = new HashMap<>();
  private volatile List<Bound<P>> bound = List.of();

  /**
   * @param kind {@code mutating} or {@code validating}
   */
  InForce(Surroundings surroundings, String kind, Function<JsonNode, P> compile) {
    WatchCache cache = surroundings.cache();
    this.surroundings = surroundings;
    this.policies = new GroupResource(GROUP, kind + "admissionpolicies");
    this.bindings = new GroupResource(GROUP, kind + "admissionpolicybindings");
    this.compile = compile;
    this.matching = new Matching(surroundings);
    this.params = new Params(cache, surroundings.served());
    this.follower =
        new CacheFollower(
            cache, surroundings.environment(), List.of(policies, bindings), this::step);
  }

  /** Follows policies and bindings from now on. */
  void start() {
    follower.start();
  }

  private synchronized void step() {
    WatchCache cache = surroundings.cache();
    Map<String, Compiled<P>> now = new HashMap<>();
    for (ApiObject object : cache.list(policies, null).objects()) {
      Compiled<P> before = compiled.get(object.key().name());
      long revision = object.header().revision();
      now.put(
          object.key().name(),
          before != null && before.revision() == revision
              ? before
              : new Compiled<>(revision, compile.apply(object.tree())));
    }
    compiled = now;
    List<Bound<P>> all = new ArrayList<>();
    for (ApiObject object : cache.list(bindings, null).objects()) {
      JsonNode binding = object.tree();
      Compiled<P> policy = now.get(binding.path("spec").path("policyName").asText());
      if (policy != null) {
        all.add(new Bound<>(policy.policy(), binding));
      }
    }
    bound = List.copyOf(all);
  }

  List<Bound<P>> all() {
    return bound;
  }

  /**
   * Holds a write against a policy, where the policy is about it.
   *
   * @param use gets the write in the version that the policy's rules name
   * @return why there are no parameters although there must be, or empty
   */
  String apply(Bound<P> one, Attributes write, Use use) {
    JsonNode spec = one.policy().spec();
    JsonNode binding = one.binding().path("spec");
    Optional<ResourceDefinition> version = matching.resources(spec.path("matchConstraints"), write);
    if (version.isEmpty() || !matching.narrows(binding.path("matchResources"), write)) {
      return "";
    }
    Attributes attributes = write.in(version.get());
    JsonNode paramKind = spec.path("paramKind");
    JsonNode paramRef = binding.path("paramRef");
    if (!paramKind.isObject() || !paramRef.isObject()) {
      use.with(attributes, variables(attributes, null));
      return "";
    }
    Params.Found found = params.find(paramKind, paramRef, attributes);
    found.objects().forEach(param -> use.with(attributes, variables(attributes, param)));
    boolean missing =
        found.objects().isEmpty()
            && !paramRef.path("parameterNotFoundAction").asText("Deny").equals("Allow");
    return missing && one.policy().failsOnErrors() ? found.missing() : "";
  }

  private Map<String, Object> variables(Attributes attributes, @Nullable JsonNode param) {
    JsonNode namespace = matching.namespace(attributes).map(ApiObject::tree).orElse(null);
    return MatchConditions.variables(attributes, namespace, param, surroundings.authorizer());
  }
}
