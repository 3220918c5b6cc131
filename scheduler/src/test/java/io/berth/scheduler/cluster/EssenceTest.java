package io.berth.scheduler.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.api.object.LabelSelector;
import io.berth.scheduler.core.AffinityTerm;
import io.berth.scheduler.core.NodeRecord;
import io.berth.scheduler.core.PodAffinity;
import io.berth.scheduler.core.PodDetails;
import io.berth.scheduler.core.PodRecord;
import io.berth.scheduler.core.PodSelector;
import io.berth.scheduler.core.PodShape;
import io.berth.scheduler.core.ResourceIndex;
import io.berth.scheduler.core.SpreadConstraint;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** Pods that nobody tells apart are decided about as one. */
class EssenceTest {
  private static final String OWN = "statefulset.kubernetes.io/pod-name";

  private final Cluster cluster = new Cluster(new ResourceIndex());

  private static PodShape.Builder db(String name) {
    return PodShape.builder("default").labels(Map.of("app", "db", OWN, name));
  }

  private static AffinityTerm term(String label, String value) {
    LabelSelector selector = LabelSelector.ofLabels(Map.of(label, value));
    return new AffinityTerm(PodSelector.in("default", selector), "zone");
  }

  private static PodAffinity require(AffinityTerm term) {
    return new PodAffinity(List.of(term), List.of());
  }

  private boolean alike(PodShape.Builder a, PodShape.Builder b) {
    Neighbours neighbours = cluster.neighbours();
    return neighbours.essence(a.build()).equals(neighbours.essence(b.build()));
  }

  private void place(String name, PodShape shape) {
    Node node = Objects.requireNonNull(cluster.node("n"));
    cluster.assume(new PodRecord(name, name, shape, 0, "", PodDetails.PLAIN), node, new int[0]);
  }

  @Test
  void podsOfAStatefulSetAreAlike() {
    assertThat(alike(db("db-0"), db("db-1"))).isTrue();
    PodAffinity apart = require(term("app", "db"));
    assertThat(alike(db("db-0").antiAffinity(apart), db("db-1").antiAffinity(apart))).isTrue();
    assertThat(alike(db("db-0"), db("db-1").antiAffinity(apart))).isFalse();
    assertThat(alike(db("db-0"), db("db-0").labels(Map.of()))).isTrue();
    assertThat(alike(db("db-0").requests(new long[] {1}), db("db-1"))).isFalse();
  }

  @Test
  void whatAPodsOwnTermsAskAboutItCounts() {
    PodAffinity near = require(term(OWN, "db-0"));
    assertThat(alike(db("db-0").affinity(near), db("db-1").affinity(near))).isFalse();
    LabelSelector own = LabelSelector.ofLabels(Map.of(OWN, "db-0"));
    List<SpreadConstraint> spread =
        List.of(new SpreadConstraint("zone", 1, true, own, 1, true, false));
    assertThat(alike(db("db-0").spread(spread), db("db-1").spread(spread))).isFalse();
  }

  @Test
  void whatPlacedPodsAskAboutCountsFromThenOn() {
    cluster.putNode(new NodeRecord("n", Map.of(), List.of(), false, new long[4], Map.of()));
    PodShape asking = PodShape.builder("default").antiAffinity(require(term(OWN, "db-0"))).build();
    place("asking", asking);
    assertThat(alike(db("db-0"), db("db-1"))).isFalse();
    assertThat(alike(db("db-0"), db("db-0").labels(Map.of(OWN, "db-0")))).isTrue();
  }

  @Test
  void whatPodsAskThatRoomIsKeptForCountsToo() {
    cluster.putNode(new NodeRecord("n", Map.of(), List.of(), false, new long[4], Map.of()));
    PodShape asking = PodShape.builder("default").antiAffinity(require(term(OWN, "db-0"))).build();
    PodRecord pod = new PodRecord("asking", "asking", asking, 0, "", PodDetails.PLAIN);
    cluster.nominations().put(pod, "n", new int[0]);
    assertThat(alike(db("db-0"), db("db-1"))).isFalse();
  }
}
