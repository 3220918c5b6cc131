package io.berth.scheduler.cluster;

import io.berth.scheduler.core.ClusterEvent;
import io.berth.scheduler.core.NodeRecord;
import io.berth.scheduler.core.PodRecord;
import io.berth.scheduler.core.PodShape;
import io.berth.scheduler.core.ResourceIndex;
import io.berth.scheduler.core.Taint;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The nodes, and on each the pods that are bound to it or about to be.
 *
 * <pre>
 *            assume            bound (the API shows it there)
 *   waiting ───────▶ assumed ─────────────────────────────────▶ bound ──▶ removed
 *                       └──────────▶ waiting
 *                          forget (the binding failed)
 * </pre>
 *
 * <p>An assumed pod stays so until its binding's outcome is known; nothing here expires. Pods may
 * be bound to nodes that are not known (yet): they count once the node comes.
 *
 * <p>It is changed in place, and every change is told in the {@link ChangeLog}: a decision costs
 * what changed since the last one, not the size of the cluster. Not safe for use by several
 * threads: the loop guards it.
 */
public final class Cluster {
  private final ResourceIndex resources;
  private Node[] nodes = new Node[16];
  private int end;
  private final ArrayDeque<Integer> freeIndexes = new ArrayDeque<>();
  private final Map<String, Node> byName = new HashMap<>();
  private final Map<String, Placement> placements = new HashMap<>();
  private final Map<String, Map<String, PodRecord>> homeless = new HashMap<>();
  private final Map<String, Integer> imageNodes = new HashMap<>();
  private final ClaimUsers claimUsers = new ClaimUsers();
  private final ChangeLog changes = new ChangeLog();
  private final Neighbours neighbours = new Neighbours(this);
  private final Nominations nominations = new Nominations(this);
  private long described;
  private int discouraging;

  public Cluster(ResourceIndex resources) {
    this.resources = resources;
  }

  public ResourceIndex resources() {
    return resources;
  }

  public ChangeLog changes() {
    return changes;
  }

  /** Who is where: counts of pods by label, kept for those who ask. */
  public Neighbours neighbours() {
    return neighbours;
  }

  /** Which placed pods mount which claims. */
  public ClaimUsers claimUsers() {
    return claimUsers;
  }

  // Nodes.

  /** One past the highest index of a node. */
  public int end() {
    return end;
  }

  /** The node at an index, or null where there is none (any more). */
  public @Nullable Node at(int index) {
    return nodes[index];
  }

  public @Nullable Node node(String name) {
    return byName.get(name);
  }

  public int size() {
    return byName.size();
  }

  public Collection<Node> nodes() {
    return Collections.unmodifiableCollection(byName.values());
  }

  /** On how many nodes an image lies. */
  public int nodesWith(String image) {
    return imageNodes.getOrDefault(image, 0);
  }

  /**
   * Takes a node as the API describes it.
   *
   * @return what changed about it, as far as it may help pods that wait
   */
  public Set<ClusterEvent> putNode(NodeRecord now) {
    Node node = byName.get(now.name());
    if (node == null) {
      addNode(now);
      return EnumSet.of(ClusterEvent.NODE_ADDED);
    }
    NodeRecord before = node.record();
    Set<ClusterEvent> events = changed(before, now);
    if (events.isEmpty() && before.images().equals(now.images())) {
      return events; // its conditions and times change all the while
    }
    count(before, -1);
    count(now, 1);
    if (neighbours.concerned(before, now)) {
      node.placements().forEach(placement -> neighbours.count(placement, -1));
      node.describe(now);
      neighbours.place(node.index(), now);
      node.placements().forEach(placement -> neighbours.count(placement, 1));
    } else {
      node.describe(now);
    }
    changes.add(node.index());
    return events;
  }

  private static Set<ClusterEvent> changed(NodeRecord before, NodeRecord now) {
    Set<ClusterEvent> events = EnumSet.noneOf(ClusterEvent.class);
    if (!Arrays.equals(before.allocatable(), now.allocatable())) {
      events.add(ClusterEvent.NODE_ALLOCATABLE_CHANGED);
    }
    if (!before.labels().equals(now.labels())) {
      events.add(ClusterEvent.NODE_LABELS_CHANGED);
    }
    if (!before.taints().equals(now.taints()) || before.unschedulable() != now.unschedulable()) {
      events.add(ClusterEvent.NODE_TAINTS_CHANGED);
    }
    return events;
  }

  private void addNode(NodeRecord record) {
    int index = freeIndexes.isEmpty() ? end++ : freeIndexes.pop();
    if (index >= nodes.length) {
      nodes = Arrays.copyOf(nodes, 2 * nodes.length);
    }
    Node node = new Node(index, record);
    nodes[index] = node;
    byName.put(record.name(), node);
    count(record, 1);
    neighbours.place(index, record);
    changes.add(index);
    Map<String, PodRecord> waiting = homeless.remove(record.name());
    if (waiting != null) {
      waiting.values().forEach(pod -> put(pod, node, devices(pod, node), false));
    }
  }

  /** Takes a node out. Its pods are kept for when it comes back, until they are removed. */
  public void removeNode(String name) {
    Node node = byName.remove(name);
    if (node == null) {
      return;
    }
    for (Placement placement : List.copyOf(node.placements())) {
      take(placement);
      home(name).put(placement.pod().uid(), placement.pod());
    }
    count(node.record(), -1);
    neighbours.displace(node.index());
    nodes[node.index()] = null;
    freeIndexes.push(node.index());
    changes.add(node.index());
  }

