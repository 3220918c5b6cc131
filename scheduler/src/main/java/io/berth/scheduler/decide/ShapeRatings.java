package io.berth.scheduler.decide;

import io.berth.scheduler.cluster.Cluster;
import io.berth.scheduler.cluster.GroupKey;
import io.berth.scheduler.cluster.Node;
import io.berth.scheduler.core.PodShape;
import io.berth.scheduler.packing.Packing;
import io.berth.scheduler.preferences.Rating;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A profile's preferences and its packing, bound to the pods of one shape. Not safe for use by
 * several threads.
 */
final class ShapeRatings implements AutoCloseable {
  private final PodShape shape;
  private final Cluster cluster;
  private final double packingWeight;
  private final Packing.Packer packer;
  private final List<Rating> ratings = new ArrayList<>();
  private final List<Double> weights = new ArrayList<>();
  private boolean single;
  private double[] values = new double[16];

  ShapeRatings(PodShape shape, Profile profile, Cluster cluster) {
    this.shape = shape;
    this.cluster = cluster;
    this.packingWeight = profile.packingWeight();
    this.packer = profile.packing().bind(shape, cluster);
    for (Profile.Weighted weighted : profile.preferences()) {
      Rating rating = weighted.preference().bind(shape, cluster);
      if (rating != null) {
        ratings.add(rating);
        weights.add(weighted.weight());
        single |= alone(rating);
      }
    }
  }

  /** Whether its values of a node are the same whatever the others have. */
  private static boolean alone(Rating rating) {
    return rating.local() && rating.scale() == Rating.Scale.NONE;
  }

  /** Whether preferences score node by node, however equal in size. */
  boolean single() {
    return single;
  }

  /** Whether nothing counts but the nodes themselves, one by one. */
  boolean silent() {
    for (int i = 0; i < ratings.size(); i++) {
      Rating rating = ratings.get(i);
      if (!alone(rating) && !rating.silent()) {
        return false;
      }
    }
    return true;
  }

  /** As {@link Rating#structure}. */
  long structure() {
    long sum = 0;
    for (int i = 0; i < ratings.size(); i++) {
      sum += ratings.get(i).structure();
    }
    return sum;
  }

  /** As {@link Rating#changed}. */
  void changed(int index, @Nullable Node node) {
    for (int i = 0; i < ratings.size(); i++) {
      ratings.get(i).changed(index, node);
    }
  }

  /** Adds to a key what a node's values depend on, beside its {@link #score}. */
  void key(Node node, GroupKey key) {
    for (int i = 0; i < ratings.size(); i++) {
      Rating rating = ratings.get(i);
      if (!rating.local()) {
        rating.key(node.index(), key);
      } else if (rating.scale() != Rating.Scale.NONE) {
        key.add(rating.raw(node));
      }
    }
  }

  /** By what the packing and the preferences say that look at nothing but the node. */
  double score(Node node) {
    double score = packingWeight * packer.raw(node);
    for (int i = 0; i < ratings.size(); i++) {
      Rating rating = ratings.get(i);
      if (alone(rating)) {
        score += weights.get(i) * rating.raw(node);
      }
    }
    return score;
  }

  /**
   * Adds to the totals what the other preferences say.
   *
   * @param some the nodes that are held against one another, by index
   * @param sizes for how many nodes each stands
   * @param count how many there are
   */
  void rate(int[] some, int[] sizes, int count, double[] totals) {
    if (values.length < count) {
      values = new double[2 * count];
    }
    for (int r = 0; r < ratings.size(); r++) {
      Rating rating = ratings.get(r);
      if (alone(rating)) {
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

  @Override
  public void close() {
    ratings.forEach(Rating::close);
    packer.close();
  }
}
