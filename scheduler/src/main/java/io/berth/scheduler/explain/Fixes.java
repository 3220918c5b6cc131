package io.berth.scheduler.explain;

import io.berth.scheduler.cluster.Cluster;
import io.berth.scheduler.cluster.Node;
import io.berth.scheduler.cluster.Placement;
import io.berth.scheduler.core.AffinityTerm;
import io.berth.scheduler.core.HostPort;
import io.berth.scheduler.core.NodeTerm;
import io.berth.scheduler.core.PodShape;
import io.berth.scheduler.core.Rejection;
import io.berth.scheduler.core.Requirement;
import io.berth.scheduler.core.ResourceIndex;
import io.berth.scheduler.core.SpreadConstraint;
import io.berth.scheduler.core.Taint;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Finds for what keeps a pod from a node the change that would end it. Pure. */
final class Fixes {
  private static final double NOT_THE_NODE = 3;

  /** A label tells what a node is, and is not made true by being set. */
  private static final double LABEL = 2;

  /** The taint of a node that is cordoned. */
  private static final String CORDONED = "node.kubernetes.io/unschedulable";

  private static final Fix VOLUME_IN_USE =
      new Fix("the end of the pod that has its volume", NOT_THE_NODE);
  private static final Fix ANOTHER_AFFINITY =
      new Fix("a node affinity of the pod that some node can match", NOT_THE_NODE);
  private static final Fix UNCORDON = new Fix("uncordon " + Fix.NODE, 1);

  private final Cluster cluster;

  Fixes(Cluster cluster) {
    this.cluster = cluster;
  }

  /** What would have to change for all of the rejections to end; one fix for each. */
  List<Fix> of(PodShape shape, Node node, List<Rejection> rejections) {
    Set<Fix> fixes = new LinkedHashSet<>();
    for (Rejection rejection : rejections) {
      fixes.addAll(of(shape, node, rejection));
    }
    return List.copyOf(fixes);
  }

  private List<Fix> of(PodShape shape, Node node, Rejection rejection) {
    return switch (rejection.rule()) {
      case "NodeUnschedulable" -> List.of(UNCORDON);
      case "TaintToleration" -> taints(shape, node);
      case "NodeAffinity" -> {
        List<Fix> labels = labels(shape, node);
        yield labels.isEmpty() ? List.of(ANOTHER_AFFINITY) : labels;
      }
      case "NodePorts" -> ports(shape, node);
      case "NodeResourcesFit" -> resources(shape, node);
      case "PodTopologySpread" -> spread(shape, node);
      case "InterPodAffinity" -> company(shape, node, rejection);
      case "VolumeBinding", "VolumeZone" ->
          List.of(new Fix("a volume within reach of " + Fix.NODE, NOT_THE_NODE));
      case "VolumeRestrictions" -> List.of(VOLUME_IN_USE);
      case "NodeVolumeLimits" -> List.of(new Fix("fewer volumes on " + Fix.NODE, 1));
      default -> List.of(other(rejection));
    };
  }

  private static Fix other(Rejection rejection) {
    return new Fix(rejection.reason() + " would have to end", NOT_THE_NODE);
  }

  private static List<Fix> taints(PodShape shape, Node node) {
    List<Fix> fixes = new ArrayList<>();
    for (Taint taint : node.record().taints()) {
      if (taint.forbids() && !shape.tolerates(taint)) {
        if (taint.key().equals(CORDONED)) {
          fixes.add(UNCORDON); // the taint goes with it
          continue;
        }
        String value = taint.value().isEmpty() ? "" : "=" + taint.value();
        fixes.add(
            new Fix(
                "remove taint " + taint.key() + value + ":" + taint.effect() + " from " + Fix.NODE,
                1));
      }
    }
    return fixes;
  }

  private static List<Fix> labels(PodShape shape, Node node) {
    List<Fix> fixes = new ArrayList<>();
    shape.nodeSelector().entrySet().stream()
        .filter(wanted -> !wanted.getValue().equals(node.labels().get(wanted.getKey())))
        .sorted(Map.Entry.comparingByKey())
        .forEach(wanted -> fixes.add(label(wanted.getKey() + "=" + wanted.getValue())));
    List<NodeTerm> terms = shape.requiredTerms();
    if (terms != null && terms.stream().noneMatch(t -> t.matches(node.name(), node.labels()))) {
      terms.stream()
          .map(term -> unmet(term, node))
          .min(Comparator.comparingDouble(Fixes::effort))
          .ifPresent(fixes::addAll);
    }
    return fixes;
  }

