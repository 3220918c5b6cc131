package io.berth.scheduler.config;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.berth.api.codec.Yaml;
import io.berth.api.object.LabelSelector;
import io.berth.scheduler.cluster.Cluster;
import io.berth.scheduler.cluster.Node;
import io.berth.scheduler.core.AffinityTerm;
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
import io.berth.scheduler.decide.Decider;
import io.berth.scheduler.decide.Diagnosis;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the arguments of plugins do to decisions. */
class PluginArgsTest {
  private static final String HEAD =
      """
      apiVersion: kubescheduler.config.k8s.io/v1
      kind: KubeSchedulerConfiguration
      profiles:
      -
      """;

  private final Cluster cluster = new Cluster(new ResourceIndex());
  private int names;

  private Decider decider(String profile) {
    byte[] yaml = (HEAD + profile.indent(2)).getBytes(UTF_8);
    return new Decider(
        cluster, Configuration.read(Yaml.read(yaml)).profilesOf().apply(cluster).getFirst());
  }

  private void node(String name, Map<String, String> labels, long... allocatable) {
    cluster.putNode(new NodeRecord(name, labels, List.of(), false, allocatable, Map.of()));
  }

  private void node(String name, String zone) {
    node(name, Map.of("zone", zone), 8_000, 8_000, 0, 110);
  }

  private static PodShape.Builder shape(long cpu, long memory) {
    return PodShape.builder("default").requests(new long[] {cpu, memory, 0, 1});
  }

  private PodRecord pod(PodShape.Builder shape) {
    String name = "p" + names++;
    return new PodRecord(name, name, shape.build(), 0, "", PodDetails.PLAIN);
  }

  private void on(String nodeName, PodShape.Builder shape) {
    Node node = Objects.requireNonNull(cluster.node(nodeName));
    cluster.assume(pod(shape), node, new int[0]);
  }

  private static String nodeOf(Decider decider, PodRecord pod) {
    Decider.Spot spot = decider.decide(pod);
    return spot == null ? "" : spot.node().name();
  }

  private static NodeTerm zone(String value) {
    return new NodeTerm(
        List.of(new Requirement("zone", Requirement.Operator.IN, List.of(value))), List.of());
  }

  private static AffinityTerm near(String app) {
    PodSelector pods = PodSelector.in("default", LabelSelector.ofLabels(Map.of("app", app)));
    return new AffinityTerm(pods, "zone");
  }

  // NodeResourcesBalancedAllocation.

  private static final String BALANCED =
      """
      plugins:
        score:
          disabled: [{name: "*"}]
          enabled: [{name: NodeResourcesBalancedAllocation}]
      """;

  @Test
  void theNodeThatIsTakenMostEvenlyIsBest() {
    node("a", Map.of(), 10_000, 10_000, 0, 110);
    node("b", Map.of(), 10_000, 10_000, 0, 110);
    on("a", shape(4_000, 1_000));
    on("b", shape(1_000, 4_000));
    try (Decider decider = decider(BALANCED)) {
      assertThat(nodeOf(decider, pod(shape(100, 2_000)))).isEqualTo("a");
      assertThat(nodeOf(decider, pod(shape(2_000, 100)))).isEqualTo("b");
      assertThat(nodeOf(decider, pod(shape(3_000, 100)))).isEqualTo("b");
    }
  }

  @Test
  void aBalanceMayBeOfOtherResources() {
    node("a", Map.of(), 10_000, 10_000, 1_000, 110);
    node("b", Map.of(), 10_000, 10_000, 1_000, 110);
    on("a", shape(5_000, 0));
    on("b", shape(0, 5_000));
    String ofDisks =
        BALANCED
            + """
            pluginConfig:
            - name: NodeResourcesBalancedAllocation
              args: {resources: [{name: memory, weight: 1}, {name: ephemeral-storage}]}
            """;
    PodShape.Builder large = PodShape.builder("default").requests(new long[] {0, 0, 500, 1});
    try (Decider decider = decider(ofDisks)) {
      assertThat(nodeOf(decider, pod(large))).isEqualTo("b");
    }
    try (Decider decider = decider(BALANCED)) {
      assertThat(nodeOf(decider, pod(large))).isEqualTo("a"); // it asks for nothing that counts
      assertThat(nodeOf(decider, pod(shape(0, 5_000)))).isEqualTo("a");
    }
  }

  @Test
  void balanceCountsOnlyWhereItIsAskedFor() {
    assertThat(preferences("schedulerName: x")).doesNotContain("NodeResourcesBalancedAllocation");
    assertThat(
            preferences(
                "plugins: {multiPoint: {enabled: [{name: NodeResourcesBalancedAllocation, weight:"
                    + " 4}]}}"))
        .contains("NodeResourcesBalancedAllocation 4.0");
    assertThat(
            preferences(
                "plugins: {multiPoint: {enabled: [{name: NodeResourcesBalancedAllocation}]}, score:"
                    + " {disabled: [{name: NodeResourcesBalancedAllocation}]}}"))
        .doesNotContain("NodeResourcesBalancedAllocation 1.0");
  }

  private List<String> preferences(String profile) {
    try (Decider decider = decider(profile)) {
      return decider.profile().preferences().stream()
          .map(w -> w.preference().name() + " " + w.weight())
          .toList();
    }
  }

  // NodeAffinity.

