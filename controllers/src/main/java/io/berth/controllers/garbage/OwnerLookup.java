package io.berth.controllers.garbage;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.object.ApiObject;
import io.berth.api.object.ObjectKey;
import io.berth.api.resource.ResourceDefinition;
import io.berth.client.ApiClient;
import io.berth.controllers.object.OwnerReference;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells how an owner stands. That it is absent is believed only when the server says so; a uid that
 * was absent once stays absent, so the last {@value #REMEMBERED} are remembered.
 */
final class OwnerLookup {
  private static final Logger log = LoggerFactory.getLogger(OwnerLookup.class);
  private static final int REMEMBERED = 500;

  private final ApiClient client;
  private final OwnerGraph graph;
  private final Map<String, Boolean> absent =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Boolean> eldest) {
          return size() > REMEMBERED;
        }
      };

  OwnerLookup(ApiClient client, OwnerGraph graph) {
    this.client = client;
    this.graph = graph;
  }

  Verdict.Owner state(ObjectKey dependent, OwnerReference owner) {
    Optional<ResourceDefinition> resource = graph.resource(owner);
    if (resource.isEmpty()) {
      return Verdict.Owner.SOLID; // of a kind that is not known here: nothing can be said of it
    }
    if (dependent.namespace().isEmpty() && resource.get().namespaced()) {
      log.debug("owner of a cluster-wide object is in no namespace dependent={}", dependent);
      return Verdict.Owner.SOLID; // not a valid reference: nothing is deleted for it
    }
    String namespace = resource.get().namespaced() ? dependent.namespace() : "";
    ObjectKey key = ObjectKey.of(resource.get().groupResource(), namespace, owner.name());
    Optional<ApiObject> shown = graph.find(key, owner.uid());
    if (shown.isPresent() && !shown.get().header().deleting()) {
      return Verdict.Owner.SOLID;
    }
    String identity = key + "/" + owner.uid();
    if (knownAbsent(identity)) {
      return Verdict.Owner.ABSENT;
    }
    return live(resource.get(), key, owner.uid(), identity);
  }

  private Verdict.Owner live(
      ResourceDefinition resource, ObjectKey key, String uid, String identity) {
    Optional<ApiObject> live =
        client
            .find(resource, key.namespace(), key.name())
            .filter(found -> found.header().uid().equals(uid));
    if (live.isEmpty()) {
      rememberAbsent(identity);
      return Verdict.Owner.ABSENT;
    }
    return waits(live.get()) ? Verdict.Owner.WAITING : Verdict.Owner.SOLID;
  }

  /** Whether the object is being deleted in the foreground. */
  static boolean waits(ApiObject object) {
    return object.header().deleting()
        && finalizers(object.tree()).contains(GarbageCollector.FOREGROUND);
  }

  static Set<String> finalizers(JsonNode object) {
    Set<String> finalizers = new TreeSet<>();
    object.path("metadata").path("finalizers").forEach(f -> finalizers.add(f.asText()));
    return finalizers;
  }

  private synchronized boolean knownAbsent(String identity) {
    return absent.containsKey(identity);
  }

  private synchronized void rememberAbsent(String identity) {
    absent.put(identity, true);
  }
}
