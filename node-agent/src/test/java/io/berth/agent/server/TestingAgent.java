package io.berth.agent.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.agent.Agent;
import io.berth.agent.AgentConfig;
import io.berth.agent.cgroup.CgroupTree;
import io.berth.agent.network.HostPorts;
import io.berth.agent.network.PodGate;
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
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** A whole agent with its server, over an API and a runtime in memory. */
final class TestingAgent implements AutoCloseable {
  final SystemEnvironment environment = new SystemEnvironment();
  private final FakeApi api = new FakeApi(environment);
  private final FakeImageStore images = new FakeImageStore(environment).with("busybox");
  final FakeDriver driver = new FakeDriver("fake", environment, images);
  final Agent agent;
  final HttpClient client;

  TestingAgent(Path directory) throws Exception {
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
            Agent.Senses.real(environment, directory, () -> null, HostPorts.NONE, PodGate.OPEN)
                .with(new CgroupTree(directory.resolve("no-cgroups"))));
    agent.start();
    client = client("apiserver");
  }

  @Override
  public void close() throws InterruptedException {
    client.shutdownNow(); // sessions that a test left open and all
    agent.close();
    // A pod that is worked on still writes to the directory, which the test removes next.
    assertThat(environment.closeAndWait(Duration.ofSeconds(20))).as("work has ended").isTrue();
  }

  static HttpClient client(String name) throws Exception {
    return HttpClient.newBuilder().sslContext(TestTls.client(name)).build();
  }

  /** Creates a pod of one container, {@code main}, and waits until it runs. */
  void run(String name, String script) {
    create(name, script);
    await(() -> phase(name).equals("Running"));
  }

  void create(String name, String script) {
    ObjectNode pod = Json.object();
    pod.putObject("metadata").put("namespace", "default").put("name", name);
    ObjectNode container =
        pod.putObject("spec").put("nodeName", "node-1").putArray("containers").addObject();
    container.put("name", "main").put("image", "busybox").put("imagePullPolicy", "Never");
    container.putArray("command").add("sh").add("-c").add(script);
    pod.putObject("status").put("phase", "Pending");
    api.put(Resources.PODS, pod);
  }

  String phase(String name) {
    return api.find(Resources.PODS, "default", name).orElseThrow().at("/status/phase").asText();
  }

  static void await(BooleanSupplier condition) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("in time").isLessThan(end);
      java.util.concurrent.locks.LockSupport.parkNanos(10_000_000);
    }
  }

  HttpResponse<String> get(HttpClient from, String path) throws Exception {
    URI uri = URI.create("https://127.0.0.1:" + agent.port() + path);
    return from.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
  }

  Session exec(String path) throws Exception {
    Session session = open(path);
    assertThat(session.ended.await(20, TimeUnit.SECONDS)).isTrue();
    return session;
  }

  Session open(String path) throws Exception {
    return open(path, "v5.channel.k8s.io", "v4.channel.k8s.io");
  }

  Session open(String path, String first, String... more) throws Exception {
    Session session = new Session();
    WebSocket socket =
        client
            .newWebSocketBuilder()
            .subprotocols(first, more)
            .buildAsync(URI.create("wss://127.0.0.1:" + agent.port() + path), session)
            .get(20, TimeUnit.SECONDS);
    session.socket = socket;
    session.protocol = socket.getSubprotocol();
    return session;
  }

  /** The client's end of a session. */
  static final class Session implements WebSocket.Listener {
    final CountDownLatch ended = new CountDownLatch(1);
    final ByteArrayOutputStream[] channels = new ByteArrayOutputStream[4];
    final ByteArrayOutputStream message = new ByteArrayOutputStream();
    final List<String> texts = new java.util.concurrent.CopyOnWriteArrayList<>();
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

    void leave() throws Exception {
      java.util.Objects.requireNonNull(socket).sendClose(1000, "").get(20, TimeUnit.SECONDS);
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
    public @Nullable CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
      texts.add(data.toString());
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