  private static List<Fix> unmet(NodeTerm term, Node node) {
    List<Fix> fixes = new ArrayList<>();
    for (Requirement requirement : term.labels()) {
      if (!requirement.matches(node.labels().get(requirement.key()))) {
        fixes.add(met(requirement));
      }
    }
    for (Requirement requirement : term.fields()) {
      if (!requirement.matches(node.name())) {
        fixes.add(new Fix("the pod asks for other nodes by name", 10));
      }
    }
    return fixes;
  }

  private static Fix met(Requirement requirement) {
    String key = requirement.key();
    return switch (requirement.operator()) {
      case IN -> label(key + "=" + requirement.values().getFirst());
      case EXISTS -> label(key + "=...");
      case GT -> label(key + "=(more than " + requirement.values().getFirst() + ")");
      case LT -> label(key + "=(less than " + requirement.values().getFirst() + ")");
      case NOT_IN, DOES_NOT_EXIST -> new Fix("remove label " + key + " from " + Fix.NODE, LABEL);
    };
  }

  private static Fix label(String label) {
    return new Fix("label " + Fix.NODE + " with " + label, LABEL);
  }

  static double effort(List<Fix> fixes) {
    return fixes.stream().mapToDouble(Fix::effort).sum();
  }

  private static List<Fix> ports(PodShape shape, Node node) {
    List<Fix> fixes = new ArrayList<>();
    for (HostPort wanted : shape.hostPorts()) {
      for (Placement placement : node.placements()) {
        if (placement.pod().shape().hostPorts().stream().anyMatch(wanted::conflicts)) {
          fixes.add(
              new Fix(
                  "port "
                      + wanted.port()
                      + " of "
                      + Fix.NODE
                      + " given up by "
                      + placement.pod().key(),
                  NOT_THE_NODE));
        }
      }
    }
    return fixes;
  }

  private List<Fix> resources(PodShape shape, Node node) {
    List<String> more = new ArrayList<>();
    double effort = 0;
    for (int slot = 0; slot < shape.requests().length; slot++) {
      long missing = shape.request(slot) - node.free(slot);
      if (shape.request(slot) > 0 && missing > 0) {
        String name = slot == ResourceIndex.PODS ? "pods" : cluster.resources().name(slot);
        more.add(Quantities.show(slot, missing) + " more " + name);
        double whole = Math.max(1.0, (double) node.allocatable(slot));
        effort += 1 + (double) missing / whole;
      }
    }
    if (more.isEmpty()) {
      String share = shape.gpuShare() > 0 ? shape.gpuShare() + " thousandths of one GPU" : "";
      String whole = shape.gpus() > 0 ? shape.gpus() + " untouched GPUs" : "";
      String both = share.isEmpty() || whole.isEmpty() ? share + whole : whole + " and " + share;
      return List.of(new Fix(both + " free on " + Fix.NODE, 2));
    }
    return List.of(new Fix(String.join(" and ", more) + " on " + Fix.NODE, effort));
  }

  private List<Fix> spread(PodShape shape, Node node) {
    for (SpreadConstraint constraint : shape.spread()) {
      if (constraint.hard() && !node.labels().containsKey(constraint.topologyKey())) {
        return List.of(label(constraint.topologyKey() + "=..."));
      }
    }
    String keys =
        String.join(
            ", ",
            shape.spread().stream()
                .filter(SpreadConstraint::hard)
                .map(c -> c.topologyKey() + " (maxSkew " + c.maxSkew() + ")")
                .toList());
    return List.of(
        new Fix("a larger maxSkew, or room where fewer such pods are, by " + keys, NOT_THE_NODE));
  }

  private List<Fix> company(PodShape shape, Node node, Rejection rejection) {
    if (rejection.reason().contains("pod affinity")) {
      String wanted =
          String.join(
              ", ",
              shape.affinity().required().stream()
                  .map(t -> t.pods().labels() + " by " + t.topologyKey())
                  .toList());
      return List.of(new Fix("a pod with " + wanted + " near " + Fix.NODE, NOT_THE_NODE));
    }
    List<String> blocking = new ArrayList<>();
    for (Placement placement : node.placements()) {
      if (minds(shape, placement.pod().shape()) || minds(placement.pod().shape(), shape)) {
        blocking.add(placement.pod().key());
      }
    }
    return blocking.isEmpty()
        ? List.of(new Fix("a domain without the pods that keep apart from it", NOT_THE_NODE + 1))
        : List.of(
            new Fix(
                String.join(" and ", blocking) + " moved away from " + Fix.NODE,
                NOT_THE_NODE + blocking.size() - 1));
  }

  private boolean minds(PodShape one, PodShape other) {
    for (AffinityTerm term : one.antiAffinity().required()) {
      if (cluster.neighbours().meets(other, List.of(term.pods()))) {
        return true;
      }
    }
    return false;
  }
}
