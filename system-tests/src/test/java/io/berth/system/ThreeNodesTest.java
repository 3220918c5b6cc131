package io.berth.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.agent.images.FileTree;
import io.berth.agent.images.ImageSpec;
import io.berth.agent.images.OciArchive;
import io.berth.api.time.SystemEnvironment;
import io.berth.cli.kube.Waiting;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A cluster of three nodes, each a process in a network namespace of its own: {@code s} runs {@code
 * berth up}, {@code a} is an agent on the same link, {@code b} one behind a router.
 */
@Tag("real")
class ThreeNodesTest {
  private static final String PREFIX = "bt" + ProcessHandle.current().pid() % 10_000;
  private static final List<String> NODES = List.of("s", "a", "b");
  private static final Duration LIMIT = Duration.ofSeconds(90);
  @TempDir private static Path scratch;
  private static final SystemEnvironment environment = new SystemEnvironment();
  private static final Map<String, Process> processes = new TreeMap<>();

  private static List<String> inside(String node, List<String> command) {
    List<String> line = new ArrayList<>(List.of("nsenter", "--net=/run/netns/" + PREFIX + node));
    line.addAll(command);
    return line;
  }

  private static Checkout.Ran on(String node, String... command) {
    return run(inside(node, List.of(command)));
  }

