package io.berth.controllers.garbage;

import io.berth.api.object.ApiObject;
import io.berth.api.object.ObjectKey;
import io.berth.api.resource.GroupResource;
import io.berth.api.resource.ResourceDefinition;
import io.berth.client.Informer;
import io.berth.client.Informers;
import io.berth.controllers.object.OwnerReference;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentSkipListMap;

/**
 * Owners and dependents as the informers show them, over all resources that can own or be owned.
 * May be behind the server. Must not be asked from within an informer's handler: it looks into all
 * of them.
 */
final class OwnerGraph {
  private static final String BY_UID = "garbage-uid";
  private static final String BY_OWNER = "garbage-owner";

  private final Informers source;
  private final Map<GroupResource, Informer> informers = new ConcurrentSkipListMap<>();

  OwnerGraph(Informers source, List<ResourceDefinition> resources) {
    this.source = source;
    resources.forEach(this::add);
  }

  /** Looks at the objects of one more resource; empty where they cannot be garbage. */
  Optional<Informer> add(ResourceDefinition resource) {
    boolean watched =
        resource.verbs().containsAll(List.of("list", "watch", "delete"))
            && !resource.plural().equals("events");
    if (!watched) {
      return Optional.empty();
    }
    Informer informer = source.of(resource);
    informer.addIndex(BY_UID, object -> List.of(object.header().uid()));
    informer.addIndex(BY_OWNER, object -> object.header().ownerUids());
    informers.put(resource.groupResource(), informer);
    return Optional.of(informer);
  }

  /** A resource that is no longer served. */
  void remove(ResourceDefinition resource) {
    informers.remove(resource.groupResource());
    source.drop(resource);
  }

  List<Informer> informers() {
    return List.copyOf(informers.values());
  }

  /** The object, where the informers show it under that uid. */
  Optional<ApiObject> find(ObjectKey key, String uid) {
    return Optional.ofNullable(informers.get(key.resource()))
        .flatMap(informer -> informer.get(key.namespace(), key.name()))
        .filter(object -> object.header().uid().equals(uid));
  }

  Optional<ApiObject> byUid(String uid) {
    for (Informer informer : informers.values()) {
      List<ApiObject> found = informer.byIndex(BY_UID, uid);
      if (!found.isEmpty()) {
        return Optional.of(found.getFirst());
      }
    }
    return Optional.empty();
  }

  /** Objects that name that uid as an owner, in the order of their keys. */
  List<ApiObject> dependents(String ownerUid) {
    List<ApiObject> dependents = new ArrayList<>();
    informers.values().forEach(informer -> dependents.addAll(informer.byIndex(BY_OWNER, ownerUid)));
    return dependents;
  }

  ResourceDefinition resource(ObjectKey key) {
    Informer informer = informers.get(key.resource());
    if (informer == null) {
      throw new IllegalArgumentException("not watched: " + key);
    }
    return informer.resource();
  }

  /** The resource of an owner: its group and kind decide, whatever the version. */
  Optional<ResourceDefinition> resource(OwnerReference owner) {
    int slash = owner.apiVersion().indexOf('/');
    String group = slash < 0 ? "" : owner.apiVersion().substring(0, slash);
    return informers.values().stream()
        .map(Informer::resource)
        .filter(r -> r.group().equals(group) && r.kind().equals(owner.kind()))
        .findFirst();
  }
}
