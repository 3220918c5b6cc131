package io.berth.scheduler.decide;

import io.berth.scheduler.cluster.Cluster;
import io.berth.scheduler.cluster.GroupKey;
import io.berth.scheduler.cluster.Node;
import io.berth.scheduler.core.PodShape;
import io.berth.scheduler.core.Rejection;
import io.berth.scheduler.rules.Check;
import io.berth.scheduler.rules.NodeResourcesFit;
import io.berth.scheduler.rules.Rule;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A profile's rules, bound to the pods of one shape: those that look at one node, and those that
 * look beyond. Not safe for use by several threads.
 */
final class ShapeChecks implements AutoCloseable {
  private final List<Check> local = new ArrayList<>();
  private final List<Check> wide = new ArrayList<>();
  private boolean fits;

  ShapeChecks(PodShape shape, List<Rule> rules, Cluster cluster) {
    for (Rule rule : rules) {
      Check check = rule.bind(shape, cluster);
      fits |= check != null && rule.name().equals(NodeResourcesFit.NAME);
      if (check != null) {
        (check.local() ? local : wide).add(check);
      }
    }
  }

  /** Whether what is left of a node must be enough. */
  boolean fits() {
    return fits;
  }

  /** Whether nothing counts but the nodes themselves, one by one. */
  boolean silent() {
    for (int i = 0; i < wide.size(); i++) {
      if (!wide.get(i).silent()) {
        return false;
      }
    }
    return true;
  }

  /** As {@link Check#structure}. */
  long structure() {
    long sum = 0;
    for (int i = 0; i < wide.size(); i++) {
      sum += wide.get(i).structure();
    }
    return sum;
  }

  /** As {@link Check#changed}. */
  void changed(int index, @Nullable Node node) {
    for (int i = 0; i < wide.size(); i++) {
      wide.get(i).changed(index, node);
    }
  }

  /** As {@link Check#key}. */
  void key(int node, GroupKey key) {
    for (int i = 0; i < wide.size(); i++) {
      wide.get(i).key(node, key);
    }
  }

  /** Whether a node itself will not do. */
  boolean refused(Node node) {
    return refused(node, local);
  }

  /** Whether a node will not do for what is around it. */
  boolean refusedWidely(Node node) {
    return refused(node, wide);
  }

  private static boolean refused(Node node, List<Check> checks) {
    for (int i = 0; i < checks.size(); i++) {
      if (checks.get(i).test(node) != null) {
        return true;
      }
    }
    return false;
  }

  /** Why a node itself will not do, by the first rule that says so. */
  List<Rejection> localRejections(Node node) {
    return explain(node, local, false);
  }

  /** Why a node will not do for what is around it, by the first rule that says so. */
  List<Rejection> wideRejections(Node node) {
    return explain(node, wide, false);
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
  }
}
