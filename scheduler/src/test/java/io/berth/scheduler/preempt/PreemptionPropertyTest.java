package io.berth.scheduler.preempt;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.api.object.LabelSelector;
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
import io.berth.scheduler.decide.Decider;
import io.berth.scheduler.decide.Profile;
import io.berth.scheduler.decide.Profiles;
import io.berth.scheduler.decide.RandomShapes;
import io.berth.scheduler.packing.PlainPackings;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Random clusters through random histories, against {@link NaivePreemption}. */
class PreemptionPropertyTest {
  private Random random = new Random(0);
  private RandomShapes shapes = new RandomShapes(random);
  private Cluster cluster = new Cluster(new ResourceIndex());
  private Profile profile = profile();
  private Decider decider = new Decider(cluster, profile);
  private Preemption preemption = new Preemption(cluster);
  private NaivePreemption naive = new NaivePreemption();
  private final Map<String, PodRecord> waiting = new LinkedHashMap<>();
  private int names;
  private int attempts;

  static List<Long> seeds() {
    return LongStream.rangeClosed(1, 80).boxed().toList();
  }

  private static Profile profile() {
    return Profiles.standard("test", PlainPackings.mostAllocated(PlainPackings.CPU_AND_MEMORY));
  }

  private void begin(long seed) {
    random = new Random(seed);
    shapes = new RandomShapes(random);
    cluster = new Cluster(new ResourceIndex());
    profile = profile();
    decider = new Decider(cluster, profile);
    preemption = new Preemption(cluster);
    naive = new NaivePreemption();
    for (int i = 0; i < 2 + random.nextInt(6); i++) {
      NodeRecord node = shapes.node("n" + i);
      naive.rules.nodes.put(node.name(), node);
      cluster.putNode(node);
    }
    for (int i = 0; i < random.nextInt(3); i++) {
      budget("b" + i);
    }
  }

  private void budget(String name) {
    LabelSelector selector = LabelSelector.ofLabels(Map.of("app", "x" + random.nextInt(3)));
    String namespace = random.nextBoolean() ? "a" : "b";
    Budgets.Budget budget =
        new Budgets.Budget(namespace, name, selector, random.nextInt(3), Set.of());
    naive.budgets.put(name, budget);
    preemption.budgets().remove("a", name);
    preemption.budgets().remove("b", name);
    preemption.budgets().put(budget);
    naive.spentOf.remove(name);
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void roomIsMadeAsANaiveSchedulerWouldAndForNobodyWhereNothingHelps(long seed) {
    begin(seed);
    List<PodShape> kinds = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      kinds.add(shapes.shape());
    }
    for (int step = 0; step < 250; step++) {
      switch (random.nextInt(14)) {
        case 0 -> removeSome();
        case 1 -> terminateSome();
        case 2, 3, 4 -> letVictimsLeave();
        case 5 -> retry();
        case 6 -> describeAnew();
        default -> {
          PodShape kind = kinds.get(random.nextInt(kinds.size()));
          arrive(pod(random.nextInt(3) == 0 ? shapes.ofOne(kind, "v" + random.nextInt(4)) : kind));
        }
      }
      assertNothingIsOverCommitted();
    }
    assertThat(attempts).isPositive();
  }

  private PodRecord pod(PodShape shape) {
    String name = "p" + names++;
    boolean preempts = random.nextInt(10) > 0;
    long started = random.nextInt(5) == 0 ? 0 : 1 + random.nextInt(1_000);
    PodDetails details =
        new PodDetails(
            "", preempts, false, started, "", "", List.of(), PodVolumes.NONE, Obstacles.NONE);
    return new PodRecord(name, name, shape, random.nextInt(5), "", details);
  }

  private void arrive(PodRecord pod) {
    Decider.Spot spot = decider.decide(pod);
    if (spot != null) {
      assertThat(naive.fits(pod, spot.node().name(), Set.of())).isTrue();
      bind(pod, spot);
      return;
    }
    for (NodeRecord node : naive.rules.nodes.values()) {
      assertThat(naive.fits(pod, node.name(), Set.of())).as("%s on %s", pod, node).isFalse();
    }
    attempt(pod);
  }

  private void bind(PodRecord pod, Decider.Spot spot) {
    String nodeName = spot.node().name();
    PodRecord bound =
        new PodRecord(pod.name(), pod.uid(), pod.shape(), pod.priority(), nodeName, pod.details());
    cluster.nominations().remove(pod.uid());
    cluster.putBound(bound);
    naive.nominated.remove(pod.uid());
    naive.place(bound);
    waiting.remove(pod.uid());
  }

