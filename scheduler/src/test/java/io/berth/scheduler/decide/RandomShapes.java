package io.berth.scheduler.decide;

import io.berth.api.object.LabelSelector;
import io.berth.scheduler.core.AffinityTerm;
import io.berth.scheduler.core.HostPort;
import io.berth.scheduler.core.NodePreference;
import io.berth.scheduler.core.NodeRecord;
import io.berth.scheduler.core.NodeTerm;
import io.berth.scheduler.core.PodAffinity;
import io.berth.scheduler.core.PodSelector;
import io.berth.scheduler.core.PodShape;
import io.berth.scheduler.core.Requirement;
import io.berth.scheduler.core.SpreadConstraint;
import io.berth.scheduler.core.Taint;
import io.berth.scheduler.core.Toleration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

/** Makes nodes and shapes of pods that try every rule, all from one source of chance. */
public final class RandomShapes {
  private static final List<String> KEYS =
      List.of("kubernetes.io/hostname", "topology.kubernetes.io/zone", "rack");

  private final Random random;

  public RandomShapes(Random random) {
    this.random = random;
  }

  public NodeRecord node(String name) {
    Map<String, String> labels = new HashMap<>();
    labels.put("kubernetes.io/hostname", random.nextInt(20) == 0 ? "twin" : name);
    if (random.nextInt(6) > 0) {
      labels.put("topology.kubernetes.io/zone", "z" + random.nextInt(3));
    }
    if (random.nextBoolean()) {
      labels.put("rack", "r" + random.nextInt(4));
    }
    labels.put("disk", random.nextBoolean() ? "ssd" : "hdd");
    List<Taint> taints = new ArrayList<>();
    if (random.nextInt(4) == 0) {
      String effect = random.nextBoolean() ? Taint.NO_SCHEDULE : Taint.PREFER_NO_SCHEDULE;
      taints.add(new Taint("k" + random.nextInt(2), "v", effect));
    }
    long[] allocatable = {2_000 + 1_000L * random.nextInt(3), 8_000, 0, 4 + random.nextInt(4)};
    return new NodeRecord(name, labels, taints, random.nextInt(10) == 0, allocatable, Map.of());
  }

  public PodShape shape() {
    PodShape.Builder shape =
        PodShape.builder(random.nextBoolean() ? "a" : "b")
            .labels(Map.of("app", "x" + random.nextInt(3), "tier", "t" + random.nextInt(2)))
            .requests(new long[] {100L * random.nextInt(8), 500L * random.nextInt(4), 0, 1});
    if (random.nextInt(4) == 0) {
      shape.nodeSelector(Map.of("disk", "ssd"));
    }
    if (random.nextInt(6) == 0) {
      Requirement in = new Requirement("rack", Requirement.Operator.EXISTS, List.of());
      shape.requiredTerms(List.of(new NodeTerm(List.of(in), List.of())));
    }
    if (random.nextInt(8) == 0) {
      Requirement named = new Requirement("metadata.name", Requirement.Operator.IN, List.of("n1"));
      shape.requiredTerms(List.of(new NodeTerm(List.of(), List.of(named))));
    }
    if (random.nextInt(4) == 0) {
      Requirement in = new Requirement("disk", Requirement.Operator.IN, List.of("hdd"));
      shape.preferredTerms(
          List.of(
              new NodePreference(1 + random.nextInt(50), new NodeTerm(List.of(in), List.of()))));
    }
    if (random.nextInt(3) == 0) {
      shape.tolerations(List.of(new Toleration("k0", "Exists", "", "")));
    }
    if (random.nextInt(6) == 0) {
      shape.hostPorts(List.of(new HostPort("0.0.0.0", "TCP", 80)));
    }
    shape.affinity(affinity()).antiAffinity(affinity()).spread(spread());
    return shape.build();
  }

  private PodAffinity affinity() {
    List<AffinityTerm> required = new ArrayList<>();
    List<PodAffinity.Preferred> preferred = new ArrayList<>();
    int kind = random.nextInt(6);
    if (kind == 0) {
      required.add(term());
      if (random.nextInt(4) == 0) {
        required.add(term());
      }
    } else if (kind == 1) {
      preferred.add(new PodAffinity.Preferred(1 + random.nextInt(100), term()));
    }
    return new PodAffinity(required, preferred);
  }

  private AffinityTerm term() {
    LabelSelector team =
        random.nextInt(4) == 0 ? LabelSelector.ofLabels(Map.of("team", "t0")) : null;
    Set<String> namespaces = random.nextBoolean() ? Set.of("a") : Set.of("a", "b");
    return new AffinityTerm(
        new PodSelector(team == null ? namespaces : Set.of(), team, selector()),
        KEYS.get(random.nextInt(KEYS.size())));
  }

  /** The same for one pod, with a label of its own as the pods of a StatefulSet have it. */
  public PodShape ofOne(PodShape shape, String value) {
    Map<String, String> labels = new HashMap<>(shape.labels());
    labels.put("one", value);
    return shape.toBuilder().labels(labels).build();
  }

  private LabelSelector selector() {
    if (random.nextInt(12) == 0) {
      LabelSelector.Operator operator =
          random.nextBoolean()
              ? LabelSelector.Operator.IN
              : random.nextBoolean()
                  ? LabelSelector.Operator.NOT_IN
                  : LabelSelector.Operator.DOES_NOT_EXIST;
      List<String> values =
          operator == LabelSelector.Operator.DOES_NOT_EXIST
              ? List.of()
              : List.of("v" + random.nextInt(3));
      return LabelSelector.of(List.of(new LabelSelector.Requirement("one", operator, values)));
    }
    return random.nextBoolean()
        ? LabelSelector.ofLabels(Map.of("app", "x" + random.nextInt(3)))
        : LabelSelector.ofLabels(Map.of("tier", "t" + random.nextInt(2)));
  }

  private List<SpreadConstraint> spread() {
    List<SpreadConstraint> constraints = new ArrayList<>();
    while (random.nextInt(3) == 0) {
      constraints.add(
          new SpreadConstraint(
              KEYS.get(random.nextInt(KEYS.size())),
              1 + random.nextInt(2),
              random.nextBoolean(),
              selector(),
              1 + random.nextInt(3),
              random.nextInt(3) > 0,
              random.nextBoolean()));
    }
    return constraints;
  }
}
