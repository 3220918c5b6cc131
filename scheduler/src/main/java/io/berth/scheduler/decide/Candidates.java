package io.berth.scheduler.decide;

import io.berth.scheduler.cluster.ChangeLog;
import io.berth.scheduler.cluster.Cluster;
import io.berth.scheduler.cluster.GroupKey;
import io.berth.scheduler.cluster.Node;
import io.berth.scheduler.cluster.Placement;
import io.berth.scheduler.core.PodShape;
import io.berth.scheduler.core.Rejection;
import io.berth.scheduler.core.ResourceIndex;
import io.berth.scheduler.rules.PodCheck;
import java.util.List;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/**
 * The nodes for the pods of one shape: what each node's rules say and how it scores, kept from
 * decision to decision and brought up to date by what changed. Where nothing but the nodes
 * themselves counts, the best is known without looking at the others.
 *
 * <p>Nothing is kept before the second decision: many shapes come once, and for one decision to
 * look at each node in turn is cheaper than to sort them. Not safe for use by several threads.
 */
final class Candidates implements AutoCloseable {
  private final PodShape shape;
  private final Profile profile;
  private final Cluster cluster;
  private final ShapeChecks checks;
  private final ShapeRatings ratings;
  private final IdleNodes idle;

  private boolean glanced;
  private boolean looked;
  private long seen;
  private long packingEpoch;
  private long structure;
  private final long neighboursEpoch;
  private final Groups groups = new Groups();
  private final GroupKey key = new GroupKey();
  private int end;

  private int[] some = new int[16];
  private int[] sizes = new int[16];
  private double[] totals = new double[16];
  private @Nullable Diagnosis diagnosis;
  private long diagnosedAt;

  /** Null until somebody asks why. */
  private @Nullable Verdicts verdicts;

  Candidates(PodShape shape, Profile profile, Cluster cluster, IdleNodes idle) {
    this.shape = shape;
    this.idle = idle;
    this.profile = profile;
    this.cluster = cluster;
    this.ratings = new ShapeRatings(shape, profile, cluster);
    this.neighboursEpoch = cluster.neighbours().epoch();
    this.checks = new ShapeChecks(shape, profile.rules(), cluster);
  }

  /** Whether counts that it holds were thrown away, so that it must be made anew. */
  boolean outdated() {
    return neighboursEpoch != cluster.neighbours().epoch();
  }

  // Keeping up.

  /** Takes in all that changed since the last call. */
  void refresh() {
    ChangeLog changes = cluster.changes();
    long epoch = profile.packing().epoch();
    boolean far = !changes.reaches(seen) || changes.end() - seen > Math.max(64, cluster.end());
    if (!looked || far || epoch != packingEpoch || structure() != structure) {
      packingEpoch = epoch;
      lookAtAll();
      return;
    }
    for (; seen < changes.end(); seen++) {
      look(changes.at(seen));
    }
  }

  private long structure() {
    return checks.structure() + ratings.structure();
  }

  private void lookAtAll() {
    looked = true;
    seen = cluster.changes().end();
    structure = structure();
    end = Math.max(end, cluster.end());
    for (int index = 0; index < end; index++) {
      look(index);
    }
  }

  private void look(int index) {
    end = Math.max(end, index + 1);
    if (verdicts != null) {
      verdicts.forget(index);
    }
    Node node = index < cluster.end() ? cluster.at(index) : null;
    checks.changed(index, node);
    ratings.changed(index, node);
    if (node == null || checks.refused(node)) {
      groups.remove(index);
    } else {
      put(node);
    }
  }

  private void put(Node node) {
    key.clear();
    checks.key(node.index(), key);
    ratings.key(node, key);
    groups.put(node.index(), key, ratings.score(node));
  }

  // Deciding.

  /**
   * The best node for a pod of the shape, or -1 where none will do.
   *
   * @param allowed what else must hold for the node of an index; null where nothing else must
   */
  int best(@Nullable IntPredicate allowed) {
    if (!looked && !glanced && silent()) {
      glanced = true;
      return glance(allowed);
    }
    refresh();
    int count = collect(allowed);
    if (count == 0) {
      return -1;
    }
    for (int i = 0; i < count; i++) {
      totals[i] = groups.score(some[i]);
    }
    if (count > 1) {
      ratings.rate(some, sizes, count, totals);
    }
    int best = 0;
    for (int i = 1; i < count; i++) {
      if (totals[i] > totals[best] || (totals[i] == totals[best] && some[i] < some[best])) {
        best = i;
      }
    }
    return some[best];
  }

