package io.berth.scheduler.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.api.codec.Json;
import io.berth.api.codec.Yaml;
import io.berth.api.resource.Resources;
import io.berth.api.time.SimulatedEnvironment;
import io.berth.client.ApiClient;
import io.berth.client.testing.FakeApi;
import io.berth.scheduler.decide.Profile;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class LiveClusterTest {
  private final FakeApi api = new FakeApi(new SimulatedEnvironment(1));
  private final ApiClient client = new ApiClient(api);

  private void publish(String yaml) {
    String head = "apiVersion: kubescheduler.config.k8s.io/v1\nkind: KubeSchedulerConfiguration\n";
    RunningConfig.publish(client, Yaml.read((head + yaml).getBytes(StandardCharsets.UTF_8)));
  }

  private List<String> schedulers() {
    LiveCluster live = LiveCluster.read(client);
    return live.config().profiles(live.cluster()).stream().map(Profile::schedulerName).toList();
  }

  @Test
  void theConfigurationIsTheOneThatWasMadeKnownLast() {
    assertThat(schedulers()).containsExactly("default-scheduler");
    publish("profiles: [{schedulerName: a}, {schedulerName: b}]\n");
    assertThat(schedulers()).containsExactly("a", "b");
    publish("gangTimeoutSeconds: 7\n");
    assertThat(schedulers()).containsExactly("default-scheduler");
    assertThat(RunningConfig.of(client).gangTimeout().toSeconds()).isEqualTo(7);
  }

  @Test
  void aConfigurationOfAnotherVersionIsNamed() {
    ObjectNode map = Json.object().put("apiVersion", "v1").put("kind", "ConfigMap");
    map.putObject("metadata").put("namespace", "kube-system").put("name", "berth-scheduler");
    map.putObject("data").put("config.yaml", "apiVersion: other\n");
    api.put(Resources.CONFIG_MAPS, map);
    assertThatThrownBy(() -> LiveCluster.read(client))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "configmap kube-system/berth-scheduler: apiVersion: must be"
                + " kubescheduler.config.k8s.io/v1");
  }

  private static ObjectNode object(String kind, String name) {
    ObjectNode object = Json.object().put("apiVersion", "v1").put("kind", kind);
    object.putObject("metadata").put("name", name);
    return object;
  }

  private void pod(String name, String node, String phase) {
    ObjectNode pod = object("Pod", name);
    pod.withObject("/metadata").put("namespace", "default").put("uid", name);
    pod.putObject("spec").put("nodeName", node).putArray("containers").addObject().put("name", "c");
    pod.withObject("/spec/schedulingGroup").put("podGroupName", "g");
    pod.putObject("status").put("phase", phase);
    api.put(Resources.PODS, pod);
  }

  @Test
  void podsAreWhereTheyAreAndHaveTheirGroupsPriority() {
    ObjectNode node = object("Node", "n");
    node.withObject("/status/allocatable").put("cpu", "4").put("pods", "110");
    api.put(Resources.NODES, node);
    ObjectNode group = object("PodGroup", "g").put("apiVersion", "scheduling.k8s.io/v1alpha2");
    group.withObject("/metadata").put("namespace", "default");
    group
        .putObject("spec")
        .put("priority", 7)
        .withObject("/schedulingPolicy/gang")
        .put("minCount", 3);
    api.put(Resources.POD_GROUPS, group);
    pod("runs", "n", "Running");
    pod("waits", "", "Pending");
    pod("done", "n", "Succeeded");
    pod("failed", "n", "Failed");
    LiveCluster live = LiveCluster.read(client);
    assertThat(Objects.requireNonNull(live.cluster().placement("runs")).pod().priority())
        .isEqualTo(7);
    assertThat(live.cluster().pods()).isEqualTo(1);
    assertThat(live.gangs().placed("default/g")).isEqualTo(2);
    assertThat(live.gangs().waiting("default/g"))
        .extracting(p -> p.name() + p.priority())
        .containsExactly("waits7");
  }
}
