package io.berth.agent.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.agent.process.Command;
import io.berth.agent.runtime.RuntimeDriver.Exec;
import io.berth.agent.runtime.RuntimeDriver.Sandbox;
import io.berth.agent.runtime.RuntimeDriver.SandboxSpec;
import io.berth.agent.runtime.cri.TestingNode;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Ports of this machine that lead to real containers. */
@Tag("real")
@Timeout(60)
class HostPortTableTest {
  @SuppressWarnings("NullAway.Init")
  private static TestingNode node;

  @SuppressWarnings("NullAway.Init")
  private static HostPortTable table;

  private record Pod(String container, String ip) {}

  @SuppressWarnings("NullAway.Init")
  private static Pod a;

  @SuppressWarnings("NullAway.Init")
  private static Pod b;

  @BeforeAll
  static void start() throws Exception {
    node = new TestingNode("host-ports", "10.213.9.0/24");
    table = new HostPortTable(node.environment, "host-ports-test", node.network.bridge());
    a = pod("a");
    b = pod("b");
  }

  @AfterAll
  static void stop() throws Exception {
    table.remove();
    node.close();
  }

  private static Pod pod(String name) throws Exception {
    SandboxSpec spec = node.sandbox(name);
    Sandbox sandbox = node.driver.runSandbox(spec);
    String script = "echo " + name + " > /www/name; exec httpd -f -p 8080 -h /www";
    String id = node.start(sandbox, node.container(spec, "main", "sh", "-c", script));
    Pod pod = new Pod(id, sandbox.ips().getFirst());
    for (int i = 0; !fetch(pod, "127.0.0.1:8080").equals(name); i++) {
      assertThat(i).isLessThan(100);
    }
    return pod;
  }

  private static String fetch(Pod from, String authority) throws Exception {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    List<String> command =
        List.of("timeout", "3", "wget", "-q", "-O", "-", "http://" + authority + "/name");
    try (Exec exec = node.driver.exec(from.container(), command, false, null, out, out)) {
      exec.waitFor();
    }
    return out.toString(StandardCharsets.UTF_8).strip();
  }

  private static String fetchFromNode(String authority) {
    String url = "http://" + authority + "/name";
    return new Command(node.environment)
        .attempt("busybox", "timeout", "3", "busybox", "wget", "-q", "-O", "-", url)
        .stdout()
        .strip();
  }

  private static HostPorts.Target target(Pod pod, HostPort port) {
    return new HostPorts.Target(pod.ip(), Set.of(port));
  }

  @Test
  void aPortOfTheNodeLeadsToItsPodFromEverywhere() throws Exception {
    String gateway = node.network.gateway();
    table.begin(Map.of("a", target(a, new HostPort("TCP", "", 18_080, 8080))));
    assertThat(fetchFromNode(gateway + ":18080")).isEqualTo("a");
    assertThat(fetchFromNode("127.0.0.1:18080")).isEqualTo("a");
    assertThat(fetch(b, gateway + ":18080")).isEqualTo("a");
    assertThat(fetch(a, gateway + ":18080")).as("the pod itself").isEqualTo("a");
    table.publish("b", target(b, new HostPort("TCP", gateway, 18_081, 8080)));
    assertThat(fetchFromNode(gateway + ":18081")).isEqualTo("b");
    assertThat(fetchFromNode("127.0.0.1:18081")).as("another address").isEmpty();
    table.withdraw("a");
    assertThat(fetchFromNode(gateway + ":18080")).isEmpty();
    assertThat(fetchFromNode(gateway + ":18081")).isEqualTo("b");
    HostPortTable next =
        new HostPortTable(node.environment, "host-ports-test", node.network.bridge());
    next.begin(Map.of("a", target(a, new HostPort("TCP", "", 18_081, 8080))));
    assertThat(fetchFromNode(gateway + ":18081")).isEqualTo("a");
    next.begin(Map.of());
    assertThat(fetchFromNode(gateway + ":18081")).isEmpty();
  }
}