  /** Whether nothing counts but the nodes themselves, one by one. */
  private boolean silent() {
    return checks.silent() && ratings.silent();
  }

  private int glance(@Nullable IntPredicate allowed) {
    profile.packing().epoch(); // scores are as of now
    return idle.best(
        ratings::score,
        node -> !checks.refused(node) && (allowed == null || allowed.test(node.index())),
        checks.fits() ? shape.request(ResourceIndex.CPU) : Long.MIN_VALUE,
        checks.fits() ? shape.request(ResourceIndex.MEMORY) : Long.MIN_VALUE,
        ratings.single());
  }

  /** Collects the best of each group that the pod may go to. */
  private int collect(@Nullable IntPredicate allowed) {
    List<Group> all = groups.all();
    if (some.length < all.size()) {
      int size = 2 * all.size();
      some = new int[size];
      sizes = new int[size];
      totals = new double[size];
    }
    int count = 0;
    for (int i = 0; i < all.size(); i++) {
      Group group = all.get(i);
      int node = allowed == null ? group.best() : bestAllowed(group, allowed);
      if (node >= 0 && !refusedWidely(node)) {
        sizes[count] = group.size();
        some[count++] = node;
      }
    }
    return count;
  }

  private int bestAllowed(Group group, IntPredicate allowed) {
    if (allowed.test(group.best())) {
      return group.best();
    }
    int best = -1;
    for (int place = 0; place < group.size(); place++) {
      int node = group.at(place);
      boolean better =
          best < 0
              || groups.score(node) > groups.score(best)
              || (groups.score(node) == groups.score(best) && node < best);
      if (better && allowed.test(node)) {
        best = node;
      }
    }
    return best;
  }

  private boolean refusedWidely(int index) {
    Node node = cluster.at(index);
    return node == null || checks.refusedWidely(node);
  }

  /** The GPUs that a pod of the shape gets on a node. */
  int[] devices(Node node) {
    return ratings.devices(node);
  }

  // Explaining.

  /** Why no node will do for pods of the shape; kept until something changes. */
  Diagnosis diagnosis() {
    refresh();
    Diagnosis known = diagnosis;
    if (known == null || diagnosedAt != seen) {
      Verdicts kept = verdicts;
      if (kept == null) {
        kept = new Verdicts();
        for (int index = 0; index < end; index++) {
          kept.forget(index);
        }
        verdicts = kept;
      }
      known = kept.diagnose(this::localRejections, this::wideRejections);
      diagnosis = known;
      diagnosedAt = seen;
    }
    return known;
  }

  private @Nullable List<Rejection> localRejections(int index) {
    Node node = index < cluster.end() ? cluster.at(index) : null;
    return node == null ? null : checks.localRejections(node);
  }

  private List<Rejection> wideRejections(int index) {
    Node node = cluster.at(index);
    return node == null ? List.of() : checks.wideRejections(node);
  }

  /** Whether pods of the shape may go to a node as things are. */
  boolean fitsNow(Node node) {
    if (looked || !silent()) {
      refresh();
    }
    return !refusedNow(node);
  }

  private boolean refusedNow(Node node) {
    return checks.refused(node) || checks.refusedWidely(node);
  }

  /**
   * Whether a pod of the shape may go to a node with these pods there too.
   *
   * @param own what counts for that pod alone, or null
   */
  boolean fitsWith(List<Placement> standIns, @Nullable PodCheck own, Node node) {
    standIns.forEach(cluster::putBack);
    checks.changed(node.index(), node);
    boolean fits = !refusedNow(node) && (own == null || own.test(node) == null);
    standIns.forEach(cluster::lift);
    checks.changed(node.index(), node);
    return fits;
  }

  /** All that keeps pods of the shape from a node, of the first rule only or of all of them. */
  List<Rejection> rejections(Node node, boolean all) {
    return checks.rejections(node, all);
  }

  @Override
  public void close() {
    checks.close();
    ratings.close();
  }
}
