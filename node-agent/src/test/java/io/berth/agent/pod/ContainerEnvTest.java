package io.berth.agent.pod;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.agent.volumes.ConfigObjects;
import io.berth.api.codec.Json;
import io.berth.api.resource.Resources;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ContainerEnvTest {
  private static final JsonNode POD =
      json(
          """
          {"metadata":{"name":"p","namespace":"d","uid":"u","labels":{"app":"web"}},
           "spec":{"nodeName":"n","containers":[]},
           "status":{"podIP":"10.0.0.2","hostIP":"192.0.2.1"}}""");

  private static JsonNode json(String text) {
    return Json.parse(text.getBytes(StandardCharsets.UTF_8));
  }

  private static Optional<JsonNode> object(ConfigObjects.Ref ref) {
    if (ref.resource().equals(Resources.SECRETS) && ref.name().equals("s")) {
      return Optional.of(json("{\"kind\":\"Secret\",\"data\":{\"k\":\"djE=\"}}"));
    }
    if (ref.resource().equals(Resources.CONFIG_MAPS) && ref.name().equals("c")) {
      return Optional.of(json("{\"kind\":\"ConfigMap\",\"data\":{\"k\":\"v2\",\"l\":\"v3\"}}"));
    }
    return Optional.empty();
  }

  private static Map<String, String> env(String container) {
    return new ContainerEnv(POD, ContainerEnvTest::object, Map.of())
        .of(json(container), Map.of("SVC", "1"));
  }

  @Test
  void everySourceIsRead() {
    assertThat(
            env(
                """
                {"envFrom":[{"prefix":"P_","configMapRef":{"name":"c"}}],
                 "env":[{"name":"A","value":"a"},
                  {"name":"B","value":"$(A)-$(P_k)-$(NONE)-$$(A)"},
                  {"name":"S","valueFrom":{"secretKeyRef":{"name":"s","key":"k"}}},
                  {"name":"F","valueFrom":{"fieldRef":{"fieldPath":"metadata.labels['app']"}}},
                  {"name":"I","valueFrom":{"fieldRef":{"fieldPath":"status.podIP"}}},
                  {"name":"R","valueFrom":{"resourceFieldRef":
                    {"resource":"limits.memory","divisor":"1Mi"}}},
                  {"name":"O","valueFrom":{"configMapKeyRef":
                    {"name":"none","key":"k","optional":true}}}],
                 "resources":{"limits":{"memory":"10Mi"}}}"""))
        .containsEntry("SVC", "1")
        .containsEntry("P_k", "v2")
        .containsEntry("P_l", "v3")
        .containsEntry("B", "a-v2-$(NONE)-$(A)")
        .containsEntry("S", "v1")
        .containsEntry("F", "web")
        .containsEntry("I", "10.0.0.2")
        .containsEntry("R", "10")
        .doesNotContainKey("O");
  }

  @Test
  void whatIsMissingIsNamed() {
    assertThatThrownBy(
            () ->
                env(
                    "{\"env\":[{\"name\":\"A\",\"valueFrom\":{\"secretKeyRef\":"
                        + "{\"name\":\"s\",\"key\":\"x\"}}}]}"))
        .hasMessage("couldn't find key x in Secret d/s");
    assertThatThrownBy(() -> env("{\"envFrom\":[{\"secretRef\":{\"name\":\"none\"}}]}"))
        .hasMessage("secret \"none\" not found");
  }

  @Test
  void servicesAreTold() {
    JsonNode service =
        json(
            """
            {"metadata":{"name":"my-db"},"spec":{"clusterIP":"10.96.0.5",
             "ports":[{"name":"sql","port":5432,"protocol":"TCP"}]}}""");
    assertThat(ServiceEnv.of(List.of(service)))
        .containsEntry("MY_DB_SERVICE_HOST", "10.96.0.5")
        .containsEntry("MY_DB_SERVICE_PORT", "5432")
        .containsEntry("MY_DB_SERVICE_PORT_SQL", "5432")
        .containsEntry("MY_DB_PORT", "tcp://10.96.0.5:5432")
        .containsEntry("MY_DB_PORT_5432_TCP_ADDR", "10.96.0.5");
  }
}
