package io.berth.scheduler.explain;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.api.object.LabelSelector;
import io.berth.scheduler.cluster.Cluster;
import io.berth.scheduler.core.AffinityTerm;
import io.berth.scheduler.core.HostPort;
import io.berth.scheduler.core.NodeRecord;
import io.berth.scheduler.core.NodeTerm;
import io.berth.scheduler.core.PodAffinity;
import io.berth.scheduler.core.PodDetails;
import io.berth.scheduler.core.PodRecord;
import io.berth.scheduler.core.PodSelector;
import io.berth.scheduler.core.PodShape;
import io.berth.scheduler.core.Rejection;
import io.berth.scheduler.core.Requirement;
import io.berth.scheduler.core.ResourceIndex;
import io.berth.scheduler.core.Taint;
import io.berth.scheduler.decide.Decider;
import io.berth.scheduler.decide.Profiles;
import io.berth.scheduler.packing.FragmentationAware;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class ExplainerTest {
  private static final long GIBIBYTE = 1L << 30;

  private final Cluster cluster = new Cluster(new ResourceIndex());
  private final Decider decider =
      new Decider(cluster, Profiles.standard("test", new FragmentationAware(cluster)));
  private final Explainer explainer = new Explainer(cluster, decider);

  private void node(String name, long cpu, Map<String, String> labels, Taint... taints) {
    long[] allocatable = {cpu, 4 * GIBIBYTE, 0, 10};
    cluster.putNode(new NodeRecord(name, labels, List.of(taints), false, allocatable, Map.of()));
  }

  private static PodShape.Builder shape(long cpu) {
    return PodShape.builder("default").requests(new long[] {cpu, GIBIBYTE, 0, 1});
  }

  private static PodRecord pod(String name, PodShape.Builder shape) {
    return new PodRecord(name, name, shape.build(), 0, "", PodDetails.PLAIN);
  }

  private void run(String name, String node, PodShape.Builder shape) {
    PodRecord pod = pod(name, shape);
    cluster.assume(pod, Objects.requireNonNull(cluster.node(node)), new int[0]);
  }

  private List<String> remedies(PodShape.Builder shape) {
    return explainer.explain(pod("asked", shape)).remedies().stream()
        .map(Explanation.Remedy::toString)
        .toList();
  }

  @Test
  void theSmallestAmountThatIsMissingComesFirst() {
    node("small", 1_000, Map.of());
    node("large", 4_000, Map.of());
    run("busy", "large", shape(2_500));
    assertThat(remedies(shape(2_000)))
        .containsExactly("500m more cpu on large", "1 more cpu on small");
  }

  @Test
  void whatIsMissingOfSeveralResourcesIsSaidTogether() {
    node("n", 1_000, Map.of());
    PodShape.Builder large =
        PodShape.builder("default").requests(new long[] {1_500, 6 * GIBIBYTE, 0, 1});
    assertThat(remedies(large)).containsExactly("500m more cpu and 2Gi more memory on n");
  }

  @Test
  void aTaintThatManyNodesHaveIsNamedOnce() {
    for (int i = 0; i < 5; i++) {
      node("n" + i, 4_000, Map.of(), new Taint("gpu", "yes", Taint.NO_SCHEDULE));
    }
    assertThat(remedies(shape(100)))
        .containsExactly("remove taint gpu=yes:NoSchedule from n0 or 4 other nodes");
  }

  @Test
  void labelsThatAreMissingAreNamed() {
    node("n", 4_000, Map.of("zone", "a"));
    Requirement ssd = new Requirement("disk", Requirement.Operator.IN, List.of("ssd", "nvme"));
    PodShape.Builder shape =
        shape(100)
            .nodeSelector(Map.of("zone", "b"))
            .requiredTerms(List.of(new NodeTerm(List.of(ssd), List.of())));
    assertThat(remedies(shape)).containsExactly("label n with zone=b, and label n with disk=ssd");
  }

  @Test
  void anotherLabelComesAfterWhatDoesNotChangeWhatANodeIs() {
    node("fast", 4_000, Map.of("disk", "ssd"), new Taint("k", "v", Taint.NO_SCHEDULE));
    node("slow", 4_000, Map.of());
    assertThat(remedies(shape(100).nodeSelector(Map.of("disk", "ssd"))))
        .containsExactly("remove taint k=v:NoSchedule from fast", "label slow with disk=ssd");
  }

  @Test
  void anAffinityThatMatchesNoNodeWhateverItsLabelsIsThePodsToChange() {
    node("n", 4_000, Map.of());
    assertThat(remedies(shape(100).requiredTerms(List.of())))
        .containsExactly("a node affinity of the pod that some node can match");
  }

  @Test
  void thePodThatHoldsAPortOrKeepsOthersAwayIsNamed() {
    node("n", 4_000, Map.of("kubernetes.io/hostname", "n"));
    List<HostPort> port = List.of(new HostPort("0.0.0.0", "TCP", 80));
    run("web", "n", shape(100).hostPorts(port));
    assertThat(remedies(shape(100).hostPorts(port)))
        .containsExactly("port 80 of n given up by default/web");
    PodSelector lonely = PodSelector.in("default", LabelSelector.ofLabels(Map.of("app", "lonely")));
    AffinityTerm apart = new AffinityTerm(lonely, "kubernetes.io/hostname");
    PodShape.Builder alone =
        shape(100)
            .labels(Map.of("app", "lonely"))
            .antiAffinity(new PodAffinity(List.of(apart), List.of()));
    run("hermit", "n", alone);
    assertThat(remedies(alone)).containsExactly("default/hermit moved away from n");
  }

  @Test
  void labelsOfPodsThatWereOnlyAskedAboutAreForgotten() {
    node("n", 1_000, Map.of("kubernetes.io/hostname", "n"));
    PodSelector web = PodSelector.in("default", LabelSelector.ofLabels(Map.of("app", "web")));
    AffinityTerm apart = new AffinityTerm(web, "kubernetes.io/hostname");
    PodAffinity noWeb = new PodAffinity(List.of(apart), List.of());
    run("hermit", "n", shape(100).antiAffinity(noWeb));
    int known = cluster.neighbours().known();
    PodRecord asked = pod("asked", shape(100).labels(Map.of("app", "web", "run", "1")));
    Explanation first = explainer.explain(asked);
    assertThat(first.remedies().getFirst()).hasToString("default/hermit moved away from n");
    List<Rejection> rejections = decider.rejections(asked, cluster.nodes().iterator().next());
    decider.close();
    new Fixes(cluster).of(asked.shape(), cluster.nodes().iterator().next(), rejections);
    assertThat(cluster.neighbours().known()).isEqualTo(known);
  }

  @Test
  void toUncordonANodeIsOneChange() {
    Taint cordoned = new Taint("node.kubernetes.io/unschedulable", "", Taint.NO_SCHEDULE);
    long[] allocatable = {1_000, 4 * GIBIBYTE, 0, 10};
    cluster.putNode(new NodeRecord("n", Map.of(), List.of(cordoned), true, allocatable, Map.of()));
    assertThat(remedies(shape(100))).containsExactly("uncordon n");
  }

  @Test
  void everyRuleOnEveryNodeIsNamed() {
    node("n1", 100, Map.of(), new Taint("k", "", Taint.NO_EXECUTE));
    node("n2", 4_000, Map.of());
    Explanation explanation = explainer.explain(pod("asked", shape(200)));
    assertThat(explanation.fits()).isTrue();
    assertThat(explanation.nodes().getFirst().reasons())
        .extracting(r -> r.rule() + ": " + r.reason())
        .containsExactly(
            "TaintToleration: node(s) had untolerated taint {k: }",
            "NodeResourcesFit: Insufficient cpu");
    assertThat(explanation.nodes().getLast().reasons()).isEmpty();
  }

  /** What is promised to help is done, and must help. */
  @Test
  void aNodeChangedAsProposedTakesThePod() {
    node("n", 1_000, Map.of(), new Taint("k", "v", Taint.NO_SCHEDULE));
    PodRecord asked = pod("asked", shape(1_500).nodeSelector(Map.of("disk", "ssd")));
    assertThat(explainer.explain(asked).remedies().getFirst())
        .hasToString(
            "remove taint k=v:NoSchedule from n, and label n with disk=ssd, and 500m more cpu on"
                + " n");
    node("n", 1_500, Map.of("disk", "ssd"));
    assertThat(explainer.explain(asked).fits()).isTrue();
  }
}
