package io.berth.agent.network.policy;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.berth.agent.process.Command;
import io.berth.api.codec.Headers;
import io.berth.api.codec.Json;
import io.berth.api.object.ApiObject;
import io.berth.api.resource.Resources;
import io.berth.api.time.SystemEnvironment;
import io.berth.client.ApiClient;
import io.berth.client.Informers;
import io.berth.client.ListOptions;
import io.berth.client.testing.FakeApi;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * A node that is a network namespace, with a bridge and three pods on it that are namespaces too,
 * and a machine outside; each listens on port 8080. Their addresses are of both families.
 */
final class PolicyNet {
  private static final String PREFIX = "bpt" + ProcessHandle.current().pid() % 10_000;

  final SystemEnvironment environment = new SystemEnvironment();
  private final Command here = new Command(environment);
  final FakeApi api = new FakeApi(environment);
  private final Informers informers = new Informers(new ApiClient(api), environment);
  private final List<Process> servers = new ArrayList<>();
  private final Path pages = pages();

  final String gateway = "10.214.0.1";
  final Place node = new Place("n", gateway, "fd14::1");
  final Place a = new Place("a", "10.214.0.2", "fd14::2");
  final Place b = new Place("b", "10.214.0.3", "fd14::3");
  final Place c = new Place("c", "10.214.0.4", "fd14::4");
  final Place outside = new Place("o", "192.0.2.2", "2001:db8::2");

  @SuppressWarnings("NullAway.Init")
  PolicyEnforcer enforcer;