  /** Rises whenever a node comes, goes or is described anew. */
  public long described() {
    return described;
  }

  /** Whether there are nodes with taints that only advise against them. */
  public boolean discourages() {
    return discouraging > 0;
  }

  private void count(NodeRecord node, int sign) {
    described++;
    boolean advises =
        node.taints().stream().anyMatch(t -> t.effect().equals(Taint.PREFER_NO_SCHEDULE));
    discouraging += advises ? sign : 0;
    node.images().keySet().forEach(image -> imageNodes.merge(image, sign, Integer::sum));
  }

  private Map<String, PodRecord> home(String nodeName) {
    return homeless.computeIfAbsent(nodeName, n -> new LinkedHashMap<>());
  }

  // Pods.

  /** Counts a pod on the node that was decided for it, before the API knows. */
  public Placement assume(PodRecord pod, Node node, int[] devices) {
    removePod(pod.uid());
    return put(pod, node, devices, true);
  }

  /** Takes an assumption back. Does nothing where the pod is known to be bound. */
  public void forget(PodRecord pod) {
    Placement placement = placements.get(pod.uid());
    if (placement != null && placement.assumed()) {
      take(placement);
    }
  }

  /** Takes a pod that the API shows as bound; an assumption of it ends. */
  public void putBound(PodRecord pod) {
    Placement before = placements.get(pod.uid());
    int[] devices = devices(pod);
    if (before != null && before.node().name().equals(pod.nodeName()) && devices.length == 0) {
      devices = before.devices();
    }
    if (before != null && sameToAll(before, pod, devices)) {
      Placement now = new Placement(pod, before.node(), devices, before.labels(), false);
      placements.put(pod.uid(), now);
      before.node().replace(now);
      return;
    }
    removePod(pod.uid());
    Node node = byName.get(pod.nodeName());
    if (node == null) {
      home(pod.nodeName()).put(pod.uid(), pod);
    } else {
      put(pod, node, devices.length == 0 ? devices(pod, node) : devices, false);
    }
  }

  /** Whether a placed pod's new version makes no difference to any decision. */
  private static boolean sameToAll(Placement before, PodRecord now, int[] devices) {
    return before.node().name().equals(now.nodeName())
        && before.pod().shape().equals(now.shape())
        && before.pod().details().terminating() == now.details().terminating()
        && Arrays.equals(before.devices(), devices);
  }

  /**
   * Takes a pod out that is gone or has ended.
   *
   * @return where it was, or null where it was on no known node
   */
  public @Nullable Placement removePod(String uid) {
    Placement placement = placements.get(uid);
    if (placement != null) {
      take(placement);
      return placement;
    }
    homeless.values().forEach(pods -> pods.remove(uid));
    homeless.values().removeIf(Map::isEmpty);
    return null;
  }

  /** Where a pod is, or null where it is on no known node. */
  public @Nullable Placement placement(String uid) {
    return placements.get(uid);
  }

  /** Whether the pod is assumed or bound, be its node known or not. */
  public boolean isPlaced(String uid) {
    return placements.containsKey(uid)
        || (!homeless.isEmpty()
            && homeless.values().stream().anyMatch(pods -> pods.containsKey(uid)));
  }

  public int pods() {
    return placements.size();
  }

  private Placement put(PodRecord pod, Node node, int[] devices, boolean assumed) {
    LabelSet labels = neighbours.labels(pod.namespace(), pod.shape().labels());
    Placement placement = new Placement(pod, node, devices, labels, assumed);
    placements.put(pod.uid(), placement);
    node.add(placement);
    claimUsers.add(pod);
    neighbours.came(placement);
    changes.add(node.index());
    return placement;
  }

  private void take(Placement placement) {
    placements.remove(placement.pod().uid());
    placement.node().remove(placement);
    claimUsers.remove(placement.pod());
    neighbours.left(placement);
    changes.add(placement.node().index());
  }

  private int[] devices(PodRecord pod) {
    return pod.details().devices().stream().mapToInt(Integer::intValue).toArray();
  }

  /** Whoever placed the pod may not have said which GPUs it has: then likely ones are taken. */
  private int[] devices(PodRecord pod, Node node) {
    int[] said = devices(pod);
    int share = pod.shape().gpuShare();
    return said.length > 0
        ? said
        : node.gpus().choose(pod.shape(), share > 0 ? node.gpus().tightest(share) : -1);
  }

  // What if.

  /** Pods that room is being made for. */
  public Nominations nominations() {
    return nominations;
  }

  /**
   * Counts a placed pod no more, or a stand-in, for a look at how things were without it. Nobody is
   * told: {@link #putBack} must follow before anything else happens.
   */
  public void lift(Placement placement) {
    placement.node().lift(placement);
    claimUsers.remove(placement.pod());
    neighbours.recount(placement, -1);
  }

  /** Counts a pod again that was lifted, or a stand-in that must be lifted before long. */
  public void putBack(Placement placement) {
    placement.node().putBack(placement);
    claimUsers.add(placement.pod());
    neighbours.recount(placement, 1);
  }

  /** Something changed that is known elsewhere and counts for a node. */
  public void touch(String nodeName) {
    Node node = byName.get(nodeName);
    if (node != null) {
      changes.add(node.index());
    }
  }

  /** Whether a shape's requests are within what is left on a node, its GPUs left out. */
  public static boolean roomFor(PodShape shape, Node node) {
    long[] requests = shape.requests();
    for (int slot = 0; slot < requests.length; slot++) {
      if (requests[slot] > 0 && requests[slot] > node.free(slot)) {
        return false;
      }
    }
    return true;
  }
}
