package io.berth.system;

import static org.assertj.core.api.Assertions.assertThat;

import io.berth.api.time.SystemEnvironment;
import io.berth.cli.kube.Waiting;
import io.berth.cli.up.TestingCluster;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Prometheus' discovery in Kubernetes, all roles, with the token of a service account that may read
 * what it discovers, against a cluster in memory. VictoriaMetrics does it: Debian's Prometheus is
 * built without.
 */
@Tag("real")
@Timeout(120)
class PrometheusDiscoveryTest {
  private static final Duration LIMIT = Duration.ofSeconds(40);

  private static final List<String> ROLES =
      List.of("node", "service", "pod", "endpoints", "endpointslice", "ingress");
  private static final Path FILES = Path.of("src/test/resources/prometheus");

  @TempDir private static Path scratch;
  private static final SystemEnvironment environment = new SystemEnvironment();
  private static TestingCluster cluster;
  private static Prometheus prometheus;

  @BeforeAll
  static void start() throws IOException, InterruptedException {
    cluster = new TestingCluster(scratch, 2);
    kubectl("", "apply", "-f", FILES.resolve("shop.yaml").toAbsolutePath().toString());
    create("web-1");
    Map<String, String> files =
        Map.of(
            "token", kubectl("", "create", "token", "prometheus", "--namespace=shop"),
            "ca.crt", authority());
    prometheus =
        Prometheus.start(
            Prometheus.Program.VICTORIA_METRICS,
            scratch.resolve("prometheus"),
            files,
            configuration());
  }

  @AfterAll
  static void stop() throws InterruptedException {
    prometheus.close();
    cluster.close();
    environment.close();
  }

  private static String authority() {
    String encoded =
        kubectl(
            "",
            "config",
            "view",
            "--raw",
            "-o",
            "jsonpath={.clusters[0].cluster.certificate-authority-data}");
    return new String(Base64.getDecoder().decode(encoded), StandardCharsets.US_ASCII);
  }

  /** A job a role. It discovers, and is in no hurry to scrape. */
  private static String configuration() {
    StringBuilder text =
        new StringBuilder("global: {scrape_interval: 1h, scrape_timeout: 1s}\nscrape_configs:\n");
    for (String role : ROLES) {
      text.append(
          """
          - job_name: %s
            kubernetes_sd_configs:
            - role: %s
              api_server: https://127.0.0.1:%d
              authorization: {credentials_file: token}
              tls_config: {ca_file: ca.crt}
          """
              .formatted(role, role, cluster.port()));
      if (!role.equals("node")) {
        text.append("    namespaces: {names: [shop]}\n");
      }
    }
    return text.toString();
  }

  private static String kubectl(String input, String... arguments) {
    return Checkout.kubectl(cluster.kubeconfig(), input, arguments);
  }

  private static void create(String pod) throws IOException {
    String manifest = Files.readString(FILES.resolve("pod.yaml")).replace("NAME", pod);
    kubectl(manifest, "create", "-f", "-");
    kubectl("", "wait", "--for=condition=Ready", "pod/" + pod, "--namespace=shop");
  }

  private static void finds(String role, List<String> labels, Set<String> targets) {
    Waiting waiting = new Waiting(environment, LIMIT);
    waiting.until(() -> prometheus.targets(role, labels).equals(targets));
    assertThat(prometheus.targets(role, labels)).as(role + prometheus.log()).isEqualTo(targets);
  }

  private static void findsPods(String... pods) {
    finds(
        "pod",
        List.of(
            "__meta_kubernetes_pod_name",
            "__meta_kubernetes_pod_container_name",
            "__meta_kubernetes_pod_container_port_number",
            "__meta_kubernetes_pod_phase",
            "__meta_kubernetes_pod_ready",
            "__meta_kubernetes_pod_annotation_prometheus_io_scrape"),
        Stream.of(pods)
            .map(pod -> pod + " web 8080 Running true true")
            .collect(Collectors.toSet()));
  }

  @Test
  void everyRoleFindsItsTargets() {
    finds(
        "node",
        List.of("__meta_kubernetes_node_name", "__meta_kubernetes_node_address_InternalIP"),
        Set.of("node-1 127.0.0.1", "node-2 127.0.0.1"));
    finds(
        "service",
        List.of(
            "__address__",
            "__meta_kubernetes_service_name",
            "__meta_kubernetes_service_port_name",
            "__meta_kubernetes_service_label_tier"),
        Set.of("web.shop.svc:80 web http front"));
    finds(
        "ingress",
        List.of(
            "__meta_kubernetes_ingress_name",
            "__meta_kubernetes_ingress_host",
            "__meta_kubernetes_ingress_path"),
        Set.of("site shop.example.com /cart"));
  }

  @Test
  void podsAreFoundAsTheyComeAndLostAsTheyGo() throws IOException {
    List<String> endpoints =
        List.of(
            "__meta_kubernetes_service_name",
            "__meta_kubernetes_pod_name",
            "__meta_kubernetes_endpoint_ready",
            "__meta_kubernetes_endpoint_port_name");
    List<String> slices =
        List.of(
            "__meta_kubernetes_service_name",
            "__meta_kubernetes_pod_name",
            "__meta_kubernetes_endpointslice_endpoint_conditions_ready",
            "__meta_kubernetes_endpointslice_port_name");
    findsPods("web-1");
    finds("endpoints", endpoints, Set.of("web web-1 true http"));
    finds("endpointslice", slices, Set.of("web web-1 true http"));

    create("web-2");
    findsPods("web-1", "web-2");
    finds("endpoints", endpoints, Set.of("web web-1 true http", "web web-2 true http"));
    finds("endpointslice", slices, Set.of("web web-1 true http", "web web-2 true http"));

    kubectl("", "delete", "pod", "web-1", "--namespace=shop");
    findsPods("web-2");
    finds("endpoints", endpoints, Set.of("web web-2 true http"));
    finds("endpointslice", slices, Set.of("web web-2 true http"));
  }
}
