package io.berth.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.api.time.SystemEnvironment;
import io.berth.cli.kube.Waiting;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The README's way, as a new user goes it: {@code berth up --demo}, then kubectl, which nobody here
 * wrote. One cluster for all tests, which follow each other as a user's commands do.
 */
@Tag("real")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class DemoClusterTest {
  private static final String[] PLACE = {
    "--port",
    "17443",
    "--agent-port",
    "17250",
    "--node-name",
    "demo-test",
    "--pod-cidr",
    "10.247.0.0/24",
    "--service-cidr",
    "10.97.0.0/16"
  };

  private static final String READY = "jsonpath={.status.conditions[?(@.type==\"Ready\")].status}";

  @TempDir private static Path scratch;
  private static final SystemEnvironment environment = new SystemEnvironment();

  private static Path data() {
    return scratch.resolve("data");
  }

  @BeforeAll
  static void up() throws IOException, InterruptedException {
    List<String> arguments =
        new ArrayList<>(List.of("up", "--detach", "--demo", "--data-dir", data().toString()));
    arguments.addAll(List.of(PLACE));
    Checkout.Ran ran = berth(arguments.toArray(String[]::new));
    assertThat(ran.exitCode()).as(ran + log()).isZero();
    assertThat(ran.out()).contains("All pods are ready", "web-vm", "export KUBECONFIG=");
  }

  @AfterAll
  static void down() throws IOException, InterruptedException {
    Checkout.Ran ran = berth("down", "--data-dir", data().toString());
    environment.close();
    assertThat(ran.exitCode()).as(ran + log()).isZero();
    assertThat(ran.out()).contains("Stopped the cluster");
  }

  private static String log() throws IOException {
    Path log = data().resolve("berth.log");
    return Files.exists(log) ? "\n" + Files.readString(log) : "";
  }

  private static Checkout.Ran berth(String... arguments) throws IOException, InterruptedException {
    return Checkout.run(Checkout.berth(arguments), Map.of(), "");
  }

  private static Checkout.Ran kubectl(String... arguments) {
    return kubectlWithInput("", arguments);
  }

  private static Checkout.Ran kubectlWithInput(String input, String... arguments) {
    List<String> command = new ArrayList<>(List.of(Checkout.kubectl()));
    command.addAll(List.of(arguments));
    try {
      return Checkout.run(
          command, Map.of("KUBECONFIG", data().resolve("admin.kubeconfig").toString()), input);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private static void eventually(Predicate<Checkout.Ran> holds, String... arguments) {
    Waiting waiting = new Waiting(environment, Duration.ofSeconds(90));
    boolean held = waiting.until(() -> holds.test(kubectl(arguments)));
    assertThat(held).as(() -> kubectl(arguments).toString()).isTrue();
  }

  @Test
  @Order(1)
  void nodesPodsAndDeploymentsAreListed() {
    Checkout.Ran ran = kubectl("get", "nodes,pods,deploy", "-o", "wide");
    assertThat(ran.exitCode()).as(ran.toString()).isZero();
    assertThat(ran.out())
        .contains("demo-test", "Ready", "v1.36.0+berth", "3/3", "pod/web-vm", "10.247.0.");
  }

  @Test
  @Order(2)
  void applyingWhatRunsAlreadyChangesNothing() {
    Checkout.Ran ran = kubectl("apply", "-f", "manifests/demo.yaml");
    assertThat(ran.exitCode()).as(ran.toString()).isZero();
    assertThat(ran.out())
        .contains("deployment.apps/web unchanged", "pod/web-vm unchanged", "service/web unchanged");
  }

  @Test
  @Order(3)
  void logsShowWhatContainersAndMachinesWrote() {
    assertThat(kubectl("logs", "deploy/web").out()).contains("hello from web-");
    assertThat(kubectl("logs", "web-vm").out()).contains("hello from web-vm, kernel ");
  }

  @Test
  @Order(4)
  void execKeepsStreamsApartAndReturnsTheExitCode() {
    for (String pod : List.of("deploy/web", "pod/web-vm")) {
      Checkout.Ran ran = kubectl("exec", pod, "--", "sh", "-c", "echo out; echo err >&2; exit 7");
      assertThat(ran.exitCode()).as(pod + ran).isEqualTo(7);
      assertThat(ran.out()).as(pod).isEqualTo("out\n");
      assertThat(ran.err()).as(pod).contains("err\n", "command terminated with exit code 7");
    }
  }

  @Test
  @Order(5)
  void theEndOfStandardInputReachesTheCommand() {
    for (String pod : List.of("deploy/web", "pod/web-vm")) {
      Checkout.Ran ran = kubectlWithInput("one\ntwo\n", "exec", "-i", pod, "--", "cat");
      assertThat(ran.exitCode()).as(pod + ran).isZero();
      assertThat(ran.out()).as(pod).isEqualTo("one\ntwo\n");
    }
  }

  @Test
  @Order(5)
  void filesAreCopiedIntoContainersAndTheMachineAndBack() throws IOException {
    byte[] content = new byte[3 << 20];
    new Random(1).nextBytes(content);
    Path sent = Files.write(scratch.resolve("sent"), content);
    String container =
        kubectl("get", "pods", "-l", "runs-as=container", "-o", "name")
            .out()
            .lines()
            .findFirst()
            .orElseThrow();
    for (String pod : List.of(container.substring("pod/".length()), "web-vm")) {
      Path back = scratch.resolve("back-" + pod);
      Checkout.Ran in = kubectl("cp", sent.toString(), pod + ":/tmp/copy");
      assertThat(in.exitCode()).as(pod + in).isZero();
      Checkout.Ran out = kubectl("cp", pod + ":/tmp/copy", back.toString());
      assertThat(out.exitCode()).as(pod + out).isZero();
      assertThat(back).as(pod).hasBinaryContent(content);
    }
  }

  @Test
  @Order(5)
  void containersAndMachinesFindTheApiAndWhoTheyAre() {
    String place = "/var/run/secrets/kubernetes.io/serviceaccount/";
    for (String pod : List.of("deploy/web", "pod/web-vm")) {
      String token = kubectl("exec", pod, "--", "cat", place + "token").out();
      Checkout.Ran review =
          kubectlWithInput(
              "{\"apiVersion\":\"authentication.k8s.io/v1\",\"kind\":\"TokenReview\","
                  + "\"spec\":{\"token\":\""
                  + token
                  + "\"}}",
              "create",
              "-f",
              "-",
              "-o",
              "jsonpath={.status.user.username}");
      assertThat(review.out()).as(pod).isEqualTo("system:serviceaccount:default:default");
      assertThat(kubectl("exec", pod, "--", "cat", place + "namespace").out()).isEqualTo("default");
      assertThat(kubectl("exec", pod, "--", "cat", place + "ca.crt").out())
          .contains("BEGIN CERTIFICATE");
      assertThat(
              kubectl("exec", pod, "--", "sh", "-c", "echo $KUBERNETES_SERVICE_HOST").out().strip())
          .isEqualTo("10.97.0.1");
    }
  }

  @Test
  @Order(5)
  void rolesGrantWhatTheySay() {
    String[] question = {"auth", "can-i", "list", "pods", "--as", "bob"};
    assertThat(kubectl(question).out().strip()).isEqualTo("no");
    assertThat(
            kubectl("create", "rolebinding", "bob", "--clusterrole=view", "--user=bob").exitCode())
        .isZero();
    eventually(ran -> ran.out().strip().equals("yes"), question);
    assertThat(kubectl("auth", "can-i", "delete", "pods", "--as", "bob").out().strip())
        .isEqualTo("no");
    assertThat(kubectl("delete", "pod", "web-vm", "--as", "bob").err()).contains("Forbidden");
    assertThat(kubectl("delete", "rolebinding", "bob").exitCode()).isZero();
  }

  @Test
  @Order(6)
  void theServiceReachesContainersAndTheMachineFromPodsAndTheHost() throws Exception {
    String ip = kubectl("get", "svc", "web", "-o", "jsonpath={.spec.clusterIP}").out();
    eventually(
        ran -> ran.out().contains("hello from web-vm"),
        "exec",
        "deploy/web",
        "--",
        "sh",
        "-c",
        "for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16; do timeout 5 wget -q -O - http://"
            + ip
            + "/; done");
    Checkout.Ran host =
        Checkout.run(List.of("curl", "-s", "-m", "5", "http://" + ip + "/"), Map.of(), "");
    assertThat(host.out()).as(host.toString()).contains("hello from web-");
    Checkout.Ran machine =
        kubectl("exec", "web-vm", "--", "wget", "-q", "-O", "-", "http://" + ip + "/");
    assertThat(machine.out()).as(machine.toString()).contains("hello from web-");
  }

  @Test
  @Order(6)
  void containersAndMachinesFindServicesByName() {
    String ip = kubectl("get", "svc", "web", "-o", "jsonpath={.spec.clusterIP}").out();
    for (String pod : List.of("deploy/web", "pod/web-vm")) {
      Checkout.Ran found = kubectl("exec", pod, "--", "nslookup", "web.default.svc.cluster.local");
      assertThat(found.out()).as(found.toString()).contains("Address: " + ip);
      Checkout.Ran through =
          kubectl("exec", pod, "--", "nslookup", "web.default.svc.cluster.local", "10.97.0.10");
      assertThat(through.out()).as(through.toString()).contains("Address: " + ip);
      Checkout.Ran page = kubectl("exec", pod, "--", "wget", "-q", "-O", "-", "http://web/");
      assertThat(page.out()).as(page.toString()).contains("hello from web-");
    }
  }

  /** Calls curl on the local end of a port forward, twice. */
  private static final String FORWARD =
      """
      cd "$SCRATCH"
      : > forward.out
      "$KUBECTL" port-forward "$TARGET" ":$PORT" > forward.out 2>&1 &
      pid=$!
      trap 'kill $pid' EXIT
      until grep -q '^Forwarding from 127' forward.out; do kill -0 $pid || exit 1; done
      address=$(sed -n 's/^Forwarding from \\(127[^ ]*\\).*/\\1/p' forward.out)
      curl -s -m 10 "http://$address/" && curl -s -m 10 "http://$address/"
      """;

  @Test
  @Order(6)
  void portsAreForwardedToContainersAndTheMachine() throws Exception {
    for (String target : List.of("deploy/web 8080", "pod/web-vm 8080", "service/web 80")) {
      int space = target.indexOf(' ');
      Map<String, String> variables =
          Map.of(
              "KUBECONFIG", data().resolve("admin.kubeconfig").toString(),
              "KUBECTL", Checkout.kubectl(),
              "SCRATCH", scratch.toString(),
              "TARGET", target.substring(0, space),
              "PORT", target.substring(space + 1));
      Checkout.Ran ran = Checkout.run(List.of("sh", "-c", FORWARD), variables, "");
      assertThat(ran.exitCode()).as(target + ran).isZero();
      assertThat(ran.out().lines()).as(target).hasSize(2).allMatch(l -> l.startsWith("hello from"));
    }
  }

  @Test
  @Order(6)
  void whoeverAttachesSpeaksWithTheContainer() {
    Checkout.Ran ran =
        kubectlWithInput(
            "word\n",
            "run",
            "chat",
            "--rm",
            "-i",
            "--restart=Never",
            "--image=berth-demo:1",
            "--image-pull-policy=Never",
            "--command",
            "--",
            "sh",
            "-c",
            "read x; echo got $x; exit 5");
    assertThat(ran.exitCode()).as(ran.toString()).isEqualTo(5);
    assertThat(ran.out()).contains("got word");
  }

  @Test
  @Order(6)
  void podsAndServicesAnswerThroughTheApiServer() {
    for (String path : List.of("services/web:80", "services/http:web:80", "pods/web-vm:8080")) {
      Checkout.Ran ran = kubectl("get", "--raw", "/api/v1/namespaces/default/" + path + "/proxy/");
      assertThat(ran.out()).as(path + ran).startsWith("hello from web-");
    }
    String node = "/api/v1/nodes/demo-test/proxy/healthz";
    assertThat(kubectl("get", "--raw", node).out()).isEqualTo("ok");
  }

  @Test
  @Order(7)
  void scalingChangesTheNumberOfPods() {
    assertThat(kubectl("scale", "deploy/web", "--replicas", "5").exitCode()).isZero();
    eventually(
        ran -> ran.out().equals("5"),
        "get",
        "deploy",
        "web",
        "-o",
        "jsonpath={.status.readyReplicas}");
    assertThat(kubectl("scale", "deploy/web", "--replicas", "2").exitCode()).isZero();
    eventually(
        ran -> ran.out().equals("2"), "get", "deploy", "web", "-o", "jsonpath={.status.replicas}");
  }

  @Test
  @Order(8)
  void describeTellsStateAndEvents() {
    Checkout.Ran ran = kubectl("describe", "pod", "web-vm");
    assertThat(ran.exitCode()).as(ran.toString()).isZero();
    assertThat(ran.out()).contains("Runtime Class Name:", "Running", "Scheduled", "Started");
  }

  @Test
  @Order(9)
  void whatCannotFitSaysWhyAndBadManifestsAreRefused() throws IOException {
    Path big = scratch.resolve("big.yaml");
    Files.writeString(
        big,
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: big}
        spec:
          containers:
          - {name: c, image: 'berth-demo:1', resources: {requests: {cpu: "4000"}}}
        """);
    assertThat(kubectl("apply", "-f", big.toString()).exitCode()).isZero();
    eventually(
        ran -> ran.out().contains("0/1 nodes are available: 1 Insufficient cpu."),
        "get",
        "pod",
        "big",
        "-o",
        "jsonpath={.status.conditions[*].message}");
    assertThat(kubectl("delete", "pod", "big", "--wait=false").exitCode()).isZero();
    Path wrong = scratch.resolve("wrong.yaml");
    Files.writeString(
        wrong,
        """
        apiVersion: v1
        kind: Pod
        metadata: {name: Not_A_Label}
        spec: {containers: [{name: c, image: x}]}
        """);
    Checkout.Ran refused = kubectl("apply", "-f", wrong.toString());
    assertThat(refused.exitCode()).isEqualTo(1);
    assertThat(refused.err()).contains("is invalid: metadata.name: Invalid value: \"Not_A_Label\"");
  }

  @Test
  @Order(10)
  void metricsAreServedUnderKubernetesNames() {
    Checkout.Ran ran = kubectl("get", "--raw", "/metrics");
    assertThat(ran.out())
        .contains(
            "apiserver_request_total",
            "scheduler_schedule_attempts_total",
            "workqueue_depth",
            "process_");
  }

  @Test
  @Order(11)
  void prometheusScrapesTheApiServerAndTheNode() throws Exception {
    Map<String, String> certificates =
        Map.of(
            "ca.crt", fromKubeconfig("clusters[0].cluster.certificate-authority-data"),
            "client.crt", fromKubeconfig("users[0].user.client-certificate-data"),
            "client.key", fromKubeconfig("users[0].user.client-key-data"));
    String node =
        kubectl("get", "node", "demo-test", "-o", "jsonpath={.status.addresses[0].address}").out();
    Map<String, String> targets = Map.of("apiserver", "127.0.0.1:17443", "node", node + ":17250");
    Path place = scratch.resolve("prometheus");
    try (Prometheus prometheus =
        Prometheus.start(
            Prometheus.Program.PROMETHEUS, place, certificates, Prometheus.scraping(targets))) {
      Waiting waiting = new Waiting(environment, Duration.ofSeconds(60));
      for (String expression :
          List.of(
              "sum(apiserver_request_total{job='apiserver'}) > 0",
              "sum(scheduler_schedule_attempts_total{result='scheduled'}) > 0",
              "kubelet_running_pods{job='node'} > 0",
              "sum(up) == 2")) {
        boolean held = waiting.until(() -> prometheus.hasValue(expression));
        assertThat(held).as(expression + "\n" + prometheus.log()).isTrue();
      }
    }
  }

  private static String fromKubeconfig(String field) {
    String encoded = kubectl("config", "view", "--raw", "-o", "jsonpath={." + field + "}").out();
    return new String(Base64.getDecoder().decode(encoded), StandardCharsets.US_ASCII);
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          configmap-env   | Succeeded | good morning, one line per day
          secret-volume   | Succeeded | secret read
          vm-limits       | Succeeded | a worker and a worker on kernel
          init-and-probes | Ready     | written before the server started
          shared-volume   | Ready     | from the writer
          """)
  @Order(12)
  void examplesDoWhatTheySay(String name, String end, String text) {
    String file = "manifests/" + name + ".yaml";
    Checkout.Ran applied = kubectl("apply", "-f", file);
    assertThat(applied.exitCode()).as(applied.toString()).isZero();
    boolean ends = end.equals("Succeeded");
    String state = ends ? "jsonpath={.status.phase}" : READY;
    eventually(ran -> ran.out().equals(ends ? end : "True"), "get", "pod", name, "-o", state);
    eventually(ran -> ran.out().contains(text), said(name));
    Checkout.Ran deleted = kubectl("delete", "-f", file, "--timeout=60s");
    assertThat(deleted.exitCode()).as(deleted.toString()).isZero();
  }

  /** The command that shows what an example's pod made. */
  private static String[] said(String name) {
    return switch (name) {
      case "init-and-probes" ->
          new String[] {"exec", name, "--", "wget", "-q", "-O", "-", "http://127.0.0.1:8080/"};
      case "shared-volume" ->
          new String[] {"exec", name, "-c", "reader", "--", "cat", "/shared/note"};
      default -> new String[] {"logs", name};
    };
  }

  @Test
  @Order(13)
  void deletingTheManifestDeletesEverythingInIt() {
    Checkout.Ran ran = kubectl("delete", "-f", "manifests/demo.yaml", "--timeout=60s");
    assertThat(ran.exitCode()).as(ran.toString()).isZero();
    eventually(ran2 -> ran2.out().isEmpty(), "get", "pods", "-o", "name");
  }
}