  private static Checkout.Ran run(List<String> command) {
    try {
      return Checkout.run(command, Map.of("KUBECONFIG", kubeconfig().toString()), "");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private static void ip(String arguments) {
    List<String> command = new ArrayList<>(List.of("ip"));
    command.addAll(List.of(arguments.replace("@", PREFIX).split(" ")));
    Checkout.Ran ran = run(command);
    assertThat(ran.exitCode()).as(command + ": " + ran).isZero();
  }

  private static Path kubeconfig() {
    return scratch.resolve("kubeconfig");
  }

  private static String kubectl(String... arguments) {
    List<String> command = new ArrayList<>(List.of(Checkout.kubectl()));
    command.addAll(List.of(arguments));
    return run(inside("s", command)).toString();
  }

  private static void network() {
    for (String name : List.of("r", "s", "a", "b")) {
      ip("netns add @" + name);
      ip("-n @" + name + " link set lo up");
    }
    for (String node : NODES) {
      ip("link add @" + node + " type veth peer name eth0 netns @" + node);
      ip("link set @" + node + " netns @r");
      ip("-n @" + node + " link set eth0 up");
    }
    ip("-n @r link add lan type bridge");
    ip("-n @r link set @s master lan up");
    ip("-n @r link set @a master lan up");
    ip("-n @r addr add 10.221.1.1/24 dev lan");
    ip("-n @r link set lan up");
    ip("-n @r addr add 10.221.2.1/24 dev @b");
    ip("-n @r link set @b up");
    assertThat(on("r", "sysctl", "-qw", "net.ipv4.ip_forward=1").exitCode()).isZero();
    ip("-n @s addr add 10.221.1.2/24 dev eth0");
    ip("-n @a addr add 10.221.1.3/24 dev eth0");
    ip("-n @b addr add 10.221.2.4/24 dev eth0");
    ip("-n @s route add default via 10.221.1.1");
    ip("-n @a route add default via 10.221.1.1");
    ip("-n @b route add default via 10.221.2.1");
  }

  private static void start(String node, String... arguments) throws IOException {
    List<String> all = new ArrayList<>(List.of(arguments));
    all.addAll(List.of("--node-name", node, "--data-dir", scratch.resolve(node).toString()));
    ProcessBuilder builder =
        new ProcessBuilder(inside(node, Checkout.berth(all.toArray(String[]::new))))
            .directory(Checkout.root().toFile())
            .redirectErrorStream(true)
            .redirectOutput(scratch.resolve(node + ".log").toFile());
    builder.environment().put("BERTH_HOME", Checkout.root().toString());
    processes.put(node, builder.start());
  }

  private static void await(String what, String logOf, BooleanSupplier holds) throws IOException {
    boolean held = new Waiting(environment, LIMIT).until(holds);
    Path log = scratch.resolve(logOf + ".log");
    assertThat(held)
        .as(
            what
                + "\n"
                + (Files.exists(log) ? Files.readString(log) : "")
                + kubectl("get", "pods", "-o", "wide"))
        .isTrue();
  }

  private static boolean ready(String node) {
    return kubectl("get", "node", node, "--no-headers").contains(" Ready ");
  }

  @BeforeAll
  static void up() throws IOException {
    network();
    start("s", "up", "--pod-cidr", "10.234.0.0/24", "--kubeconfig", kubeconfig().toString());
    await("s is ready", "s", () -> ready("s"));
    for (String node : List.of("a", "b")) {
      start(
          node,
          "agent",
          "--kubeconfig",
          kubeconfig().toString(),
          "--server",
          "https://10.221.1.2:6443");
    }
    await("a is ready", "a", () -> ready("a"));
    await("b is ready", "b", () -> ready("b"));
    Path image = image();
    for (String node : NODES) {
      Checkout.Ran loaded =
          run(
              inside(
                  node,
                  Checkout.berth(
                      "image",
                      "load",
                      "--data-dir",
                      scratch.resolve(node).toString(),
                      image.toString())));
      assertThat(loaded.exitCode()).as(loaded.toString()).isZero();
    }
    Path manifest = scratch.resolve("pods.yaml");
    Files.writeString(manifest, manifest());
    assertThat(kubectl("apply", "-f", manifest.toString())).startsWith("exit 0");
    await(
        "pods are ready",
        "b",
        () -> kubectl("get", "pods", "--no-headers").split("1/1", -1).length == 5);
  }

  private static Path image() throws IOException {
    FileTree files =
        new FileTree()
            .busybox(
                Path.of("/bin/busybox"),
                List.of("sh", "wget", "httpd", "hostname", "mkdir", "timeout"))
            .directory("tmp", 0777)
            .directory("etc", 0755)
            .file("etc/passwd", "root:x:0:0:root:/:/bin/sh\n")
            .file(
                "bin/serve",
                "#!/bin/sh\nmkdir -p /tmp/www\nhostname > /tmp/www/index.html\n"
                    .concat("exec httpd -f -p 8080 -h /tmp/www\n")
                    .getBytes(StandardCharsets.UTF_8),
                0755);
    Path archive = scratch.resolve("page.tar");
    OciArchive.write(
        archive,
        "docker.io/library/page:1",
        files,
        ImageSpec.running("/bin/serve").withEnv(List.of("PATH=/bin")));
    return archive;
  }

  private static String pod(String name, String node, String more) {
    return """
    apiVersion: v1
    kind: Pod
    metadata: {name: %s, labels: {app: page}}
    spec:
      nodeName: %s
      terminationGracePeriodSeconds: 1
      %s
      containers:
      - name: page
        image: page:1
        ports: [{containerPort: 8080}]
        readinessProbe: {httpGet: {path: /, port: 8080}, periodSeconds: 1}
    ---
    """
        .formatted(name, node, more);
  }

  private static String manifest() {
    return pod("on-s", "s", "")
        + pod("on-a", "a", "")
        + pod("on-b", "b", "")
        + pod("vm-on-a", "a", "runtimeClassName: vm")
        + """
        apiVersion: v1
        kind: Service
        metadata: {name: page}
        spec:
          selector: {app: page}
          ports: [{port: 80, targetPort: 8080}]
        """;
  }

  @AfterAll
  static void down() throws InterruptedException {
    if (processes.containsKey("s")) {
      kubectl("delete", "pods", "--all", "--wait=true", "--timeout=30s");
    }
    for (String node : List.of("b", "a", "s")) {
      Process process = processes.get(node);
      if (process != null) {
        process.destroy();
        if (!process.waitFor(60, TimeUnit.SECONDS)) {
          process.destroyForcibly();
        }
      }
    }
    for (String name : List.of("s", "a", "b", "r")) {
      run(List.of("ip", "netns", "delete", PREFIX + name));
    }
    environment.close();
  }

  private static String address(String pod) {
    String answer = kubectl("get", "pod", pod, "-o", "jsonpath={.status.podIP}");
    return answer.lines().skip(1).findFirst().orElse("");
  }

  private static String fetch(String from, String url) {
    return kubectl("exec", from, "--", "timeout", "5", "wget", "-q", "-O", "-", url);
  }

  @Test
  void podsAndMachinesOfAllNodesReachEachOtherByAddress() {
    List<String> pods = List.of("on-s", "on-a", "on-b", "vm-on-a");
    for (String to : pods) {
      String url = "http://" + address(to) + ":8080/";
      for (String from : pods) {
        assertThat(fetch(from, url)).as(from + " to " + to).isEqualTo("exit 0\n" + to + "\n");
      }
    }
  }

  @Test
  void aServiceIsFoundByNameAndLeadsToAllNodesFromEach() {
    for (String from : List.of("on-s", "on-a", "on-b", "vm-on-a")) {
      StringBuilder seen = new StringBuilder();
      boolean all =
          new Waiting(environment, LIMIT)
              .until(
                  () -> {
                    seen.append(fetch(from, "http://page/"));
                    return List.of("on-s\n", "on-a\n", "on-b\n", "vm-on-a\n").stream()
                        .allMatch(pod -> seen.indexOf("\n" + pod) >= 0);
                  });
      assertThat(all).as(from + " saw " + seen).isTrue();
    }
  }

  @Test
  void theWayIsDirectOnOneLinkAndATunnelBeyondARouter() {
    String routes = on("s", "ip", "route", "show", "proto", "98").out();
    assertThat(routes).contains("via 10.221.1.3 dev eth0").contains("dev berth-vxlan");
  }

  @Test
  void nodesThatJoinedAreNobodyButThemselves() {
    assertThat(kubectl("get", "csr", "--no-headers"))
        .contains("system:node:a")
        .contains("system:node:b")
        .doesNotContain("Pending");
    Path own = scratch.resolve("a/pki");
    String server = "https://10.221.1.2:6443/api/v1/nodes/b";
    Checkout.Ran denied =
        on(
            "a",
            "curl",
            "-s",
            "-k",
            "--cert",
            own.resolve("node.crt").toString(),
            "--key",
            own.resolve("node.key").toString(),
            "-X",
            "DELETE",
            server);
    assertThat(denied.out()).contains("Forbidden");
  }
}
