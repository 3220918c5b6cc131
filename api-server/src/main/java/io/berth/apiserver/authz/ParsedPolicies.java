package io.berth.apiserver.authz;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.apiserver.authz.PolicySource.PolicyObject;
import java.util.HashMap;
import java.util.Map;

/**
 * Objects that were parsed before and did not change since, so that a change of one role costs one
 * parse and not thousands. For one thread.
 */
final class ParsedPolicies {
  private record Key(String plural, String namespace, String name) {}

  private record Parsed(long revision, JsonNode tree) {}

  private final Map<Key, Parsed> before;
  private final Map<Key, Parsed> now = new HashMap<>();

  ParsedPolicies() {
    before = Map.of();
  }

  /** Begins with what another one saw. */
  ParsedPolicies(ParsedPolicies last) {
    before = last.now;
  }

  JsonNode whole(String plural, PolicyObject object) {
    Key key = new Key(plural, object.namespace(), object.name());
    Parsed parsed = before.get(key);
    if (parsed == null || parsed.revision() != object.revision()) {
      parsed = new Parsed(object.revision(), object.tree());
    }
    now.put(key, parsed);
    return parsed.tree();
  }

  JsonNode field(String plural, PolicyObject object, String field) {
    return whole(plural, object).path(field);
  }
}
