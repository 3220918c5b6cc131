package io.berth.scheduler.decide;

import io.berth.scheduler.cluster.ChangeLog;
import io.berth.scheduler.cluster.Cluster;
import io.berth.scheduler.cluster.GroupKey;
import io.berth.scheduler.cluster.Node;
import io.berth.scheduler.cluster.Placement;
import io.berth.scheduler.core.PodShape;
import io.berth.scheduler.core.Rejection;
import io.berth.scheduler.core.ResourceIndex;
import io.berth.scheduler.packing.Packing;
import io.berth.scheduler.preferences.Rating;
import io.berth.scheduler.rules.Check;
import io.berth.scheduler.rules.NodeResourcesFit;
import io.berth.scheduler.rules.PodCheck;
import io.berth.scheduler.rules.Rule;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntPredicate;
import java.util.stream.Stream;
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
  private final List<Check> local = new ArrayList<>();
  private final List<Check> wide = new ArrayList<>();
  private final List<Rating> ratings = new ArrayList<>();
  private final List<Double> weights = new ArrayList<>();
  private final Packing.Packer packer;
  private final IdleNodes idle;

  /** Whether what is left of a node must be enough. */
  private boolean fits;

  /** Whether preferences score node by node, however equal in size. */
  private boolean single;

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
  private double[] values = new double[16];
  private @Nullable Diagnosis diagnosis;
  private long diagnosedAt;

  /** Null until somebody asks why. */
  private @Nullable Verdicts verdicts;

  Candidates(PodShape shape, Profile profile, Cluster cluster, IdleNodes idle) {
    this.shape = shape;
    this.idle = idle;
    this.profile = profile;
    this.cluster = cluster;
    this.packer = profile.packing().bind(shape, cluster);
    this.neighboursEpoch = cluster.neighbours().epoch();
    for (Rule rule : profile.rules()) {
      Check check = rule.bind(shape, cluster);
      fits |= check != null && rule.name().equals(NodeResourcesFit.NAME);
      if (check != null) {
        (check.local() ? local : wide).add(check);
      }
    }
    for (Profile.Weighted weighted : profile.preferences()) {
      Rating rating = weighted.preference().bind(shape, cluster);
      if (rating != null) {
        ratings.add(rating);
        weights.add(weighted.weight());
        single |= rating.local() && rating.scale() == Rating.Scale.NONE;
      }
    }
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
    long sum = 0;
    for (int i = 0; i < wide.size(); i++) {
      sum += wide.get(i).structure();
    }
    for (int i = 0; i < ratings.size(); i++) {
      sum += ratings.get(i).structure();
    }
    return sum;
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
    for (int i = 0; i < wide.size(); i++) {
      wide.get(i).changed(index, node);
    }
    for (int i = 0; i < ratings.size(); i++) {
      ratings.get(i).changed(index, node);
    }
    if (node == null || refused(node)) {
      groups.remove(index);
    } else {
      put(node);
    }
  }

  private boolean refused(Node node) {
    for (int i = 0; i < local.size(); i++) {
      if (local.get(i).test(node) != null) {
        return true;
      }
    }
    return false;
  }

  private void put(Node node) {
    key.clear();
    for (int i = 0; i < wide.size(); i++) {
      wide.get(i).key(node.index(), key);
    }
    for (int i = 0; i < ratings.size(); i++) {
      Rating rating = ratings.get(i);
      if (!rating.local()) {
        rating.key(node.index(), key);
      } else if (rating.scale() != Rating.Scale.NONE) {
        key.add(rating.raw(node));
      }
    }
    groups.put(node.index(), key, score(node));
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
      rate(count);
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
    for (int i = 0; i < wide.size(); i++) {
      if (!wide.get(i).silent()) {
        return false;
      }
    }
    for (int i = 0; i < ratings.size(); i++) {
      Rating rating = ratings.get(i);
      boolean single = rating.local() && rating.scale() == Rating.Scale.NONE;
      if (!single && !rating.silent()) {
        return false;
      }
    }
    return true;
  }

  private int glance(@Nullable IntPredicate allowed) {
    profile.packing().epoch(); // scores are as of now
    return idle.best(
        this::score,
        node -> !refused(node) && (allowed == null || allowed.test(node.index())),
        fits ? shape.request(ResourceIndex.CPU) : Long.MIN_VALUE,
        fits ? shape.request(ResourceIndex.MEMORY) : Long.MIN_VALUE,
        single);
  }

  /** By what the packing and the preferences say that look at nothing but the node. */
  private double score(Node node) {
    double score = profile.packingWeight() * packer.raw(node);
    for (int i = 0; i < ratings.size(); i++) {
      Rating rating = ratings.get(i);
      if (rating.local() && rating.scale() == Rating.Scale.NONE) {
        score += weights.get(i) * rating.raw(node);
      }
    }
    return score;
  }

  /** Collects the best of each group that the pod may go to. */
  private int collect(@Nullable IntPredicate allowed) {
    List<Group> all = groups.all();
    if (some.length < all.size()) {
      int size = 2 * all.size();
      some = new int[size];
      sizes = new int[size];
      totals = new double[size];
      values = new double[size];
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
    for (int i = 0; i < wide.size(); i++) {
      if (node == null || wide.get(i).test(node) != null) {
        return true;
      }
    }
    return false;
  }

  private void rate(int count) {
    for (int r = 0; r < ratings.size(); r++) {
      Rating rating = ratings.get(r);
      if (rating.local() && rating.scale() == Rating.Scale.NONE) {
        continue;
      }
      rating.begin(some, sizes, count);
      for (int i = 0; i < count; i++) {
        Node node = cluster.at(some[i]);
        values[i] = node == null ? 0 : rating.raw(node);
      }
      Scales.add(rating.scale(), values, count, weights.get(r), totals);
    }
  }

  /** The GPUs that a pod of the shape gets on a node. */
  int[] devices(Node node) {
    return shape.wantsGpu()
        ? node.gpus().choose(shape, shape.gpuShare() > 0 ? packer.shareOn(node) : -1)
        : node.gpus().choose(shape, -1);
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
    return node == null ? null : explain(node, local, false);
  }

  private List<Rejection> wideRejections(int index) {
    Node node = cluster.at(index);
    return node == null ? List.of() : explain(node, wide, false);
  }

  /** Whether pods of the shape may go to a node as things are. */
  boolean fitsNow(Node node) {
    if (looked || !silent()) {
      refresh();
    }
    return rejection(node) == null;
  }

  /** The first rule that keeps pods of the shape from a node; null where none does. */
  private @Nullable Rejection rejection(Node node) {
    for (Check check : local) {
      Rejection found = check.test(node);
      if (found != null) {
        return found;
      }
    }
    for (Check check : wide) {
      Rejection found = check.test(node);
      if (found != null) {
        return found;
      }
    }
    return null;
  }

  /**
   * Whether a pod of the shape may go to a node with these pods there too.
   *
   * @param own what counts for that pod alone, or null
   */
  boolean fitsWith(List<Placement> standIns, @Nullable PodCheck own, Node node) {
    standIns.forEach(cluster::putBack);
    wide.forEach(check -> check.changed(node.index(), node));
    boolean fits = rejection(node) == null && (own == null || own.test(node) == null);
    standIns.forEach(cluster::lift);
    wide.forEach(check -> check.changed(node.index(), node));
    return fits;
  }

  /** All that keeps pods of the shape from a node, of the first rule only or of all of them. */
  List<Rejection> rejections(Node node, boolean all) {
    List<Rejection> found = explain(node, local, all);
    if (found.isEmpty()) {
      return explain(node, wide, all);
    }
    return all ? Stream.concat(found.stream(), explain(node, wide, true).stream()).toList() : found;
  }

  private static List<Rejection> explain(Node node, List<Check> checks, boolean all) {
    List<Rejection> found = List.of();
    for (int i = 0; i < checks.size() && (all || found.isEmpty()); i++) {
      List<Rejection> more = checks.get(i).explain(node);
      if (found.isEmpty()) {
        found = more;
      } else if (!more.isEmpty()) {
        found = Stream.concat(found.stream(), more.stream()).toList();
      }
    }
    return found;
  }

  @Override
  public void close() {
    local.forEach(Check::close);
    wide.forEach(Check::close);
    ratings.forEach(Rating::close);
    packer.close();
  }
}
