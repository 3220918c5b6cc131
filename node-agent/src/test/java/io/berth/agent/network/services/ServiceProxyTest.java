package io.berth.agent.network.services;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.agent.network.Family;
import io.berth.agent.process.Command;
import io.berth.agent.runtime.RuntimeDriver.Exec;
import io.berth.agent.runtime.RuntimeDriver.Sandbox;
import io.berth.agent.runtime.RuntimeDriver.SandboxSpec;
import io.berth.agent.runtime.cri.TestingNode;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The rules in a real kernel, with real packets between containers and this machine. */
@Tag("real")
@Timeout(60)
class ServiceProxyTest {
  private static final String VIP = "10.97.213.5";

  @SuppressWarnings("NullAway.Init")
  private static TestingNode node;

  @SuppressWarnings("NullAway.Init")
  private static RuleTable table;

  @SuppressWarnings("NullAway.Init")
  private static ServiceRules rules;

  @SuppressWarnings("NullAway.Init")
  private static Backend a;

  @SuppressWarnings("NullAway.Init")
  private static Backend b;

  private record Backend(String container, String address) {
    ServiceEndpoint endpoint(int port) {
      return ServiceEndpoint.ready(address, port, true);
    }
  }

  @BeforeAll
  static void start() throws Exception {
    node = new TestingNode("cri-services", "10.213.3.0/24");
    rules =
        new ServiceRules(
            "berth-services-cri-test", Family.IPV4, "10.213.3.0/24", node.network.bridge(), false);
    Command command = new Command(node.environment);
    table = new RuleTable(script -> command.run(List.of("nft", "-f", "-"), script), rules);
    a = backend("a");
    b = backend("b");
  }

  @AfterAll
  static void stop() throws Exception {
    table.remove();
    node.close();
  }

  private static Backend backend(String name) throws Exception {
    SandboxSpec spec = node.sandbox(name);
    Sandbox sandbox = node.driver.runSandbox(spec);
    String script = "echo " + name + " > /www/name; exec httpd -f -p 8080 -h /www";
    String id = node.start(sandbox, node.container(spec, "main", "sh", "-c", script));
    Backend backend = new Backend(id, sandbox.ips().getFirst());
    for (int i = 0; !fetch(id, "127.0.0.1:8080").equals(name); i++) {
      assertThat(i).isLessThan(100);
    }
    return backend;
  }

  private static String fetch(String container, String authority) throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (Exec exec =
        node.driver.exec(
            container,
            List.of("timeout", "3", "wget", "-q", "-O", "-", "http://" + authority + "/name"),
            false,
            null,
            out,
            out)) {
      exec.waitFor();
    }
    return out.toString(StandardCharsets.UTF_8).strip();
  }

  private static String fetchFromHost(String authority) {
    return new Command(node.environment)
        .attempt(
            "busybox",
            "timeout",
            "3",
            "busybox",
            "wget",
            "-q",
            "-O",
            "-",
            "http://" + authority + "/name")
        .stdout()
        .strip();
  }

  private static ServicePort port(int nodePort, int affinity, ServiceEndpoint... endpoints) {
    return new ServicePort(
        "default/web:",
        "tcp",
        VIP,
        List.of(),
        80,
        nodePort,
        false,
        false,
        affinity,
        List.of(endpoints));
  }

  private static ServicePort local(int nodePort, ServiceEndpoint... endpoints) {
    return new ServicePort(
        "default/web:", "tcp", VIP, List.of(), 80, nodePort, true, true, 0, List.of(endpoints));
  }

  private static void apply(ServicePort... ports) {
    table.apply(Map.of("default/web", rules.of(List.of(ports))));
  }

  @Test
  void theAddressReachesEveryEndpointFromPodsAndFromTheNode() throws Exception {
    apply(port(0, 0, a.endpoint(8080), b.endpoint(8080)));
    Set<String> fromPod = new TreeSet<>();
    Set<String> fromNode = new TreeSet<>();
    for (int i = 0; i < 40 && (fromPod.size() < 2 || fromNode.size() < 2); i++) {
      fromPod.add(fetch(a.container(), VIP));
      fromNode.add(fetchFromHost(VIP));
    }
    assertThat(fromPod).containsExactly("a", "b");
    assertThat(fromNode).containsExactly("a", "b");
  }

  @Test
  void aPodReachesItselfThroughItsService() throws Exception {
    apply(port(0, 0, a.endpoint(8080)));
    assertThat(fetch(a.container(), VIP)).isEqualTo("a");
  }

  @Test
  void theNodePortWorksOnTheNodesAddresses() throws Exception {
    apply(port(31213, 0, b.endpoint(8080)));
    assertThat(fetchFromHost(node.network.gateway() + ":31213")).isEqualTo("b");
    assertThat(fetch(a.container(), node.network.gateway() + ":31213")).isEqualTo("b");
    assertThat(fetch(b.container(), node.network.gateway() + ":31213")).isEqualTo("b");
  }

  @Test
  void withoutEndpointsConnectionsAreRefusedAtOnce() throws Exception {
    apply(port(31213, 0));
    long begun = System.nanoTime();
    assertThat(fetch(a.container(), VIP)).contains("refused");
    assertThat(fetchFromHost(VIP)).isEmpty();
    assertThat(System.nanoTime() - begun).isLessThan(TimeUnit.SECONDS.toNanos(15));
  }

  @Test
  void aClientKeepsItsEndpoint() throws Exception {
    apply(port(0, 600, a.endpoint(8080), b.endpoint(8080)));
    String first = fetchFromHost(VIP);
    assertThat(first).isIn("a", "b");
    for (int i = 0; i < 10; i++) {
      assertThat(fetchFromHost(VIP)).isEqualTo(first);
    }
  }

  @Test
  void aClientWhoseEndpointIsGoneKeepsAnother() {
    apply(port(0, 600, a.endpoint(8080), b.endpoint(8080)));
    String first = fetchFromHost(VIP);
    apply(port(0, 600, (first.equals("a") ? b : a).endpoint(8080)));
    String second = fetchFromHost(VIP);
    assertThat(second).isNotEqualTo(first).isIn("a", "b");
    apply(port(0, 600, a.endpoint(8080), b.endpoint(8080)));
    for (int i = 0; i < 10; i++) {
      assertThat(fetchFromHost(VIP)).isEqualTo(second);
    }
  }

  @Test
  void aLocalPolicyShowsTheClientToEndpointsHere() throws Exception {
    apply(local(31213, b.endpoint(8080)));
    assertThat(fetchFromHost(node.network.gateway() + ":31213")).isEqualTo("b");
    assertThat(fetch(a.container(), node.network.gateway() + ":31213")).isEqualTo("b");
  }

  @Test
  void udpIsForwarded() throws Exception {
    try (DatagramSocket server =
        new DatagramSocket(0, InetAddress.getByName(node.network.gateway()))) {
      server.setSoTimeout(5_000);
      int port = server.getLocalPort();
      apply(
          new ServicePort(
              "default/dns:",
              "udp",
              VIP,
              List.of(),
              53,
              0,
              false,
              false,
              0,
              List.of(ServiceEndpoint.ready(node.network.gateway(), port, true))));
      try (Exec _ =
          node.driver.exec(
              b.container(),
              List.of("timeout", "3", "nslookup", "some.name", VIP),
              false,
              null,
              OutputStream.nullOutputStream(),
              OutputStream.nullOutputStream())) {
        DatagramPacket packet = new DatagramPacket(new byte[512], 512);
        server.receive(packet);
        assertThat(packet.getAddress().getHostAddress()).isEqualTo(b.address());
      }
    }
  }
}
