package io.berth.agent.network.policy;

import io.berth.api.object.ApiObject;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Objects that changed since the kernel was told, each as it is now; empty where it is gone. */
final class PolicyChanges {
  private static final Logger log = LoggerFactory.getLogger(PolicyChanges.class);

  private final Map<String, Optional<ApiObject>> namespaces = new LinkedHashMap<>();
  private final Map<String, Optional<ApiObject>> policies = new LinkedHashMap<>();
  private final Map<String, Optional<ApiObject>> pods = new LinkedHashMap<>();

  void namespace(ApiObject object, boolean gone) {
    namespaces.put(object.key().name(), now(object, gone));
  }

  void policy(ApiObject object, boolean gone) {
    policies.put(object.key().namespacedName(), now(object, gone));
  }

  void pod(ApiObject slim, boolean gone) {
    pods.put(slim.header().uid(), now(slim, gone));
  }

  private static Optional<ApiObject> now(ApiObject object, boolean gone) {
    return gone ? Optional.empty() : Optional.of(object);
  }

  void apply(PolicyModel model, LocalPods local) {
    namespaces.forEach(
        (name, now) -> model.namespace(name, now.map(o -> o.header().labels()).orElse(null)));
    pods.forEach((uid, now) -> local.change(uid, now.orElse(null), model));
    policies.forEach(
        (key, now) -> {
          String[] parts = key.split("/", -1);
          model.policy(parts[0], parts[1], now.map(PolicyChanges::read).orElse(null));
        });
  }

  /** One that makes no sense lets nothing pass: who wrote it wanted to keep something out. */
  private static Policy read(ApiObject object) {
    try {
      return Policy.of(object.treeWithoutOwners());
    } catch (IllegalArgumentException e) {
      log.warn("policy not understood, so closed policy={} error={}", object.key(), e.getMessage());
      return Policy.closed(object.key().namespace(), object.key().name());
    }
  }
}
