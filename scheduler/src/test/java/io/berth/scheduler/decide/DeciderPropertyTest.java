package io.berth.scheduler.decide;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.api.object.LabelSelector;
import io.berth.scheduler.cluster.Cluster;
import io.berth.scheduler.cluster.Node;
import io.berth.scheduler.cluster.Placement;
import io.berth.scheduler.core.AffinityTerm;
import io.berth.scheduler.core.HostPort;
import io.berth.scheduler.core.NodePreference;
import io.berth.scheduler.core.NodeRecord;
import io.berth.scheduler.core.NodeTerm;
import io.berth.scheduler.core.PodAffinity;
import io.berth.scheduler.core.PodDetails;
import io.berth.scheduler.core.PodRecord;
import io.berth.scheduler.core.PodSelector;
import io.berth.scheduler.core.PodShape;
import io.berth.scheduler.core.Requirement;
import io.berth.scheduler.core.ResourceIndex;
import io.berth.scheduler.core.SpreadConstraint;
import io.berth.scheduler.core.Taint;
import io.berth.scheduler.core.Toleration;
import io.berth.scheduler.packing.PlainPackings;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Random clusters through random histories, against {@link ReferenceRules} and a fresh start. */
class DeciderPropertyTest {
  private static final List<String> KEYS =
      List.of("kubernetes.io/hostname", "topology.kubernetes.io/zone", "rack");

  private Random random = new Random(0);
  private Cluster cluster = new Cluster(new ResourceIndex());
  private ReferenceRules reference = new ReferenceRules();
  private Decider decider = decider();
  private int names;

  static List<Long> seeds() {
    List<Long> seeds = new ArrayList<>();
    for (long seed = 1; seed <= 60; seed++) {
      seeds.add(seed);
    }
    return seeds;
  }

  private Decider decider() {
    return new Decider(
        cluster,
        Profiles.standard("test", PlainPackings.mostAllocated(PlainPackings.CPU_AND_MEMORY)));
  }

  private void begin(long seed) {
    random = new Random(seed);
    cluster = new Cluster(new ResourceIndex());
    reference = new ReferenceRules();
    decider = decider();
    for (String namespace : List.of("a", "b", "c")) {
      label(namespace);
    }
    for (int i = 0; i < 3 + random.nextInt(8); i++) {
      putNode("n" + i);
    }
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void theNodesThatMayBeTakenAreThoseOfANaiveScheduler(long seed) {
    begin(seed);
    List<PodShape> shapes = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      shapes.add(shape());
    }
    for (int step = 0; step < 150; step++) {
      happen(shapes.get(random.nextInt(shapes.size())));
      for (int i = 0; i < 3; i++) {
        assertSameNodes(shapes.get(random.nextInt(shapes.size())));
      }
    }
  }

  private void assertSameNodes(PodShape shape) {
    for (NodeRecord node : reference.nodes.values()) {
      Node known = cluster.node(node.name());
      assertThat(known).isNotNull();
      assertThat(decider.fits(shape, known))
          .as("%s on %s: %s", describe(shape), node, decider.rejections(shape, known))
          .isEqualTo(reference.fits(shape, node));
    }
  }

  /** Two that would be decided alike must be told apart by nothing but what is remembered. */
  @ParameterizedTest
  @MethodSource("seeds")
  void whatIsRememberedDecidesAsAFreshStartDoes(long seed) {
    begin(seed);
    List<PodShape> shapes = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      shapes.add(shape());
    }
    for (int step = 0; step < 150; step++) {
      happen(shapes.get(random.nextInt(shapes.size())));
      PodRecord pod = pod(shapes.get(random.nextInt(shapes.size())));
      try (Decider fresh = decider()) {
        assertThat(nameOf(decider.decide(pod))).isEqualTo(nameOf(fresh.decide(pod)));
      }
    }
  }

  private static String nameOf(Decider.@Nullable Spot spot) {
    return spot == null ? "" : spot.node().name();
  }

  private void happen(PodShape shape) {
    switch (random.nextInt(12)) {
      case 0 -> putNode("n" + random.nextInt(12));
      case 1 -> removeNode();
      case 2, 3, 4 -> removePod();
      case 5 -> label(random.nextBoolean() ? "a" : "b");
      case 6 -> terminate();
      default -> place(shape);
    }
  }

  private void place(PodShape shape) {
    PodRecord pod = pod(shape);
    Placement placement = decider.place(pod);
    boolean any = reference.nodes.values().stream().anyMatch(n -> reference.fits(shape, n));
    assertThat(placement != null).as(describe(shape)).isEqualTo(any);
    if (placement != null) {
      NodeRecord node = placement.node().record();
      assertThat(reference.fits(shape, node)).isTrue();
      reference.pods.put(pod.uid(), new ReferenceRules.Placed(shape, false, node.name()));
    }
  }

  private PodRecord pod(PodShape shape) {
    String name = "p" + names++;
    return new PodRecord(name, name, shape, 0, "", PodDetails.PLAIN);
  }

  private void removePod() {
    if (!reference.pods.isEmpty()) {
      String uid = any(reference.pods.keySet());
      reference.pods.remove(uid);
      cluster.removePod(uid);
    }
  }

  private void terminate() {
    if (reference.pods.isEmpty()) {
      return;
    }
    String uid = any(reference.pods.keySet());
    ReferenceRules.Placed placed = Objects.requireNonNull(reference.pods.get(uid));
    reference.pods.put(uid, new ReferenceRules.Placed(placed.shape(), true, placed.nodeName()));
    PodDetails details = new PodDetails("", true, true, 0, "", "", List.of(), List.of());
    cluster.putBound(new PodRecord(uid, uid, placed.shape(), 0, placed.nodeName(), details));
  }

  private void removeNode() {
    if (reference.nodes.size() > 1) {
      String name = any(reference.nodes.keySet());
      reference.nodes.remove(name);
      cluster.removeNode(name);
    }
  }

  private void label(String namespace) {
    Map<String, String> labels = Map.of("team", "t" + random.nextInt(2));
    reference.namespaces.put(namespace, labels);
    cluster.neighbours().putNamespace(namespace, labels);
  }

  private void putNode(String name) {
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
    NodeRecord node =
        new NodeRecord(name, labels, taints, random.nextInt(10) == 0, allocatable, Map.of());
    reference.nodes.put(name, node);
    cluster.putNode(node);
  }

  private PodShape shape() {
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

  private LabelSelector selector() {
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

  private String any(Set<String> names) {
    List<String> sorted = names.stream().sorted().toList();
    return sorted.get(random.nextInt(sorted.size()));
  }

  private static String describe(PodShape shape) {
    return shape.namespace()
        + shape.labels()
        + " near "
        + shape.affinity()
        + " away from "
        + shape.antiAffinity()
        + " spread "
        + shape.spread();
  }
}