  private static Path pages() {
    try {
      Path directory = Files.createTempDirectory("berth-policy-");
      return Files.writeString(directory.resolve("index.html"), "here").resolveSibling("");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A network namespace. */
  final class Place {
    final String name;
    final String address;
    final String address6;
    final Command command;

    Place(String name, String address, String address6) {
      this.name = name;
      this.address = address;
      this.address6 = address6;
      this.command = new Command(environment, List.of("ip", "netns", "exec", PREFIX + name));
    }

    boolean reaches(String target) {
      return reaches(target, 8080);
    }

    boolean reaches(String target, int port) {
      return command
          .attempt("timeout", "3", "busybox", "nc", "-w", "1", target, Integer.toString(port))
          .succeeded();
    }

    String linkLocal() {
      String text = command.run("ip", "-6", "-o", "addr", "show", "dev", "eth0", "scope", "link");
      return text.split("inet6 ", -1)[1].split("/", -1)[0];
    }

    private void serve(int port) {
      try {
        servers.add(
            new ProcessBuilder(
                    "ip",
                    "netns",
                    "exec",
                    PREFIX + name,
                    "busybox",
                    "httpd",
                    "-f",
                    "-p",
                    "[::]:" + port,
                    "-h",
                    pages.toString())
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start());
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    /** A link to the node, which there is on the bridge or has an address. */
    private void make(String address, String address6, String router, String router6) {
      here.run("ip", "netns", "add", PREFIX + name);
      command.run("ip", "link", "set", "lo", "up");
      command.run(
          "ip",
          "link",
          "add",
          "eth0",
          "type",
          "veth",
          "peer",
          "name",
          "v" + name,
          "netns",
          PREFIX + "n");
      command.run("ip", "addr", "add", address, "dev", "eth0");
      command.run("ip", "-6", "addr", "add", address6, "dev", "eth0", "nodad");
      command.run("ip", "link", "set", "eth0", "addrgenmode", "eui64", "up");
      node.command.run("ip", "link", "set", "v" + name, "up");
      command.run("ip", "route", "add", "default", "via", router);
      command.run("ip", "-6", "route", "add", "default", "via", router6);
      serve(8080);
    }
  }

  /**
   * @param bridged whether the bridge keeps its packets from the rules for routed ones
   */
  void start(boolean bridged) {
    here.run("ip", "netns", "add", PREFIX + "n");
    Command in = node.command;
    in.run("ip", "link", "set", "lo", "up");
    in.run("sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1");
    String call = bridged ? "0" : "1";
    in.run(
        "ip",
        "link",
        "add",
        "pods",
        "type",
        "bridge",
        "nf_call_iptables",
        call,
        "nf_call_ip6tables",
        call);
    in.run("ip", "addr", "add", gateway + "/24", "dev", "pods");
    in.run("ip", "-6", "addr", "add", "fd14::1/64", "dev", "pods", "nodad");
    in.run("ip", "link", "set", "pods", "up");
    for (Place pod : List.of(a, b, c)) {
      pod.make(pod.address + "/24", pod.address6 + "/64", gateway, "fd14::1");
      in.run("ip", "link", "set", "v" + pod.name, "master", "pods");
      in.run("ip", "link", "set", "v" + pod.name, "type", "bridge_slave", "hairpin", "on");
      api.put(Resources.PODS, pod(pod.name, "app: " + pod.name, pod.address, "Running"));
    }
    outside.make("192.0.2.2/24", "2001:db8::2/64", "192.0.2.1", "2001:db8::1");
    in.run("ip", "addr", "add", "192.0.2.1/24", "dev", "vo");
    in.run("ip", "-6", "addr", "add", "2001:db8::1/64", "dev", "vo", "nodad");
    node.serve(8080);
    node.serve(53);
    api.put(
        Resources.NAMESPACES,
        yaml("{apiVersion: v1, kind: Namespace, metadata: {name: default, labels: {x: y}}}"));
    api.put(
        Resources.NAMESPACES,
        yaml("{apiVersion: v1, kind: Namespace, metadata: {name: kube-system, labels: {x: y}}}"));
    enforcer =
        new PolicyEnforcer(
            environment,
            in,
            informers,
            new SimpleMeterRegistry(),
            "n",
            List.of("10.214.0.0/24", "fd14::/64"),
            "pods",
            List.of(gateway, "fd14::1"),
            bridged);
    enforcer.start();
    informers.start();
    await(() -> enforcer.health() == null, "rules are there");
    for (Place place : List.of(a, b, c, outside)) {
      await(() -> node.reaches(place.address) && node.reaches(place.address6), place.name);
    }
  }

  /** Leads a virtual address to a pod, as the service proxy does. */
  void service(String address, Place to) {
    node.command.run(
        List.of("nft", "-f", "-"),
        """
        table ip services {
          chain prerouting {
            type nat hook prerouting priority dstnat;
            ip daddr %s tcp dport 80 dnat to %s:8080
          }
          chain postrouting {
            type nat hook postrouting priority srcnat;
            ip saddr %s ip daddr %s masquerade
          }
        }
        """
            .formatted(address, to.address, to.address, to.address));
  }

  private static JsonNode yaml(String text) {
    return PolicyWorld.yaml(text);
  }

  void policy(String text) {
    ObjectNode policy = (ObjectNode) yaml(text);
    policy.put("apiVersion", "networking.k8s.io/v1").put("kind", "NetworkPolicy");
    policy.withObjectProperty("metadata").put("namespace", "default");
    api.put(Resources.NETWORK_POLICIES, policy);
  }

  /**
   * @param labels YAML
   * @param address of version 4, or empty; the other one follows from it
   */
  JsonNode pod(String name, String labels, String address, String phase) {
    String addresses =
        address.isEmpty()
            ? "[]"
            : "[{ip: %s}, {ip: 'fd14::%s'}]"
                .formatted(address, address.substring(address.lastIndexOf('.') + 1));
    return yaml(
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: %s, namespace: default, uid: %s, labels: {%s}}
        spec:
          nodeName: n
          containers: [{name: m, ports: [{name: http, containerPort: 8080, protocol: TCP}]}]
        status: {phase: %s, podIPs: %s}
        """
            .formatted(name, name, labels, phase.isEmpty() ? "Pending" : phase, addresses));
  }

  ApiObject object(JsonNode pod) {
    return Headers.object(Resources.PODS, Json.bytes(pod));
  }

  long known(String pod) {
    return new ApiClient(api)
        .list(Resources.PODS, "default", new ListOptions("", "metadata.name=" + pod, "", 0))
        .items()
        .size();
  }

  static void await(BooleanSupplier holds, String what) {
    long end = System.nanoTime() + Duration.ofSeconds(10).toNanos();
    while (!holds.getAsBoolean()) {
      assertThat(System.nanoTime()).as(what).isLessThan(end);
      LockSupport.parkNanos(20_000_000);
    }
  }

  void close() throws InterruptedException {
    servers.forEach(Process::destroyForcibly);
    enforcer.close();
    informers.close();
    assertThat(environment.closeAndWait(Duration.ofSeconds(10))).isTrue();
    try (SystemEnvironment last = new SystemEnvironment()) {
      for (Place place : List.of(a, b, c, outside, node)) {
        new Command(last).attempt("ip", "netns", "delete", PREFIX + place.name);
      }
    }
  }
}
