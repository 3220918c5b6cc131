package io.berth.bench;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.agent.network.services.ServiceProxy;
import io.berth.api.codec.Json;
import io.berth.api.resource.Resources;
import io.berth.api.time.Environment;
import io.berth.client.ApiClient;
import io.berth.client.EventRecorder;
import io.berth.client.Informers;
import io.berth.client.testing.FakeApi;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.LockSupport;

/**
 * Measures a node's forwarding alone: from services and endpoint slices in memory to the kernel's
 * tables, all of them at a start, and one change at a time from the watch event on. Addresses are
 * those that RFC 2544 keeps for benchmarks.
 */
public final class ServiceProgramming {
  private static final String NODE = "bench";
  private static final int NETWORK = 198 << 24 | 18 << 16;
  private static final Duration LIMIT = Duration.ofMinutes(5);

  private final Environment environment;
  private final int services;
  private final int endpoints;
  private final int changes;

  public ServiceProgramming(Environment environment, int services, int endpoints, int changes) {
    this.environment = environment;
    this.services = services;
    this.endpoints = endpoints;
    this.changes = changes;
  }

  /**
   * Measures and prints.
   *
   * @throws IllegalStateException the kernel does not take the rules
   */
  public void run(PrintStream out) throws InterruptedException {
    FakeApi api = new FakeApi(environment);
    for (int i = 0; i < services; i++) {
      api.put(Resources.SERVICES, service(i));
      api.put(Resources.ENDPOINT_SLICES, slice(i, 0));
    }
    ApiClient client = new ApiClient(api);
    SimpleMeterRegistry metrics = new SimpleMeterRegistry();
    try (Informers informers = new Informers(client, environment)) {
      ServiceProxy proxy =
          new ServiceProxy(
              environment,
              informers,
              new EventRecorder(client, environment, "kube-proxy", NODE),
              metrics,
              NODE,
              List.of("198.19.255.0/24"),
              "none",
              "198.19.255.1");
      Timer applied = metrics.get("kubeproxy.sync.proxy.rules.duration").timer();
      long begun = environment.clock().nanos();
      proxy.start();
      informers.start();
      informers.awaitSynced(LIMIT);
      await(proxy, applied, 1);
      out.printf(
          "%,d services of %d endpoints each: %.2f s from start to kernel%n",
          services, endpoints, (environment.clock().nanos() - begun) / 1e9);
      changes(api, proxy, applied, out);
      proxy.remove();
    }
  }

  private void changes(FakeApi api, ServiceProxy proxy, Timer applied, PrintStream out) {
    long[] nanos = new long[changes];
    for (int i = 0; i < changes; i++) {
      long steps = applied.count();
      long begun = environment.clock().nanos();
      api.put(Resources.ENDPOINT_SLICES, slice(i % services, i / services + 1));
      await(proxy, applied, steps + 1);
      nanos[i] = environment.clock().nanos() - begun;
    }
    Arrays.sort(nanos);
    out.printf(
        "one change of one service: %.1f ms in the median, %.1f ms at most (%d changes)%n",
        nanos[changes / 2] / 1e6, nanos[changes - 1] / 1e6, changes);
  }

  private void await(ServiceProxy proxy, Timer applied, long steps) {
    long end = environment.clock().nanos() + LIMIT.toNanos();
    while (applied.count() < steps || proxy.health() != null) {
      if (environment.clock().nanos() > end) {
        throw new IllegalStateException("not programmed: " + proxy.health());
      }
      LockSupport.parkNanos(200_000);
    }
  }

  private static String address(int number) {
    int value = NETWORK + number;
    return "%d.%d.%d.%d"
        .formatted(value >>> 24, value >>> 16 & 255, value >>> 8 & 255, value & 255);
  }

  private static ObjectNode named(String apiVersion, String kind, String name) {
    ObjectNode object = Json.object().put("apiVersion", apiVersion).put("kind", kind);
    object.putObject("metadata").put("namespace", "bench").put("name", name);
    return object;
  }

  private static ObjectNode service(int i) {
    ObjectNode service = named("v1", "Service", "s" + i);
    ObjectNode spec = service.putObject("spec").put("clusterIP", address(i));
    spec.put("type", "ClusterIP").putArray("clusterIPs").add(address(i));
    spec.putArray("ports").addObject().put("port", 80).put("protocol", "TCP");
    return service;
  }

  /**
   * @param version another one has another first endpoint
   */
  private ObjectNode slice(int i, int version) {
    ObjectNode slice = named("discovery.k8s.io/v1", "EndpointSlice", "s" + i + "-1");
    slice.withObject("/metadata").putObject("labels").put("kubernetes.io/service-name", "s" + i);
    slice.put("addressType", "IPv4");
    slice.putArray("ports").addObject().put("name", "").put("port", 8080).put("protocol", "TCP");
    ArrayNode all = slice.putArray("endpoints");
    for (int e = 0; e < endpoints; e++) {
      int number = (1 << 16) | ((i * endpoints + e + (e == 0 ? version * 7 : 0)) & 0xFFFF);
      all.addObject().putArray("addresses").add(address(number));
    }
    return slice;
  }
}
