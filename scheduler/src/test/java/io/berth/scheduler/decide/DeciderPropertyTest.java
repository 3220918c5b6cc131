package io.berth.scheduler.decide;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.scheduler.cluster.Cluster;
import io.berth.scheduler.cluster.Node;
import io.berth.scheduler.cluster.Placement;
import io.berth.scheduler.core.NodeRecord;
import io.berth.scheduler.core.Obstacles;
import io.berth.scheduler.core.PodDetails;
import io.berth.scheduler.core.PodRecord;
import io.berth.scheduler.core.PodShape;
import io.berth.scheduler.core.PodVolumes;
import io.berth.scheduler.core.ResourceIndex;
import io.berth.scheduler.packing.PlainPackings;
import java.util.ArrayList;
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
  private Random random = new Random(0);
  private RandomShapes shapes = new RandomShapes(random);
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
    shapes = new RandomShapes(random);
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
    List<PodShape> kinds = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      kinds.add(shapes.shape());
    }
    for (int step = 0; step < 150; step++) {
      happen(kinds.get(random.nextInt(kinds.size())));
      for (int i = 0; i < 3; i++) {
        assertSameNodes(someOf(kinds.get(random.nextInt(kinds.size()))));
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
    List<PodShape> kinds = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      kinds.add(shapes.shape());
    }
    for (int step = 0; step < 150; step++) {
      happen(kinds.get(random.nextInt(kinds.size())));
      PodRecord pod = pod(someOf(kinds.get(random.nextInt(kinds.size()))));
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

  /** Of one pod in three the labels are its own: they count from when somebody asks about them. */
  private PodShape someOf(PodShape kind) {
    return random.nextInt(3) == 0 ? shapes.ofOne(kind, "v" + random.nextInt(4)) : kind;
  }

  private void place(PodShape kind) {
    PodShape shape = someOf(kind);
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
    PodDetails details =
        new PodDetails("", true, true, 0, "", "", List.of(), PodVolumes.NONE, Obstacles.NONE);
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
    NodeRecord node = shapes.node(name);
    reference.nodes.put(name, node);
    cluster.putNode(node);
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
