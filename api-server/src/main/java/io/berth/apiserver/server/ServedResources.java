package io.berth.apiserver.server;

import io.berth.api.resource.ResourceDefinition;
import io.berth.api.resource.Resources;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the server serves now: the built-in resources, always, and others that come and go. Readers
 * take a snapshot and no lock; a request keeps the definitions that it began with.
 */
public final class ServedResources {
  private record Key(String group, String version, String plural) {
    static Key of(ResourceDefinition resource) {
      return new Key(resource.group(), resource.version(), resource.plural());
    }
  }

  /** All that is served at one time. Immutable; another is another instance. */
  public static final class Snapshot {
    private final List<ResourceDefinition> all;
    private final Map<Key, ResourceDefinition> byKey = new HashMap<>();

    private Snapshot(List<ResourceDefinition> all) {
      this.all = List.copyOf(all);
      all.forEach(resource -> byKey.putIfAbsent(Key.of(resource), resource));
    }

    /** In the order of discovery: of a group's versions the preferred comes first. */
    public List<ResourceDefinition> all() {
      return all;
    }

    /** The resource at a path, or null where nothing is served there. */
    public @Nullable ResourceDefinition find(String group, String version, String plural) {
      return byKey.get(new Key(group, version, plural));
    }
  }

  private final List<ResourceDefinition> lasting;
  private volatile Snapshot snapshot;

  /**
   * @param lasting what is served from the first to the last request
   */
  public ServedResources(List<ResourceDefinition> lasting) {
    this.lasting = List.copyOf(lasting);
    this.snapshot = new Snapshot(lasting);
  }

  /** The built-in resources, in all their versions. */
  public static ServedResources builtIn() {
    return new ServedResources(Resources.served());
  }

  public Snapshot snapshot() {
    return snapshot;
  }

  /** The resource at a path, or null where nothing is served there. */
  public @Nullable ResourceDefinition find(String group, String version, String plural) {
    return snapshot.find(group, version, plural);
  }

  /**
   * From now on serves these beside the lasting ones, and no others. A lasting one wins over
   * another at the same path.
   */
  public synchronized void replaceOthers(List<ResourceDefinition> others) {
    List<ResourceDefinition> all = new ArrayList<>(lasting);
    all.addAll(others);
    snapshot = new Snapshot(all);
  }
}
