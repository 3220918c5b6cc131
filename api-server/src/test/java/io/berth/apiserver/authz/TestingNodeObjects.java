package io.berth.apiserver.authz;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Node objects as a test says they are. */
public final class TestingNodeObjects implements NodeObjects {
  private final Map<String, String> pods = new HashMap<>();
  private final Set<String> used = new HashSet<>();

  public TestingNodeObjects pod(String namespace, String pod, String node) {
    pods.put(namespace + "/" + pod, node);
    return this;
  }

  public TestingNodeObjects uses(String node, String resource, String namespace, String name) {
    used.add(String.join("/", node, resource, namespace, name));
    return this;
  }

  @Override
  public @Nullable String nodeOf(String namespace, String pod) {
    return pods.get(namespace + "/" + pod);
  }

  @Override
  public boolean usedOn(String node, String resource, String namespace, String name) {
    return used.contains(String.join("/", node, resource, namespace, name));
  }
}
