package io.berth.apiserver.authz;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Roles and bindings as a test says they are; single quotes in JSON. */
public final class TestingPolicies implements PolicySource {
  private record Held(long revision, String namespace, String name, JsonNode tree)
      implements PolicyObject {}

  private final Map<String, Map<String, PolicyObject>> objects = new TreeMap<>();
  private long version;
  private int parsed;

  /** Those that every cluster begins with. */
  public static TestingPolicies bootstrap() {
    TestingPolicies policies = new TestingPolicies();
    for (BootstrapPolicy.Entry entry : BootstrapPolicy.load()) {
      policies.put(entry.resource().plural(), entry.object());
    }
    return policies;
  }

  public synchronized TestingPolicies put(String plural, ObjectNode object) {
    String namespace = object.path("metadata").path("namespace").asText("");
    String name = object.path("metadata").path("name").asText();
    objects
        .computeIfAbsent(plural, p -> new TreeMap<>())
        .put(namespace + "/" + name, new Held(++version, namespace, name, object));
    return this;
  }

  synchronized void remove(String plural, String key) {
    version++;
    objects.getOrDefault(plural, new TreeMap<>()).remove(key);
  }

  @Override
  public synchronized long version() {
    return version;
  }

  @Override
  public synchronized List<PolicyObject> objects(String plural) {
    parsed++;
    return new ArrayList<>(objects.getOrDefault(plural, Map.of()).values());
  }

  /** How often it was read. */
  int reads() {
    return parsed;
  }
}