  private void attempt(PodRecord pod) {
    waiting.put(pod.uid(), pod);
    boolean waits = naive.waits(pod);
    Preemption.Outcome outcome = preemption.attempt(pod, profile, null);
    if (!pod.details().preempts() || waits) {
      assertThat(outcome).isInstanceOf(Preemption.Outcome.Refused.class);
      assertThat(((Preemption.Outcome.Refused) outcome).message()).startsWith("not eligible");
      return;
    }
    attempts++;
    naive.nominated.remove(pod.uid());
    NaivePreemption.Choice expected = naive.best(pod);
    switch (outcome) {
      case Preemption.Outcome.Refused refused ->
          assertThat(expected).as("%s: %s", pod, refused).isNull();
      case Preemption.Outcome.Nominated nominated -> {
        assertThat(expected).isNotNull();
        check(pod, nominated, expected);
      }
    }
  }

  private void check(
      PodRecord pod, Preemption.Outcome.Nominated outcome, NaivePreemption.Choice expected) {
    Set<String> victims = new HashSet<>();
    for (PodRecord victim : outcome.victims()) {
      assertThat(victim.priority()).isLessThan(pod.priority());
      assertThat(victim.nodeName()).isEqualTo(outcome.nodeName());
      victims.add(victim.uid());
    }
    assertThat(outcome.nodeName()).isEqualTo(expected.nodeName());
    assertThat(victims).isEqualTo(expected.victims());
    Set<String> gone = naive.leavingLower(outcome.nodeName(), pod.priority());
    gone.addAll(victims);
    assertThat(naive.fits(pod, outcome.nodeName(), gone)).isTrue();
    for (String victim : victims) {
      Set<String> others = new HashSet<>(gone);
      others.remove(victim);
      assertThat(naive.fits(pod, outcome.nodeName(), others)).as("spares %s", victim).isFalse();
    }
    outcome.displaced().forEach(other -> naive.nominated.remove(other.uid()));
    naive.nominated.put(pod.uid(), new NaivePreemption.Nominee(pod, outcome.nodeName()));
    naive.doom(outcome.victims());
  }

  private void retry() {
    any(waiting).ifPresent(this::arrive);
  }

  private void letVictimsLeave() {
    for (PodRecord pod : List.copyOf(naive.placed.values())) {
      if (naive.leaving(pod) && random.nextInt(3) > 0) {
        remove(pod);
      }
    }
    for (PodRecord pod : List.copyOf(waiting.values())) {
      NaivePreemption.Nominee nominee = naive.nominated.get(pod.uid());
      if (nominee != null && naive.fits(pod, nominee.nodeName(), Set.of())) {
        Decider.Spot spot = decider.decide(pod);
        assertThat(spot).isNotNull();
        assertThat(spot.node().name()).isEqualTo(nominee.nodeName());
        bind(pod, spot);
      }
    }
  }

  private void remove(PodRecord pod) {
    naive.remove(pod.uid());
    cluster.removePod(pod.uid());
    preemption.left(pod.uid());
  }

  private void removeSome() {
    any(naive.placed).ifPresent(this::remove);
  }

  private void terminateSome() {
    any(naive.placed)
        .ifPresent(
            pod -> {
              PodDetails d = pod.details();
              PodDetails details =
                  new PodDetails(
                      "",
                      d.preempts(),
                      true,
                      d.startedMillis(),
                      "",
                      "",
                      List.of(),
                      PodVolumes.NONE,
                      Obstacles.NONE);
              PodRecord now =
                  new PodRecord(
                      pod.name(), pod.uid(), pod.shape(), pod.priority(), pod.nodeName(), details);
              cluster.putBound(now);
              naive.place(now);
            });
  }

  private void describeAnew() {
    if (random.nextBoolean()) {
      budget("b" + random.nextInt(3));
      return;
    }
    NodeRecord before = Objects.requireNonNull(naive.rules.nodes.get("n0"));
    NodeRecord drawn = shapes.node("n0");
    NodeRecord now =
        new NodeRecord(
            "n0",
            drawn.labels(),
            drawn.taints(),
            drawn.unschedulable(),
            before.allocatable(), // it must not become over-committed by itself
            drawn.images());
    naive.rules.nodes.put("n0", now);
    cluster.putNode(now);
  }

  private Optional<PodRecord> any(Map<String, PodRecord> among) {
    List<String> uids = among.keySet().stream().sorted().toList();
    @Nullable PodRecord found =
        uids.isEmpty() ? null : among.get(uids.get(random.nextInt(uids.size())));
    return Optional.ofNullable(found);
  }

  private void assertNothingIsOverCommitted() {
    for (Node node : cluster.nodes()) {
      long[] used = {0, 0, 0, 0};
      for (Placement placement : node.placements()) {
        for (int slot = 0; slot < used.length; slot++) {
          used[slot] += placement.pod().shape().request(slot);
        }
      }
      for (int slot = 0; slot < used.length; slot++) {
        assertThat(node.requested(slot)).isEqualTo(used[slot]);
        assertThat(node.free(slot)).as("%s slot %s", node, slot).isNotNegative();
      }
    }
  }
}
