package io.berth.agent;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.agent.network.HostPorts;
import io.berth.agent.network.PodGate;
import io.berth.agent.node.NodeConfig;
import io.berth.agent.runtime.RuntimeDriver;
import io.berth.agent.runtime.cri.TestingNode;
import io.berth.api.codec.Json;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.resource.Resources;
import io.berth.client.ApiClient;
import io.berth.client.Informers;
import io.berth.client.testing.FakeApi;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Agents on a real containerd, with an API in memory. */
final class RealWorld implements AutoCloseable {
  static final String NODE = "node-1";

  final TestingNode node;
  final FakeApi api;

  RealWorld(String name, String podCidr) throws Exception {
    node = new TestingNode(name, podCidr);
    api = new FakeApi(node.environment);
  }

  Agent agent() throws Exception {
    return agent(node.driver);
  }

  Agent agent(RuntimeDriver driver) throws Exception {
    ApiClient client = new ApiClient(api);
    Agent agent =
        new Agent(
            new AgentConfig(
                new NodeConfig(NODE, List.of("127.0.0.1"), "", Map.of(), 110, "v1.36.0"),
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
            Agent.Senses.real(
                node.environment, node.directory, () -> null, HostPorts.NONE, PodGate.OPEN));
    agent.start();
    return agent;
  }

  /** Stores an object; {@code IMAGE} in it stands for an image that the node has. */
  void put(ResourceDefinition resource, String json) {
    String text = json.replace("IMAGE", TestingNode.IMAGE);
    api.put(resource, (ObjectNode) Json.parse(text.getBytes(StandardCharsets.UTF_8)));
  }

  /** A bound pod of one container; the rest of its spec and of its container are JSON members. */
  void pod(String name, String spec, String container) {
    put(
        Resources.PODS,
        """
        {"metadata":{"namespace":"default","name":"%s"},"status":{"phase":"Pending"},
         "spec":{"nodeName":"node-1","terminationGracePeriodSeconds":1%s,
          "containers":[{"name":"main"%s}]}}\
        """
            .formatted(name, joined(spec), joined(container)));
  }

  private static String joined(String members) {
    return members.isEmpty() ? "" : "," + members;
  }

  void delete(String name) {
    ObjectNode pod = api.find(Resources.PODS, "default", name).orElseThrow();
    ((ObjectNode) pod.get("metadata"))
        .put("deletionTimestamp", "2026-01-01T00:00:00Z")
        .put("deletionGracePeriodSeconds", 1);
    api.put(Resources.PODS, pod);
    await(name, () -> api.find(Resources.PODS, "default", name).isEmpty());
  }

  JsonNode status(String pod) {
    return api.find(Resources.PODS, "default", pod)
        .map(p -> p.path("status"))
        .orElse(Json.object());
  }

  JsonNode container(String pod) {
    return status(pod).path("containerStatuses").path(0);
  }

  String waiting(String pod) {
    return container(pod).at("/state/waiting/reason").asText();
  }

  boolean running(String pod) {
    return container(pod).at("/state/running").isObject();
  }

  void awaitRunning(String pod) {
    await(pod, () -> running(pod));
  }

  /** {@code reason: message} of all events about a pod. */
  List<String> events(String pod) {
    List<String> events = new ArrayList<>();
    for (ObjectNode event : api.list(Resources.EVENTS, "default")) {
      if (event.path("involvedObject").path("name").asText().equals(pod)) {
        events.add(event.path("reason").asText() + ": " + event.path("message").asText());
      }
    }
    return events;
  }

  /** What a command in the pod's first container prints, and its exit code where it is not 0. */
  String exec(String pod, String script) throws Exception {
    String id = container(pod).path("containerID").asText().replaceFirst(".*://", "");
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream errors = new ByteArrayOutputStream();
    try (RuntimeDriver.Exec exec =
        node.driver.exec(id, List.of("sh", "-c", script), false, null, out, errors)) {
      int code = exec.waitFor();
      String text = out.toString(StandardCharsets.UTF_8);
      return code == 0 ? text : text + errors.toString(StandardCharsets.UTF_8) + "exit " + code;
    }
  }

  /** Waits until something holds about a pod. */
  void await(String pod, BooleanSupplier condition) {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(40);
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("in time: %s %s", status(pod), events(pod)).isLessThan(end);
      LockSupport.parkNanos(5_000_000);
    }
  }

  @Override
  public void close() throws Exception {
    node.close();
  }
}
