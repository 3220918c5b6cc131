package io.berth.agent.volumes;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.object.ApiObject;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.time.Environment;
import io.berth.client.ApiClient;
import io.berth.client.Informer;
import io.berth.client.Informers;
import io.berth.client.Selection;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * The config maps and secrets that this node's pods refer to, each watched by itself and only while
 * a pod needs it, so that an agent never sees another's secrets. Safe for use by many threads.
 */
public final class ConfigObjects implements AutoCloseable {
  /** Names a config map or secret. */
  public record Ref(ResourceDefinition resource, String namespace, String name) {}

  private record Watched(Informers informers, Informer informer, Set<String> users) {}

  private final ApiClient client;
  private final Environment environment;
  private final Map<Ref, Watched> watched = new HashMap<>();
  private Consumer<String> changed = uid -> {};

  public ConfigObjects(ApiClient client, Environment environment) {
    this.client = client;
    this.environment = environment;
  }

  /** Has the listener told the uid of each pod that refers to what changed. */
  public synchronized void onChange(Consumer<String> listener) {
    changed = listener;
  }

  /** Says what a pod refers to; watches begin and end accordingly. */
  public void track(String podUid, Set<Ref> refs) {
    List<Informers> over = new ArrayList<>();
    List<Informers> begun = new ArrayList<>();
    synchronized (this) {
      for (Ref ref : refs) {
        watched.computeIfAbsent(ref, r -> watch(r, begun)).users().add(podUid);
      }
      watched
          .entrySet()
          .removeIf(
              entry -> {
                Set<String> users = entry.getValue().users();
                if (!refs.contains(entry.getKey()) && users.remove(podUid) && users.isEmpty()) {
                  over.add(entry.getValue().informers());
                  return true;
                }
                return false;
              });
    }
    over.forEach(Informers::close);
    begun.forEach(Informers::start);
  }

  private Watched watch(Ref ref, List<Informers> begun) {
    Informers informers = new Informers(client, environment);
    Selection selection = new Selection(ref.namespace(), "", "metadata.name=" + ref.name());
    Informer informer = informers.of(ref.resource(), selection);
    informer.addHandler(
        new Informer.Handler() {
          @Override
          public void onAdd(ApiObject now) {
            tell(ref);
          }

          @Override
          public void onUpdate(ApiObject before, ApiObject now) {
            tell(ref);
          }

          @Override
          public void onDelete(ApiObject last) {
            tell(ref);
          }
        });
    begun.add(informers);
    return new Watched(informers, informer, new HashSet<>());
  }

  private void tell(Ref ref) {
    List<String> users;
    Consumer<String> listener;
    synchronized (this) {
      Watched now = watched.get(ref);
      users = now == null ? List.of() : now.users().stream().sorted().toList();
      listener = changed;
    }
    users.forEach(listener);
  }

  /** The object as the watch has it; before the watch is complete it is read from the API. */
  public Optional<JsonNode> find(Ref ref) {
    Watched now;
    synchronized (this) {
      now = watched.get(ref);
    }
    Optional<ApiObject> found =
        now != null && now.informer().synced()
            ? now.informer().get(ref.namespace(), ref.name())
            : client.find(ref.resource(), ref.namespace(), ref.name());
    return found.map(ApiObject::tree);
  }

  @Override
  public synchronized void close() {
    watched.values().forEach(w -> w.informers().close());
    watched.clear();
  }
}
