package io.berth.agent;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.agent.network.HostPorts;
import io.berth.agent.node.NodeConfig;
import io.berth.agent.runtime.RuntimeDriver;
import io.berth.agent.runtime.cri.CriDriver;
import io.berth.agent.runtime.cri.TestingNode;
import io.berth.api.codec.Json;
import io.berth.api.resource.Resources;
import io.berth.client.ApiClient;
import io.berth.client.Informers;
import io.berth.client.testing.FakeApi;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A pod's whole life on a real containerd. */
@Tag("real")
@Timeout(120)
class AgentRealTest {
  @SuppressWarnings("NullAway.Init")
  private static TestingNode node;

  @SuppressWarnings("NullAway.Init")
  private static FakeApi api;

  @BeforeAll
  static void start() throws Exception {
    node = new TestingNode("agent", "10.213.9.0/24");
    api = new FakeApi(node.environment);
  }

  @AfterAll
  static void stop() throws Exception {
    node.close();
  }

  private static Agent agent(RuntimeDriver driver) throws Exception {
    ApiClient client = new ApiClient(api);
    Agent agent =
        new Agent(
            new AgentConfig(
                new NodeConfig("node-1", List.of("127.0.0.1"), "", Map.of(), 110, "v1.36.0"),
                node.directory.resolve("agent"),
                List.of(),
                "cluster.local",
                new RuntimeDriver.Dns(List.of(), List.of(), List.of()),
                null),
            client,
            new Informers(client, node.environment),
            node.environment,
            Map.of("", driver),
            node.images,
            new SimpleMeterRegistry(),
            Agent.Senses.real(node.environment, node.directory, () -> null, HostPorts.NONE));
    agent.start();
    return agent;
  }

  private static void put(io.berth.api.resource.ResourceDefinition resource, String json) {
    String text = json.replace("IMAGE", TestingNode.IMAGE);
    ObjectNode object = (ObjectNode) Json.parse(text.getBytes(StandardCharsets.UTF_8));
    api.put(resource, object);
  }

  private static JsonNode status(String pod) {
    return api.find(Resources.PODS, "default", pod)
        .map(p -> p.path("status"))
        .orElse(Json.object());
  }

  private static String ready(String pod) {
    for (JsonNode condition : status(pod).path("conditions")) {
      if (condition.path("type").asText().equals("Ready")) {
        return condition.path("status").asText();
      }
    }
    return "";
  }

  private static void await(BooleanSupplier condition) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(40);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("in time: %s", status("web")).isLessThan(end);
      java.util.concurrent.locks.LockSupport.parkNanos(5_000_000);
    }
  }

  @Test
  void aPodLivesAndDiesAndOutlivesItsAgent() throws Exception {
    Agent agent = agent(node.driver);
    put(
        Resources.CONFIG_MAPS,
        "{\"metadata\":{\"namespace\":\"default\",\"name\":\"page\"},\"data\":{\"index.html\":\"hi\"}}");
    long begin = System.nanoTime();
    put(
        Resources.PODS,
        """
        {"metadata":{"namespace":"default","name":"web"},
         "spec":{"nodeName":"node-1","terminationGracePeriodSeconds":1,
          "volumes":[{"name":"page","configMap":{"name":"page"}},
                     {"name":"scratch","emptyDir":{"medium":"Memory","sizeLimit":"1Mi"}}],
          "containers":[{"name":"main","image":"IMAGE","imagePullPolicy":"IfNotPresent",
            "command":["sh","-c","echo begun; httpd -f -p 80 -h /page"],
            "ports":[{"name":"http","containerPort":80}],
            "volumeMounts":[{"name":"page","mountPath":"/page"},
                            {"name":"scratch","mountPath":"/scratch"}],
            "readinessProbe":{"httpGet":{"path":"/","port":"http"},"periodSeconds":1},
            "livenessProbe":{"exec":{"command":["grep","hi","/page/index.html"]}},
            "resources":{"limits":{"memory":"32Mi","cpu":"200m"}}}]},
         "status":{"phase":"Pending"}}\
        """);
    await(() -> status("web").path("phase").asText().equals("Running"));
    long running = (System.nanoTime() - begin) / 1_000_000;
    System.out.println("bound to Running in " + running + " ms");
    await(() -> ready("web").equals("True"));
    String id = status("web").path("containerStatuses").get(0).path("containerID").asText();
    agent.pause();

    CriDriver second = new CriDriver(node.environment, node.client, "agent", 8L << 30);
    Agent next = agent(second);
    java.util.concurrent.locks.LockSupport.parkNanos(1_500_000_000);
    JsonNode container = status("web").path("containerStatuses").get(0);
    assertThat(container.path("containerID").asText()).isEqualTo(id);
    assertThat(container.path("restartCount").asInt()).isZero();
    assertThat(ready("web")).isEqualTo("True");

    ObjectNode pod = api.find(Resources.PODS, "default", "web").orElseThrow();
    ((ObjectNode) pod.get("metadata"))
        .put("deletionTimestamp", "2026-01-01T00:00:00Z")
        .put("deletionGracePeriodSeconds", 1);
    api.put(Resources.PODS, pod);
    await(() -> api.find(Resources.PODS, "default", "web").isEmpty());
    await(() -> second.sandboxes().isEmpty());
    assertThat(node.directory.resolve("agent/pods")).isEmptyDirectory();
    next.pause();
  }
}
