package io.berth.controllers.testing;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.errorprone.annotations.FormatMethod;
import com.google.errorprone.annotations.FormatString;
import io.berth.api.resource.ResourceDefinition;
import io.berth.api.resource.Resources;
import io.berth.api.time.SimulatedEnvironment;
import io.berth.api.transport.ApiRequest;
import io.berth.client.ApiClient;
import io.berth.client.testing.FakeApi;
import io.berth.controllers.Controllers;
import io.berth.controllers.ControllersConfig;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;

/** All controllers against an API server in memory, under simulated time. */
public final class Cluster implements AutoCloseable {
  public final SimulatedEnvironment environment;
  public final FakeApi api;
  public final ApiClient client;
  public final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
  public final Controllers controllers;

  public Cluster(long seed) {
    this(seed, ControllersConfig.DEFAULT);
  }

  public Cluster(long seed, ControllersConfig config) {
    environment = new SimulatedEnvironment(seed);
    api = new FakeApi(environment);
    client = new ApiClient(api);
    controllers = new Controllers(client, environment, metrics, config, null);
    api.put(
        Resources.NAMESPACES,
        Objects.tree(
            "{'metadata':{'name':'ns'},'spec':{'finalizers':['kubernetes']},"
                + "'status':{'phase':'Active'}}"));
    controllers.start();
    settle();
  }

  /** Lets a second pass: everything that follows from what was done has happened then. */
  public void settle() {
    environment.advance(Duration.ofSeconds(1));
  }

  public void advance(int seconds) {
    environment.advance(Duration.ofSeconds(seconds));
  }

  @FormatMethod
  public ObjectNode put(
      ResourceDefinition resource, @FormatString String json, Object... arguments) {
    return api.put(resource, Objects.tree(json, arguments));
  }

  public ObjectNode get(ResourceDefinition resource, String name) {
    return api.find(resource, resource.namespaced() ? "ns" : "", name).orElseThrow();
  }

  public List<ObjectNode> pods() {
    return api.list(Resources.PODS, "ns");
  }

  /** Pods that are neither deleting nor ended. */
  public List<ObjectNode> activePods() {
    return pods().stream()
        .filter(pod -> !pod.path("metadata").has("deletionTimestamp"))
        .filter(pod -> !List.of("Failed", "Succeeded").contains(phase(pod)))
        .toList();
  }

  public static String name(ObjectNode object) {
    return object.path("metadata").path("name").asText();
  }

  public static String uid(ObjectNode object) {
    return object.path("metadata").path("uid").asText();
  }

  public static String phase(ObjectNode object) {
    return object.path("status").path("phase").asText();
  }

  /** Makes a pod run and be ready, as an agent would. */
  public void makeReady(String pod) {
    String now = environment.clock().now().toString();
    api.change(
        Resources.PODS,
        "ns",
        pod,
        object ->
            object.set(
                "status",
                Objects.tree(
                    "{'phase':'Running','podIP':'10.0.0.1','conditions':[{'type':'Ready',"
                        + "'status':'True','lastTransitionTime':'%s'}]}",
                    now)));
  }

  public void makeAllReady() {
    activePods().stream()
        .filter(pod -> !phase(pod).equals("Running"))
        .forEach(pod -> makeReady(name(pod)));
    settle();
  }

  /** Reasons and messages of the events about an object, in the order in which they were made. */
  public List<String> events(String about) {
    return api.requests().stream()
        .filter(r -> r.method().equals("POST") && r.path().endsWith("/events"))
        .map(Cluster::body)
        .filter(e -> e.path("involvedObject").path("name").asText().equals(about))
        .map(e -> e.path("reason").asText() + ": " + e.path("message").asText())
        .toList();
  }

  private static ObjectNode body(ApiRequest request) {
    return (ObjectNode) io.berth.api.codec.Json.parse(request.body());
  }

  /** How many writes were sent so far, events not counted. */
  public long writes() {
    return api.writes().stream().filter(r -> !r.path().contains("/events")).count();
  }

  @Override
  public void close() {
    controllers.close();
    api.close();
  }
}
