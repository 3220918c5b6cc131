package io.berth.scheduler.preferences;

import io.berth.scheduler.cluster.Cluster;
import io.berth.scheduler.cluster.Node;
import io.berth.scheduler.core.NodePreference;
import io.berth.scheduler.core.PodShape;
import io.berth.scheduler.core.Taint;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/** The preferences that look at one node's description. */
public final class NodePreferences {
  private static final long MEBIBYTE = 1L << 20;

  /** Images smaller than this together are not worth a move; of larger ones a container's bound. */
  private static final long SMALLEST_IMAGE = 23 * MEBIBYTE;

  private static final long LARGEST_IMAGE = 1000 * MEBIBYTE;

  private record Simple(String name, BiFunction<PodShape, Cluster, @Nullable Rating> binding)
      implements Preference {
    @Override
    public @Nullable Rating bind(PodShape shape, Cluster cluster) {
      return binding.apply(shape, cluster);
    }
  }

  private record OfNode(Rating.Scale scale, ToDoubleFunction<Node> value) implements Rating {
    @Override
    public double raw(Node node) {
      return value.applyAsDouble(node);
    }
  }

  private NodePreferences() {}

  /** The sum of the weights of the preferred terms that a node matches. */
  public static Preference affinity() {
    return affinity(List.of());
  }

  /**
   * @param added what all pods wish for beside their own terms
   */
  public static Preference affinity(List<NodePreference> added) {
    return new Simple("NodeAffinity", (shape, cluster) -> affinity(shape, added));
  }

  /** Fewer untolerated taints of the effect {@code PreferNoSchedule}. */
  public static Preference taints() {
    return new Simple("TaintToleration", NodePreferences::taints);
  }

  /** Images that are there already, by their size and by how many other nodes have them. */
  public static Preference images() {
    return new Simple("ImageLocality", NodePreferences::images);
  }

  private static @Nullable Rating affinity(PodShape shape, List<NodePreference> added) {
    List<NodePreference> terms = new ArrayList<>(shape.preferredTerms());
    terms.addAll(added);
    return terms.isEmpty()
        ? null
        : new OfNode(Rating.Scale.TO_LARGEST, node -> preferred(terms, node));
  }

  private static double preferred(List<NodePreference> terms, Node node) {
    double sum = 0;
    for (int i = 0; i < terms.size(); i++) {
      if (terms.get(i).term().matches(node.name(), node.labels())) {
        sum += terms.get(i).weight();
      }
    }
    return sum;
  }

  private static Rating taints(PodShape shape, Cluster cluster) {
    return new Rating() {
      @Override
      public Scale scale() {
        return Scale.REVERSED;
      }

      @Override
      public boolean silent() {
        return !cluster.discourages();
      }

      @Override
      public double raw(Node node) {
        double count = 0;
        List<Taint> taints = node.record().taints();
        for (int i = 0; i < taints.size(); i++) {
          count += !taints.get(i).forbids() && !shape.tolerates(taints.get(i)) ? 1 : 0;
        }
        return count;
      }
    };
  }

  private static @Nullable Rating images(PodShape shape, Cluster cluster) {
    if (shape.images().isEmpty()) {
      return null;
    }
    return new OfNode(
        Rating.Scale.NONE,
        node -> {
          if (node.record().images().isEmpty()) {
            return 0;
          }
          double bytes = 0;
          for (String image : shape.images()) {
            Long size = node.record().images().get(image);
            if (size != null) {
              bytes += size * (double) cluster.nodesWith(image) / cluster.size();
            }
          }
          double most = (double) LARGEST_IMAGE * shape.images().size();
          double within = Math.clamp(bytes, SMALLEST_IMAGE, most);
          return 100 * (within - SMALLEST_IMAGE) / (most - SMALLEST_IMAGE);
        });
  }
}
