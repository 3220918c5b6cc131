package io.berth.scheduler.config;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.codec.Headers;
import io.berth.api.codec.Json;
import io.berth.api.codec.Yaml;
import io.berth.api.resource.Resources;
import io.berth.client.BackOff;
import io.berth.scheduler.cluster.Cluster;
import io.berth.scheduler.core.PodRecord;
import io.berth.scheduler.core.ResourceIndex;
import io.berth.scheduler.core.SpreadConstraint;
import io.berth.scheduler.decide.Profile;
import io.berth.scheduler.decide.Profiles;
import io.berth.scheduler.loop.SchedulerConfig;
import io.berth.scheduler.reader.PodReader;
import io.berth.scheduler.rules.Rule;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ConfigurationTest {
  private static final String HEAD =
      "apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n";

  private static SchedulerConfig read(String yaml) {
    return Configuration.read(Yaml.read((HEAD + yaml).getBytes(UTF_8)));
  }

  private static List<Profile> profiles(String yaml) {
    return read(yaml).profilesOf().apply(new Cluster(new ResourceIndex()));
  }

  @Test
  void anEmptyFileGivesTheDefaults() {
    SchedulerConfig config = read("");
    assertThat(config.maxBindingsInFlight()).isEqualTo(128);
    assertThat(config.gangTimeout()).isEqualTo(Duration.ofMinutes(5));
    assertThat(config.defaultSpread()).isEmpty();
    Profile only = profiles("").getFirst();
    assertThat(only.schedulerName()).isEqualTo("default-scheduler");
    assertThat(only.packing().name()).isEqualTo("FragmentationAware");
    assertThat(only.rules())
        .extracting(Rule::name)
        .isEqualTo(Profiles.rules().stream().map(Rule::name).toList());
  }

  @Test
  void everyKeyIsHeard() {
    String yaml =
        """
        maxBindingsInFlight: 7
        gangTimeoutSeconds: 90
        podInitialBackoffSeconds: 2
        podMaxBackoffSeconds: 20
        profiles:
        - schedulerName: spreading
          plugins:
            filter:
              disabled: [{name: NodePorts}]
            score:
              disabled: [{name: "*"}]
              enabled:
              - {name: NodeResourcesFit, weight: 5}
              - {name: ImageLocality, weight: 2}
          pluginConfig:
          - name: NodeResourcesFit
            args:
              scoringStrategy:
                type: LeastAllocated
                resources: [{name: cpu, weight: 3}]
          - name: PodTopologySpread
            args:
              defaultingType: List
              defaultConstraints:
              - {topologyKey: zone, maxSkew: 2, whenUnsatisfiable: ScheduleAnyway}
        """;
    Profile profile = profiles(yaml).getFirst();
    assertThat(profile.schedulerName()).isEqualTo("spreading");
    assertThat(profile.packing().name()).isEqualTo("LeastAllocated");
    assertThat(profile.packingWeight()).isEqualTo(5);
    assertThat(profile.rules()).extracting(Rule::name).doesNotContain("NodePorts");
    assertThat(profile.preferences())
        .extracting(w -> w.preference().name() + w.weight())
        .containsExactly("ImageLocality2.0");
    assertThat(read(yaml).maxBindingsInFlight()).isEqualTo(7);
    assertThat(read(yaml).gangTimeout()).isEqualTo(Duration.ofSeconds(90));
    assertThat(read(yaml).backOff())
        .isEqualTo(new BackOff(Duration.ofSeconds(2), Duration.ofSeconds(20)));
    assertThat(read(yaml).defaultSpread().get("spreading"))
        .extracting(c -> c.topologyKey() + c.maxSkew() + c.hard())
        .containsExactly("zone2false");
  }

  @Test
  void severalProfilesEachHaveTheirOwn() {
    String yaml =
        """
        profiles:
        - schedulerName: default-scheduler
        - schedulerName: ratio
          pluginConfig:
          - name: NodeResourcesFit
            args:
              scoringStrategy:
                type: RequestedToCapacityRatio
                requestedToCapacityRatio:
                  shape: [{utilization: 0, score: 10}, {utilization: 100, score: 0}]
        """;
    assertThat(profiles(yaml))
        .extracting(p -> p.schedulerName() + " " + p.packing().name())
        .containsExactly("default-scheduler FragmentationAware", "ratio RequestedToCapacityRatio");
  }

  @Test
  void whatOneProfileSpreadsByDefaultIsNotLostOrTakenByAnother() {
    String yaml =
        """
        profiles:
        - schedulerName: one
          pluginConfig:
          - {name: PodTopologySpread, args: {defaultConstraints: [%s]}}
        - schedulerName: two
          pluginConfig:
          - {name: PodTopologySpread, args: {defaultConstraints: [%s]}}
        - schedulerName: none
        """
            .formatted(
                "{topologyKey: zone, maxSkew: 1, whenUnsatisfiable: DoNotSchedule}",
                "{topologyKey: host, maxSkew: 1, whenUnsatisfiable: DoNotSchedule}");
    PodReader reader = new PodReader(new ResourceIndex(), read(yaml).defaultSpread());

    assertThat(spread(reader, "one")).containsExactly("zone");
    assertThat(spread(reader, "two")).containsExactly("host");
    assertThat(spread(reader, "none")).isEmpty();
  }

  private static List<String> spread(PodReader reader, String schedulerName) {
    String pod =
        "{metadata: {name: p, namespace: d, labels: {app: x}}, spec: {schedulerName: "
            + schedulerName
            + "}}";
    JsonNode tree = Yaml.read(pod.getBytes(UTF_8));
    PodRecord read = reader.read(Headers.object(Resources.PODS, Json.bytes(tree)));
    return read.shape().spread().stream().map(SpreadConstraint::topologyKey).toList();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          profile: []                                            | profile: unknown key: did you mean profiles?
          maxBindingsInFlight: many                              | maxBindingsInFlight: must be a whole number from 1 to 10000
          gangTimeoutSeconds: 5m                                 | gangTimeoutSeconds: must be a whole number from 0 to 2147483647
          percentageOfNodesToScore: 50                           | percentageOfNodesToScore: all nodes are scored always: leave it out
          profiles: [{plugins: {filter: {disabled: [{name: NodePort}]}}}] | profiles[0].plugins.filter.disabled[0].name: no NodePort: did you mean NodePorts?
          profiles: [{schedulerName: a}, {schedulerName: a}]     | profiles[1].schedulerName: there is another profile of that name
          podMaxBackoffSeconds: 0                                | podMaxBackoffSeconds: must be a whole number from 1 to 2147483647
          podInitialBackoffSeconds: 2147483648                   | podInitialBackoffSeconds: must be a whole number from 1 to 2147483647
          profiles: {}                                           | profiles: must be a list
          """)
  void whatIsWrongIsNamedWithItsPlace(String yaml, String message) {
    assertThatThrownBy(() -> read(yaml))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }

  @Test
  void theLongestBackOffIsNoShorterThanTheFirst() {
    assertThatThrownBy(() -> read("podInitialBackoffSeconds: 9\npodMaxBackoffSeconds: 5\n"))
        .hasMessage("podMaxBackoffSeconds: must be at least podInitialBackoffSeconds, 9");
    assertThat(read("podInitialBackoffSeconds: 60").backOff().cap())
        .isEqualTo(Duration.ofMinutes(1));
  }

  @Test
  void anUnknownStrategyIsNamed() {
    String yaml =
        """
        profiles:
        - pluginConfig:
          - name: NodeResourcesFit
            args: {scoringStrategy: {type: MostAlocated}}
        """;
    assertThatThrownBy(() -> read(yaml))
        .hasMessage(
            "profiles[0].pluginConfig[0].args.scoringStrategy.type: no MostAlocated: did you mean"
                + " MostAllocated?");
  }

  @Test
  void anotherKindOfFileIsRefused() {
    assertThatThrownBy(() -> Configuration.read(Yaml.read("kind: Pod\n".getBytes(UTF_8))))
        .hasMessage("apiVersion: is required");
  }
}
