package io.berth.agent.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.codec.Json;
import java.net.http.HttpClient;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AgentServerTest {
  private static final String EXEC = "/exec/default/web/main?output=1&error=1";

  @TempDir Path directory;
  private TestingAgent agent;

  @BeforeEach
  void start() throws Exception {
    agent = new TestingAgent(directory);
    agent.run("web", "echo one; echo two; echo three; sleep infinity");
  }

  @AfterEach
  void stop() throws Exception {
    agent.close();
  }

  @Test
  void logsAreServedAsTheContainerWroteThem() throws Exception {
    assertThat(agent.get(agent.client, "/containerLogs/default/web/main").body())
        .isEqualTo("one\ntwo\nthree\n");
    assertThat(agent.get(agent.client, "/containerLogs/default/web/main?tailLines=1").body())
        .isEqualTo("three\n");
    assertThat(agent.get(agent.client, "/containerLogs/default/web/main?limitBytes=5").body())
        .isEqualTo("one\nt");
    assertThat(agent.get(agent.client, "/containerLogs/default/web/main?timestamps=true").body())
        .matches("(?s)\\d{4}-\\S+Z one\n.*");
    assertThat(agent.get(agent.client, "/containerLogs/default/web/main?tailLines=x").statusCode())
        .isEqualTo(400);
    assertThat(agent.get(agent.client, "/containerLogs/default/none/main").statusCode())
        .isEqualTo(404);
  }

  @Test
  void followedLogsEndWithTheContainer() throws Exception {
    agent.run("short", "echo hello; sleep 1");
    String body = agent.get(agent.client, "/containerLogs/default/short/main?follow=true").body();
    assertThat(body).isEqualTo("hello\n");
  }

  @Test
  void onlyTheApiServerGetsAtPods() throws Exception {
    try (HttpClient stranger = TestingAgent.client("stranger")) {
      assertThat(agent.get(stranger, "/containerLogs/default/web/main").statusCode())
          .isEqualTo(403);
      assertThat(agent.get(stranger, "/metrics").statusCode()).isEqualTo(403);
    }
  }

  @Test
  void metricsHaveTheNamesOfKubelets() throws Exception {
    String text = agent.get(agent.client, "/metrics").body();
    assertThat(text)
        .contains("kubelet_running_pods 1")
        .contains("kubelet_running_containers{container_state=\"running\"} 1")
        .contains("kubelet_runtime_operations_total{operation_type=\"run_podsandbox\"} 1")
        .contains("kubelet_pod_start_duration_seconds_count 1");
    assertThat(agent.get(agent.client, "/healthz").body()).isEqualTo("ok");
  }

  @Test
  void whatPodsUseIsToldInEachOfTheShapesThatClientsRead() throws Exception {
    String labels = "\\{container=\"main\",.*namespace=\"default\",pod=\"web\"";
    assertThat(agent.get(agent.client, "/metrics/cadvisor").body())
        .containsPattern("container_cpu_usage_seconds_total" + labels + ",cpu=\"total\"\\} \\d")
        .containsPattern("container_memory_working_set_bytes" + labels + "\\} \\d")
        .containsPattern("container_memory_rss\\{container=\"\",id=\"/\".*\\} \\d")
        .containsPattern("machine_cpu_cores \\d");
    assertThat(agent.get(agent.client, "/metrics/resource").body())
        .containsPattern(
            "container_cpu_usage_seconds_total\\{container=\"main\",namespace=\"default\",pod=\"web\"\\}"
                + " [0-9.]+ \\d+")
        .containsPattern("node_cpu_usage_seconds_total [0-9.]+ \\d+")
        .contains("resource_scrape_error 0");
    JsonNode summary =
        Json.parse(
            agent.get(agent.client, "/stats/summary").body().getBytes(StandardCharsets.UTF_8));
    assertThat(summary.path("node").path("nodeName").asText()).isEqualTo("node-1");
    assertThat(summary.path("node").path("fs").path("inodesFree").asLong()).isPositive();
    assertThat(summary.path("node").path("memory").path("workingSetBytes").asLong()).isPositive();
    JsonNode pod = summary.path("pods").get(0);
    assertThat(pod.path("podRef").path("name").asText()).isEqualTo("web");
    assertThat(pod.path("containers").get(0).path("memory").has("workingSetBytes")).isTrue();
    JsonNode brief =
        Json.parse(
            agent
                .get(agent.client, "/stats/summary?only_cpu_and_memory=true")
                .body()
                .getBytes(StandardCharsets.UTF_8));
    assertThat(brief.path("node").has("fs")).isFalse();
    assertThat(brief.path("pods").get(0).path("containers")).hasSize(1);
    assertThat(agent.get(agent.client, "/metrics/none").statusCode()).isEqualTo(404);
  }

  @Test
  void execPassesOutputAndExitCode() throws Exception {
    TestingAgent.Session session =
        agent.exec(EXEC + "&command=sh&command=-c&command=echo+out;echo+err+%3E%262;exit+3");
    assertThat(session.text(1)).isEqualTo("out\n");
    assertThat(session.text(2)).isEqualTo("err\n");
    assertThat(session.text(3)).contains("NonZeroExitCode").contains("\"message\":\"3\"");
    assertThat(session.protocol).isEqualTo("v5.channel.k8s.io");
  }

  @Test
  void execPassesInputAndItsEnd() throws Exception {
    TestingAgent.Session session = agent.open(EXEC + "&input=1&command=cat");
    byte[] line = ("0" + "x".repeat(999)).getBytes(StandardCharsets.UTF_8);
    line[0] = 0;
    for (int i = 0; i < 1_000; i++) {
      session.send(line);
    }
    session.send(new byte[] {(byte) 255, 0});
    assertThat(session.ended.await(20, TimeUnit.SECONDS)).isTrue();
    assertThat(session.text(1)).hasSize(999_000);
    assertThat(session.text(3)).contains("Success");
  }
}
