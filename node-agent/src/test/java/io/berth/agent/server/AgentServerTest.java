package io.berth.agent.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.agent.Agent;
import io.berth.agent.AgentConfig;
import io.berth.agent.node.NodeConfig;
import io.berth.agent.runtime.RuntimeDriver;
import io.berth.agent.runtime.fake.FakeDriver;
import io.berth.agent.runtime.fake.FakeImageStore;
import io.berth.api.codec.Json;
import io.berth.api.resource.Resources;
import io.berth.api.time.SystemEnvironment;
import io.berth.client.ApiClient;
import io.berth.client.Informers;
import io.berth.client.testing.FakeApi;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AgentServerTest {
  private static final String EXEC = "/exec/default/web/main?output=1&error=1";

  @TempDir Path directory;
  private final SystemEnvironment environment = new SystemEnvironment();
  private final FakeApi api = new FakeApi(environment);
  private final FakeImageStore images = new FakeImageStore(environment).with("busybox");
  private final FakeDriver driver = new FakeDriver("fake", environment, images);
  private Agent agent;
  private HttpClient client;

  @BeforeEach
  void start() throws Exception {
    ApiClient apiClient = new ApiClient(api);
    agent =
        new Agent(
            new AgentConfig(
                new NodeConfig("node-1", List.of("127.0.0.1"), "", Map.of(), 110, "v1.36.0"),
                directory,
                List.of(),
                "cluster.local",
                new RuntimeDriver.Dns(List.of(), List.of(), List.of()),
                new ServerConfig(
                    "127.0.0.1",
                    0,
                    TestTls.pem("server.pem"),
                    TestTls.pem("server.key"),
                    TestTls.pem("ca.pem"),
                    Set.of(ServerConfig.API_SERVER))),
            apiClient,
            new Informers(apiClient, environment),
            environment,
            Map.of("", driver),
            images,
            new PrometheusMeterRegistry(PrometheusConfig.DEFAULT),
            Agent.Senses.real(environment, directory, () -> null));
    agent.start();
    client = client("apiserver");
    create("web", "echo one; echo two; echo three; sleep infinity");
    await(() -> phase("web").equals("Running"));
  }

  @AfterEach
  void stop() {
    client.close();
    agent.close();
  }

  private static HttpClient client(String name) throws Exception {
    return HttpClient.newBuilder().sslContext(TestTls.client(name)).build();
  }

  private void create(String name, String script) {
    ObjectNode pod = Json.object();
    pod.putObject("metadata").put("namespace", "default").put("name", name);
    ObjectNode container =
        pod.putObject("spec").put("nodeName", "node-1").putArray("containers").addObject();
    container.put("name", "main").put("image", "busybox").put("imagePullPolicy", "Never");
    container.putArray("command").add("sh").add("-c").add(script);
    pod.putObject("status").put("phase", "Pending");
    api.put(Resources.PODS, pod);
  }

  private String phase(String name) {
    return api.find(Resources.PODS, "default", name).orElseThrow().at("/status/phase").asText();
  }

  private static void await(BooleanSupplier condition) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("in time").isLessThan(end);
      java.util.concurrent.locks.LockSupport.parkNanos(10_000_000);
    }
  }

  private HttpResponse<String> get(HttpClient from, String path) throws Exception {
    URI uri = URI.create("https://127.0.0.1:" + agent.port() + path);
    return from.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
  }

  @Test
  void logsAreServedAsTheContainerWroteThem() throws Exception {
    assertThat(get(client, "/containerLogs/default/web/main").body())
        .isEqualTo("one\ntwo\nthree\n");
    assertThat(get(client, "/containerLogs/default/web/main?tailLines=1").body())
        .isEqualTo("three\n");
    assertThat(get(client, "/containerLogs/default/web/main?limitBytes=5").body())
        .isEqualTo("one\nt");
    assertThat(get(client, "/containerLogs/default/web/main?timestamps=true").body())
        .matches("(?s)\\d{4}-\\S+Z one\n.*");
    assertThat(get(client, "/containerLogs/default/web/main?tailLines=x").statusCode())
        .isEqualTo(400);
    assertThat(get(client, "/containerLogs/default/none/main").statusCode()).isEqualTo(404);
  }

  @Test
  void followedLogsEndWithTheContainer() throws Exception {
    create("short", "echo hello; sleep 1");
    await(() -> phase("short").equals("Running"));
    String body = get(client, "/containerLogs/default/short/main?follow=true").body();
    assertThat(body).isEqualTo("hello\n");
  }

  @Test
  void onlyTheApiServerGetsAtPods() throws Exception {
    try (HttpClient stranger = client("stranger")) {
      assertThat(get(stranger, "/containerLogs/default/web/main").statusCode()).isEqualTo(403);
      assertThat(get(stranger, "/metrics").statusCode()).isEqualTo(403);
    }
  }

  @Test
  void metricsHaveTheNamesOfKubelets() throws Exception {
    String text = get(client, "/metrics").body();
    assertThat(text)
        .contains("kubelet_running_pods 1")
        .contains("kubelet_running_containers{container_state=\"running\"} 1")
        .contains("kubelet_runtime_operations_total{operation_type=\"run_podsandbox\"} 1")
        .contains("kubelet_pod_start_duration_seconds_count 1")
        .containsPattern("container_cpu_usage_seconds_total\\{.*pod=\"web\"\\} \\d")
        .containsPattern("container_memory_working_set_bytes\\{.*pod=\"web\"\\} \\d");
    assertThat(get(client, "/healthz").body()).isEqualTo("ok");
  }

  @Test
  void execPassesOutputAndExitCode() throws Exception {
    Session session =
        exec(EXEC + "&command=sh&command=-c&command=echo+out;echo+err+%3E%262;exit+3");
    assertThat(session.text(1)).isEqualTo("out\n");
    assertThat(session.text(2)).isEqualTo("err\n");
    assertThat(session.text(3)).contains("NonZeroExitCode").contains("\"message\":\"3\"");
    assertThat(session.protocol).isEqualTo("v5.channel.k8s.io");
  }

  @Test
  void execPassesInputAndItsEnd() throws Exception {
    Session session = open(EXEC + "&input=1&command=cat");
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

  private Session exec(String path) throws Exception {
    Session session = open(path);
    assertThat(session.ended.await(20, TimeUnit.SECONDS)).isTrue();
    return session;
  }

  private Session open(String path) throws Exception {
    Session session = new Session();
    WebSocket socket =
        client
            .newWebSocketBuilder()
            .subprotocols("v5.channel.k8s.io", "v4.channel.k8s.io")
            .buildAsync(URI.create("wss://127.0.0.1:" + agent.port() + path), session)
            .get(20, TimeUnit.SECONDS);
    session.socket = socket;
    session.protocol = socket.getSubprotocol();
    return session;
  }

  /** The client's end of a session. */
  private static final class Session implements WebSocket.Listener {
    final CountDownLatch ended = new CountDownLatch(1);
    final ByteArrayOutputStream[] channels = new ByteArrayOutputStream[4];
    final ByteArrayOutputStream message = new ByteArrayOutputStream();
    @Nullable WebSocket socket;
    String protocol = "";

    Session() {
      for (int i = 0; i < channels.length; i++) {
        channels[i] = new ByteArrayOutputStream();
      }
    }

    void send(byte[] bytes) throws Exception {
      java.util.Objects.requireNonNull(socket)
          .sendBinary(ByteBuffer.wrap(bytes), true)
          .get(20, TimeUnit.SECONDS);
    }

    String text(int channel) {
      return channels[channel].toString(StandardCharsets.UTF_8);
    }

    @Override
    public @Nullable CompletionStage<?> onBinary(WebSocket from, ByteBuffer data, boolean last) {
      byte[] bytes = new byte[data.remaining()];
      data.get(bytes);
      message.writeBytes(bytes);
      if (last) {
        byte[] whole = message.toByteArray();
        channels[whole[0]].write(whole, 1, whole.length - 1);
        message.reset();
      }
      from.request(1);
      return null;
    }

    @Override
    public @Nullable CompletionStage<?> onClose(WebSocket from, int code, String reason) {
      ended.countDown();
      return null;
    }

    @Override
    public void onError(WebSocket from, Throwable error) {
      ended.countDown();
    }
  }
}
