package io.berth.agent.network.routes;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.agent.process.Command;
import io.berth.api.codec.Json;
import io.berth.api.resource.Resources;
import io.berth.api.time.SystemEnvironment;
import io.berth.client.ApiClient;
import io.berth.client.Informers;
import io.berth.client.testing.FakeApi;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Three nodes that are network namespaces, real packets between their pods' networks: a and b are
 * on one link, c is behind a router.
 */
@Tag("real")
@Timeout(90)
class NodeRoutesTest {
  private static final String PREFIX = "brt" + ProcessHandle.current().pid() % 10_000;

  private final SystemEnvironment environment = new SystemEnvironment();
  private final Command here = new Command(environment);
  private final FakeApi api = new FakeApi(environment);
  private final Node a = new Node("a", "10.212.1.2", "10.213.1.0/24", "fd13:1::/64");
  private final Node b = new Node("b", "10.212.1.3", "10.213.2.0/24", "fd13:2::/64");
  private final Node c = new Node("c", "10.212.2.4", "10.213.3.0/24", "fd13:3::/64");
  private final List<Node> nodes = List.of(a, b, c);

  /** A namespace with a link to the router, and a bridge that stands for its pods. */
  private final class Node {
    final String name;
    final String address;
    final List<String> cidrs;
    final Command command;
    final Informers informers = new Informers(new ApiClient(api), environment);
    final NodeRoutes routes;

    Node(String name, String address, String... cidrs) {
      this.name = name;
      this.address = address;
      this.cidrs = List.of(cidrs);
      this.command = new Command(environment, List.of("ip", "netns", "exec", PREFIX + name));
      this.routes =
          new NodeRoutes(environment, command, informers, name, this.cidrs, "pods", RouteMode.AUTO);
    }

    String pod() {
      return cidrs.getFirst().replace("0/24", "1");
    }

    String podV6() {
      return cidrs.getLast().replace("/64", "1");
    }

    void make(String router) {
      here.run("ip", "netns", "add", PREFIX + name);
      here.run(
          "ip",
          "link",
          "add",
          PREFIX + name,
          "type",
          "veth",
          "peer",
          "name",
          "eth0",
          "netns",
          PREFIX + name);
      here.run("ip", "link", "set", PREFIX + name, "netns", PREFIX + "r");
      command.run("ip", "link", "set", "lo", "up");
      command.run("ip", "addr", "add", address + "/24", "dev", "eth0");
      command.run("ip", "link", "set", "eth0", "up");
      command.run("ip", "route", "add", "default", "via", router);
      command.run("ip", "link", "add", "pods", "type", "bridge");
      command.run("ip", "addr", "add", pod() + "/24", "dev", "pods");
      command.run("ip", "-6", "addr", "add", podV6() + "/64", "dev", "pods", "nodad");
      command.run("ip", "link", "set", "pods", "up");
      api.put(Resources.NODES, object(address));
    }

    JsonNode object(String at) {
      return Json.parse(
          """
          {"apiVersion":"v1","kind":"Node","metadata":{"name":"%s"},"spec":{"podCIDRs":["%s","%s"]},
           "status":{"addresses":[{"type":"InternalIP","address":"%s"}]}}\
          """
              .formatted(name, cidrs.getFirst(), cidrs.getLast(), at)
              .getBytes(StandardCharsets.UTF_8));
    }

    boolean reaches(Node other) {
      return ping(pod(), other.pod()) && ping(podV6(), other.podV6());
    }

    boolean ping(String from, String to) {
      return command.attempt("busybox", "ping", "-c", "1", "-W", "1", "-I", from, to).succeeded();
    }

    String routes() {
      return command.run("ip", "route", "show", "proto", "98");
    }
  }

  @BeforeEach
  void start() {
    here.run("ip", "netns", "add", PREFIX + "r");
    a.make("10.212.1.1");
    b.make("10.212.1.1");
    c.make("10.212.2.1");
    Command router = new Command(environment, List.of("ip", "netns", "exec", PREFIX + "r"));
    router.run("ip", "link", "add", "lan", "type", "bridge");
    for (String port : List.of("a", "b")) {
      router.run("ip", "link", "set", PREFIX + port, "master", "lan", "up");
    }
    router.run("ip", "addr", "add", "10.212.1.1/24", "dev", "lan");
    router.run("ip", "link", "set", "lan", "up");
    router.run("ip", "addr", "add", "10.212.2.1/24", "dev", PREFIX + "c");
    router.run("ip", "link", "set", PREFIX + "c", "up");
    router.run("sysctl", "-qw", "net.ipv4.ip_forward=1");
    for (Node node : nodes) {
      node.routes.start();
      node.informers.start();
    }
  }

  @AfterEach
  void stop() throws InterruptedException {
    for (Node node : nodes) {
      node.routes.close();
      node.informers.close();
    }
    assertThat(environment.closeAndWait(Duration.ofSeconds(10))).isTrue();
    try (SystemEnvironment last = new SystemEnvironment()) {
      for (String name : List.of("a", "b", "c", "r")) {
        new Command(last).attempt("ip", "netns", "delete", PREFIX + name);
      }
    }
  }

  private static void await(BooleanSupplier holds, String what) {
    long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
    while (!holds.getAsBoolean()) {
      assertThat(System.nanoTime()).as(what).isLessThan(end);
      LockSupport.parkNanos(50_000_000);
    }
  }

  @Test
  void podsOfAllNodesReachEachOtherDirectlyOrThroughATunnel() {
    for (Node from : nodes) {
      for (Node to : nodes) {
        await(() -> from == to || from.reaches(to), from.name + " to " + to.name);
      }
    }
    assertThat(a.routes()).contains("10.213.2.0/24 via 10.212.1.3 dev eth0");
    assertThat(a.routes()).contains("10.213.3.0/24 via 10.213.3.0 dev berth-vxlan onlink");
    assertThat(a.command.run("ip", "link", "show", "berth-vxlan")).contains("mtu 1450");
    assertThat(a.routes.health()).isNull();
  }

  @Test
  void routesFollowTheNodes() {
    await(() -> a.reaches(c), "a to c");
    c.command.run("ip", "addr", "del", "10.212.2.4/24", "dev", "eth0");
    c.command.run("ip", "addr", "add", "10.212.2.5/24", "dev", "eth0");
    c.command.run("ip", "route", "replace", "default", "via", "10.212.2.1");
    api.put(Resources.NODES, c.object("10.212.2.5"));
    await(() -> a.command.run("bridge", "fdb").contains("dst 10.212.2.5"), "the tunnel follows");
    assertThat(a.command.run("bridge", "fdb")).doesNotContain("10.212.2.4");
    api.remove(Resources.NODES, "", "c");
    await(() -> !a.routes().contains("10.213.3.0"), "the route goes");
    assertThat(a.reaches(b)).isTrue();
  }

  @Test
  void aNewAgentCorrectsWhatIsThere() {
    await(() -> a.reaches(b), "a to b");
    a.routes.close();
    a.command.run("ip", "route", "add", "10.213.77.0/24", "via", "10.212.1.9", "proto", "98");
    a.command.run("ip", "route", "del", "10.213.2.0/24");
    NodeRoutes next =
        new NodeRoutes(environment, a.command, a.informers, "a", a.cidrs, "pods", RouteMode.AUTO);
    next.start();
    await(() -> a.routes().contains("10.213.2.0/24"), "the missing comes");
    assertThat(a.routes()).doesNotContain("10.213.77.0");
    next.remove();
    assertThat(a.routes()).isEmpty();
  }
}