  @Test
  void aProfileMayDemandOfItsPodsNodes() {
    node("n1", "a");
    node("n2", "b");
    String profile =
        """
        pluginConfig:
        - name: NodeAffinity
          args:
            addedAffinity:
              requiredDuringSchedulingIgnoredDuringExecution:
                nodeSelectorTerms:
                - matchExpressions: [{key: zone, operator: In, values: [b, c]}]
        """;
    try (Decider decider = decider(profile)) {
      assertThat(nodeOf(decider, pod(shape(1, 1)))).isEqualTo("n2");
      PodRecord elsewhere = pod(shape(1, 1).requiredTerms(List.of(zone("a"))));
      assertThat(nodeOf(decider, elsewhere)).isEmpty();
      Diagnosis diagnosis = decider.diagnose(elsewhere);
      assertThat(diagnosis.message())
          .isEqualTo(
              "0/2 nodes are available: 1 node(s) didn't match Pod's node affinity/selector, 1"
                  + " node(s) didn't match scheduler-enforced node affinity.");
    }
  }

  @Test
  void whatAProfilePrefersAddsToWhatThePodDoes() {
    node("n1", "a");
    node("n2", "b");
    node("n3", "c");
    String profile =
        """
        pluginConfig:
        - name: NodeAffinity
          args:
            addedAffinity:
              preferredDuringSchedulingIgnoredDuringExecution:
              - weight: 10
                preference: {matchExpressions: [{key: zone, operator: In, values: [b]}]}
        """;
    try (Decider decider = decider(profile)) {
      assertThat(nodeOf(decider, pod(shape(1, 1)))).isEqualTo("n2");
      NodePreference strong = new NodePreference(11, zone("c"));
      NodePreference weak = new NodePreference(9, zone("c"));
      assertThat(nodeOf(decider, pod(shape(1, 1).preferredTerms(List.of(strong))))).isEqualTo("n3");
      assertThat(nodeOf(decider, pod(shape(1, 1).preferredTerms(List.of(weak))))).isEqualTo("n2");
    }
  }

  // InterPodAffinity.

  private static String company(String args) {
    return """
    plugins:
      score:
        disabled: [{name: "*"}]
        enabled: [{name: InterPodAffinity}]
    pluginConfig:
    - name: InterPodAffinity
      args: {%s}
    """
        .formatted(args);
  }

  /** On n2 a pod that wishes for web, on n3 one that requires it; both of the same size. */
  private void wishing() {
    node("n1", "a");
    node("n2", "b");
    node("n3", "c");
    PodAffinity wishes =
        new PodAffinity(List.of(), List.of(new PodAffinity.Preferred(5, near("web"))));
    PodAffinity requires = new PodAffinity(List.of(near("web")), List.of());
    on("n2", shape(1, 1).affinity(wishes));
    on("n3", shape(1, 1).affinity(requires));
  }

  @Test
  void aRequirementAttractsByTheWeightThatIsGiven() {
    wishing();
    for (String[] expected : new String[][] {{"4", "n2"}, {"6", "n3"}, {"0", "n2"}}) {
      try (Decider decider = decider(company("hardPodAffinityWeight: " + expected[0]))) {
        PodRecord web = pod(shape(1, 1).labels(Map.of("app", "web")));
        assertThat(nodeOf(decider, web)).isEqualTo(expected[1]);
      }
    }
  }

  @Test
  void theWishesOfOthersMayBeIgnoredForPodsThatHaveNone() {
    wishing();
    try (Decider decider =
        decider(company("hardPodAffinityWeight: 9, ignorePreferredTermsOfExistingPods: true"))) {
      assertThat(nodeOf(decider, pod(shape(1, 1).labels(Map.of("app", "web"))))).isEqualTo("n1");
      PodAffinity own =
          new PodAffinity(List.of(), List.of(new PodAffinity.Preferred(1, near("nobody"))));
      PodShape.Builder wishful = shape(1, 1).labels(Map.of("app", "web")).affinity(own);
      assertThat(nodeOf(decider, pod(wishful))).isEqualTo("n3");
    }
  }

  // Errors.

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {name: InterPodAffinity, args: {hardPodAffinityWeight: 101}} | .args.hardPodAffinityWeight: must be a whole number from 0 to 100
          {name: InterPodAffinity, args: {ignorePreferredTermsOfExistingPods: 1}} | .args.ignorePreferredTermsOfExistingPods: must be true or false
          {name: InterPodAffinity, args: {hardPodAffinity: 1}} | .args.hardPodAffinity: unknown key: did you mean hardPodAffinityWeight?
          {name: NodeAffinity, args: {addedAffinity: {}}} | .args.addedAffinity: must have at least one of requiredDuringSchedulingIgnoredDuringExecution and preferredDuringSchedulingIgnoredDuringExecution
          {name: NodeAffinity, args: {addedAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: []}}}} | .args.addedAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms: must have at least one term
          {name: NodeResourcesBalancedAllocation, args: {resources: [{name: cpu, weight: 2}]}} | .args.resources[0].weight: must be a whole number from 1 to 1
          {name: NodeAffinities} | .name: no NodeAffinities: did you mean NodeAffinity?
          """)
  void whatIsWrongIsNamedWithItsPlace(String entry, String message) {
    assertThatThrownBy(() -> decider("pluginConfig: [" + entry + "]"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("profiles[0].pluginConfig[0]" + message);
  }
}
