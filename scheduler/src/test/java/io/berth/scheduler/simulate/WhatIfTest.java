package io.berth.scheduler.simulate;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.scheduler.cluster.Cluster;
import io.berth.scheduler.core.NodeRecord;
import io.berth.scheduler.core.NodeTerm;
import io.berth.scheduler.core.Obstacles;
import io.berth.scheduler.core.PodDetails;
import io.berth.scheduler.core.PodRecord;
import io.berth.scheduler.core.PodShape;
import io.berth.scheduler.core.PodVolumes;
import io.berth.scheduler.core.Requirement;
import io.berth.scheduler.core.ResourceIndex;
import io.berth.scheduler.decide.Profiles;
import io.berth.scheduler.gang.Gangs;
import io.berth.scheduler.gang.PodGroupRecord;
import io.berth.scheduler.packing.FragmentationAware;
import io.berth.scheduler.volume.Storage;
import io.berth.scheduler.volume.VolumeRules;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class WhatIfTest {
  private static final String ZONE = "topology.kubernetes.io/zone";

  private final Cluster cluster = new Cluster(new ResourceIndex());
  private final Storage storage = new Storage();
  private final Gangs gangs = new Gangs();
  private final WhatIf whatIf = whatIf(true);

  private WhatIf whatIf(boolean pushes) {
    return new WhatIf(
        cluster,
        List.of(Profiles.standard("", new FragmentationAware(cluster))),
        new VolumeRules(cluster, storage),
        gangs,
        pushes,
        pod -> pod.name().startsWith("bare") ? WhatIf.Fate.GONE : WhatIf.Fate.REPLACED);
  }

  private void node(String name, String zone, long cpu) {
    long[] has = {cpu, 100, 0, 110};
    cluster.putNode(new NodeRecord(name, Map.of(ZONE, zone), List.of(), false, has, Map.of()));
  }

  private static PodShape shape(long cpu) {
    return PodShape.builder("default").requests(new long[] {cpu, 1, 0, 1}).build();
  }

  private static PodRecord pod(String name, long cpu, int priority, String node) {
    return new PodRecord(name, name, shape(cpu), priority, node, PodDetails.PLAIN);
  }

  private void runs(String name, long cpu, int priority, String node) {
    cluster.putBound(pod(name, cpu, priority, node));
  }

  private WhatIf.Failure failure(String zone) {
    return whatIf.fail(node -> zone.equals(node.labels().get(ZONE)));
  }

  @Test
  void whatFitsIsToldItsNodeAndWhatDoesNotWhy() {
    node("a", "x", 4);
    WhatIf.Arrival arrival = whatIf.come(List.of(pod("p", 3, 0, ""), pod("q", 3, 0, "")));

    assertThat(arrival.verdicts()).extracting(WhatIf.Verdict::to).containsExactly("a", null);
    assertThat(Objects.requireNonNull(arrival.verdicts().get(1).why()).summary())
        .startsWith("0/1 nodes are available: 1 Insufficient cpu.");
  }

  @Test
  void podsOfALostZoneFindOtherNodesTheImportantFirst() {
    node("a", "x", 4);
    node("b", "y", 4);
    runs("low", 3, 1, "a");
    runs("high", 3, 9, "a");
    runs("middle", 1, 5, "a");

    WhatIf.Failure failure = failure("x");

    assertThat(failure.nodes()).containsExactly("a");
    assertThat(failure.moved())
        .extracting(v -> v.pod().name())
        .containsExactly("low", "middle", "high");
    assertThat(failure.moved()).extracting(WhatIf.Verdict::to).containsExactly(null, "b", "b");
    assertThat(cluster.node("a")).isNull();
  }

  @Test
  void thoseOfLowerPriorityAreToldThatMakeRoom() {
    node("a", "x", 4);
    node("b", "y", 4);
    runs("high", 3, 9, "a");
    runs("small", 1, 2, "b");
    runs("low", 3, 1, "b");

    WhatIf.Failure failure = failure("x");

    assertThat(failure.moved()).hasSize(2);
    WhatIf.Verdict low = failure.moved().getFirst();
    assertThat(low.pod().name()).isEqualTo("low");
    assertThat(low.fits()).isFalse();
    assertThat(low.pushedOutBy()).isEqualTo("default/high");
    assertThat(low.from()).isEqualTo("b");
    assertThat(failure.moved().get(1).to()).isEqualTo("b");
  }

  @Test
  void nobodyIsPushedOutWhereThatIsNotAskedFor() {
    node("a", "x", 4);
    node("b", "y", 4);
    runs("high", 3, 9, "a");
    runs("low", 3, 1, "b");

    WhatIf.Failure failure = whatIf(false).fail(node -> node.name().equals("a"));

    assertThat(failure.moved()).hasSize(1);
    assertThat(failure.moved().getFirst().fits()).isFalse();
    assertThat(cluster.placement("low")).isNotNull();
  }

  @Test
  void podsThatNobodyMakesAnewEndAndDaemonsStayWithTheirNodes() {
    node("a", "x", 4);
    node("b", "y", 4);
    Requirement named = new Requirement("metadata.name", Requirement.Operator.IN, List.of("a"));
    PodShape daemon =
        shape(1).toBuilder()
            .requiredTerms(List.of(new NodeTerm(List.of(), List.of(named))))
            .build();
    cluster.putBound(new PodRecord("agent", "agent", daemon, 0, "a", PodDetails.PLAIN));
    runs("bare", 1, 0, "a");

    WhatIf.Failure failure = failure("x");

    assertThat(failure.moved()).isEmpty();
    assertThat(failure.gone()).extracting(PodRecord::name).containsExactly("bare");
    assertThat(failure.bound()).isEqualTo(1);
  }

  @Test
  void podsThatCameBeforeTheFailureMoveToo() {
    node("a", "x", 4);
    assertThat(whatIf.come(List.of(pod("p", 3, 0, ""))).verdicts().getFirst().to()).isEqualTo("a");
    node("b", "y", 4);

    assertThat(failure("x").moved()).extracting(WhatIf.Verdict::to).containsExactly("b");
  }

  private static PodRecord member(String name, long cpu, int priority, String node) {
    PodDetails plain = PodDetails.PLAIN;
    PodDetails details =
        new PodDetails(
            "", true, false, 0, "", "g", plain.devices(), plain.volumes(), Obstacles.NONE);
    return new PodRecord(name, name, shape(cpu), priority, node, details);
  }

  private void gang(int minCount, String topologyKey) {
    gangs.putGroup(
        new PodGroupRecord("default/g", minCount, topologyKey, null, false, List.of()), false);
  }

  @Test
  void aGangComesWholeOrNotAtAll() {
    node("a", "x", 4);
    gang(2, "");
    List<PodRecord> both = List.of(member("p", 3, 0, ""), member("q", 3, 0, ""));
    WhatIf.Arrival arrival = whatIf.come(both);

    assertThat(arrival.verdicts()).extracting(WhatIf.Verdict::to).containsExactly(null, null);
    assertThat(Objects.requireNonNull(arrival.verdicts().getFirst().why()).summary())
        .startsWith(
            "of the 2 pods that pod group default/g needs at once 1 can be placed: 0/1 nodes are"
                + " available: 1 Insufficient cpu.");
    node("b", "y", 4);
    assertThat(whatIf.come(both).verdicts()).extracting(WhatIf.Verdict::to).doesNotContainNull();
  }

  @Test
  void aGangThatIsNotCompleteWaitsAndOneThatWaitsInTheClusterIsCompleted() {
    node("a", "x", 4);
    gang(2, "");
    WhatIf.Arrival first = whatIf.come(List.of(member("p", 1, 0, "")));
    assertThat(Objects.requireNonNull(first.verdicts().getFirst().why()).summary())
        .isEqualTo("pod group default/g needs 2 pods at once, 1 exist");
    gangs.putWaiting(member("p", 1, 0, ""));
    WhatIf.Arrival second = whatIf.come(List.of(member("q", 1, 0, "")));
    assertThat(second.verdicts()).extracting(WhatIf.Verdict::to).containsExactly("a");
    assertThat(cluster.placement("p")).isNotNull();
  }

  @Test
  void aGangPushesOutOthersOnlyWhereAllOfItFitsThen() {
    node("a", "x", 4);
    gang(2, "");
    runs("low", 4, 1, "a");
    List<PodRecord> three = List.of(member("p", 3, 5, ""), member("q", 3, 5, ""));
    assertThat(whatIf.come(three).verdicts()).extracting(WhatIf.Verdict::to).containsOnlyNulls();
    assertThat(cluster.placement("low")).isNotNull();
    WhatIf.Arrival arrival = whatIf.come(List.of(member("p", 2, 5, ""), member("q", 2, 5, "")));
    assertThat(arrival.verdicts())
        .extracting(v -> v.pod().name() + " " + v.to() + " " + v.pushedOutBy())
        .containsExactly("p a ", "q a ", "low null default/p");
  }

  @Test
  void whatAZonesLossLeavesOfAGroupStaysWhereItIs() {
    node("a", "x", 4);
    node("b", "y", 4);
    node("c", "z", 4);
    gang(1, ZONE);
    for (String name : List.of("p", "q")) {
      PodRecord pod = member(name, 1, 0, "b");
      cluster.putBound(pod);
      gangs.putBound(pod);
    }
    node("b2", "y", 4);
    WhatIf.Failure failure = whatIf.fail(node -> node.name().equals("b"));
    assertThat(failure.moved()).extracting(WhatIf.Verdict::to).hasSize(2).doesNotContainNull();
    assertThat(failure.moved().stream().map(WhatIf.Verdict::to).distinct().count()).isEqualTo(1);
  }

  @Test
  void podsWithObstaclesWaitWhateverIsFree() {
    node("a", "x", 4);
    PodDetails gated =
        new PodDetails(
            "",
            true,
            false,
            0,
            "",
            "",
            List.of(),
            PodVolumes.NONE,
            new Obstacles(List.of("quota"), List.of()));
    WhatIf.Arrival arrival =
        whatIf.come(List.of(new PodRecord("p", "p", shape(1), 0, "", gated), pod("q", 1, 0, "")));
    assertThat(arrival.verdicts()).extracting(WhatIf.Verdict::to).containsExactly(null, "a");
    assertThat(Objects.requireNonNull(arrival.verdicts().getFirst().why()).summary())
        .isEqualTo("its scheduling gates have yet to be removed: quota");
  }
}
