package io.berth.cli.kube;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.codec.Yaml;
import io.berth.api.resource.Resources;
import io.berth.api.time.SimulatedEnvironment;
import io.berth.cli.CommandException;
import io.berth.client.ApiClient;
import io.berth.client.testing.FakeApi;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class PodNamesTest {
  private final ApiClient client = new ApiClient(new FakeApi(new SimulatedEnvironment(1)));

  private void pod(String name, String phase, String ready) {
    JsonNode pod =
        Yaml.read(
            bytes(
                """
                metadata: {name: %s, namespace: default, labels: {app: web}}
                status: {phase: %s, conditions: [{type: Ready, status: "%s"}]}
                """
                    .formatted(name, phase, ready)));
    client.create(Resources.PODS, "default", pod);
    client.updateStatus(Resources.PODS, pod);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void aPodIsNamedWithOrWithoutItsType() {
    assertThat(PodNames.resolve(client, "default", "x")).isEqualTo("x");
    assertThat(PodNames.resolve(client, "default", "pod/x")).isEqualTo("x");
    assertThat(PodNames.resolve(client, "default", "po/x")).isEqualTo("x");
  }

  @Test
  void whatHasPodsStandsForTheReadyOne() {
    pod("a", "Pending", "False");
    pod("b", "Running", "False");
    pod("c", "Running", "True");
    client.create(
        Resources.DEPLOYMENTS,
        "default",
        Yaml.read(
            bytes(
                """
                metadata: {name: web, namespace: default}
                spec: {selector: {matchLabels: {app: web}}}
                """)));
    client.create(
        Resources.SERVICES,
        "default",
        Yaml.read(
            bytes(
                """
                metadata: {name: web, namespace: default}
                spec: {selector: {app: web}}
                """)));
    assertThat(PodNames.resolve(client, "default", "deploy/web")).isEqualTo("c");
    assertThat(PodNames.resolve(client, "default", "svc/web")).isEqualTo("c");
  }

  @Test
  void whatHasNoPodsSaysSo() {
    client.create(
        Resources.SERVICES,
        "default",
        Yaml.read(bytes("{metadata: {name: none, namespace: default}, spec: {}}")));
    pod("a", "Running", "True");
    assertThatThrownBy(() -> PodNames.resolve(client, "default", "svc/none"))
        .isInstanceOf(CommandException.class)
        .hasMessage("service/none has no pods");
  }
}
