package io.berth.apiserver.server;

import io.berth.api.resource.ApiVersions;
import io.berth.api.resource.GroupVersion;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.resource.Resources;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What the server serves now: the built-in resources, always, others that come and go, and group
 * versions that other servers serve. Readers take a snapshot and no lock; a request keeps the
 * definitions that it began with.
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
    private final Map<GroupVersion, Delegated> delegated;
    private final Map<GroupVersion, GroupPriority> priorities;

    private Snapshot(
        List<ResourceDefinition> all,
        Map<GroupVersion, Delegated> delegated,
        Map<GroupVersion, GroupPriority> priorities) {
      this.all = List.copyOf(all);
      this.delegated = Map.copyOf(delegated);
      this.priorities = priorities;
      all.forEach(resource -> byKey.putIfAbsent(Key.of(resource), resource));
    }

    /** What this server serves itself. */
    public List<ResourceDefinition> all() {
      return all;
    }

    /** The resource at a path, or null where nothing is served there by this server. */
    public @Nullable ResourceDefinition find(String group, String version, String plural) {
      return byKey.get(new Key(group, version, plural));
    }

    /** What other servers serve; none of it is served here. */
    public Map<GroupVersion, Delegated> delegated() {
      return delegated;
    }

    /** Whether another server serves a group version. */
    public boolean delegates(String group, String version) {
      return !delegated.isEmpty() && delegated.containsKey(new GroupVersion(group, version));
    }

    /** All group versions in the order of discovery: of a group's the preferred comes first. */
    public List<GroupVersion> groupVersions() {
      Set<GroupVersion> versions = new LinkedHashSet<>();
      all.forEach(r -> versions.add(new GroupVersion(r.group(), r.version())));
      versions.addAll(delegated.keySet());
      Map<String, Integer> groups = new HashMap<>();
      versions.forEach(v -> groups.merge(v.group(), priority(v).group(), Math::max));
      return versions.stream()
          .sorted(
              Comparator.<GroupVersion>comparingInt(v -> -groups.getOrDefault(v.group(), 0))
                  .thenComparing(GroupVersion::group)
                  .thenComparingInt(v -> -priority(v).version())
                  .thenComparing(GroupVersion::version, ApiVersions.PRIORITY))
          .toList();
    }

    private GroupPriority priority(GroupVersion version) {
      GroupPriority known = priorities.get(version);
      return known == null ? GroupPriority.of(version) : known;
    }
  }

  private final List<ResourceDefinition> lasting;
  private final List<ResourceDefinition> yielding;
  private final Set<GroupVersion> yields = new LinkedHashSet<>();
  private final Set<GroupVersion> own = new LinkedHashSet<>();
  private List<ResourceDefinition> others = List.of();
  private Map<GroupVersion, Delegated> delegated = Map.of();
  private Map<GroupVersion, GroupPriority> priorities = Map.of();
  private volatile Snapshot snapshot;

  /**
   * @param lasting what is served from the first to the last request
   */
  public ServedResources(List<ResourceDefinition> lasting) {
    this(lasting, List.of());
  }

  /**
   * @param yielding what is served too, while its group version is not left to another server
   */
  public ServedResources(List<ResourceDefinition> lasting, List<ResourceDefinition> yielding) {
    this.lasting = List.copyOf(lasting);
    this.yielding = List.copyOf(yielding);
    yielding.forEach(r -> yields.add(new GroupVersion(r.group(), r.version())));
    lasting.forEach(r -> own.add(new GroupVersion(r.group(), r.version())));
    this.snapshot = snapshotNow();
  }

  /** The built-in resources, in all their versions. */
  public static ServedResources builtIn() {
    return new ServedResources(Resources.served());
  }

  public Snapshot snapshot() {
    return snapshot;
  }

  /** The resource at a path, or null where nothing is served there by this server. */
  public @Nullable ResourceDefinition find(String group, String version, String plural) {
    return snapshot.find(group, version, plural);
  }

  /** The group versions of what is served from the first to the last request. */
  public Set<GroupVersion> lasting() {
    return Set.copyOf(own);
  }

  /** The group versions that are served here unless they are left to another server. */
  public Set<GroupVersion> yielding() {
    return Set.copyOf(yields);
  }

  /**
   * From now on serves these beside the lasting ones, and no others. A lasting one wins over
   * another at the same path.
   */
  public synchronized void replaceOthers(List<ResourceDefinition> others) {
    this.others = List.copyOf(others);
    publish();
  }

  /**
   * From now on leaves these group versions to other servers, and no others. A lasting one stays
   * this server's; what custom resources define there is not served while it is left to another.
   *
   * @param priorities of group versions that do not have their usual ones
   */
  public synchronized void delegate(
      Map<GroupVersion, Delegated> wanted, Map<GroupVersion, GroupPriority> priorities) {
    Map<GroupVersion, Delegated> allowed = new HashMap<>(wanted);
    allowed.keySet().removeAll(own);
    if (allowed.equals(delegated) && priorities.equals(this.priorities)) {
      return;
    }
    this.delegated = Map.copyOf(allowed);
    this.priorities = Map.copyOf(priorities);
    publish();
  }

  private void publish() {
    snapshot = snapshotNow();
  }

  private Snapshot snapshotNow() {
    List<ResourceDefinition> all = new ArrayList<>(lasting);
    List<ResourceDefinition> more = new ArrayList<>(yielding);
    more.addAll(others);
    for (ResourceDefinition other : more) {
      if (!delegated.containsKey(new GroupVersion(other.group(), other.version()))) {
        all.add(other);
      }
    }
    return new Snapshot(all, delegated, priorities);
  }
}
