package io.berth.system;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** A real server that scrapes as a Prometheus configuration says, until it is closed. */
final class Prometheus implements AutoCloseable {
  /** Programs that know Prometheus' configuration and API. */
  enum Program {
    PROMETHEUS {
      @Override
      List<String> command(Path configuration, Path data, String address) {
        return List.of(
            "prometheus",
            "--config.file=" + configuration,
            "--storage.tsdb.path=" + data,
            "--web.listen-address=" + address);
      }
    },
    /** Discovers in Kubernetes too, which Debian leaves out of its Prometheus. */
    VICTORIA_METRICS {
      @Override
      List<String> command(Path configuration, Path data, String address) {
        return List.of(
            "victoria-metrics",
            "-promscrape.config=" + configuration,
            "-promscrape.kubernetesSDCheckInterval=1s",
            "-storageDataPath=" + data,
            "-httpListenAddr=" + address);
      }
    };

    abstract List<String> command(Path configuration, Path data, String address);
  }

  private static final Duration ANSWER_LIMIT = Duration.ofSeconds(5);
  private static final long STOP_SECONDS = 20;

  private final Process process;
  private final Path log;
  private final HttpClient client;
  private final String base;

  private Prometheus(Process process, Path log, int port) {
    this.process = process;
    this.log = log;
    this.client = HttpClient.newHttpClient();
    this.base = "http://127.0.0.1:" + port + "/api/v1/";
  }

  /**
   * Starts it; it answers a little later.
   *
   * @param directory for its configuration, log and data
   * @param files what the configuration speaks of, such as certificates, by name
   */
  static Prometheus start(
      Program program, Path directory, Map<String, String> files, String configuration)
      throws IOException {
    Files.createDirectories(directory);
    for (Map.Entry<String, String> file : files.entrySet()) {
      Files.writeString(directory.resolve(file.getKey()), file.getValue());
    }
    Path config = Files.writeString(directory.resolve("prometheus.yml"), configuration);
    Path log = directory.resolve("prometheus.log");
    int port = freePort();
    Process process =
        new ProcessBuilder(program.command(config, directory.resolve("data"), "127.0.0.1:" + port))
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    return new Prometheus(process, log, port);
  }

  /**
   * A configuration that scrapes with {@code client.crt} and {@code client.key} what {@code ca.crt}
   * vouches for.
   *
   * @param targets address and port of what serves {@code /metrics} over TLS, by the job's name
   */
  static String scraping(Map<String, String> targets) {
    StringBuilder text =
        new StringBuilder(
            """
            global: {scrape_interval: 1s, scrape_timeout: 1s}
            scrape_configs:
            """);
    targets.forEach(
        (job, target) ->
            text.append(
                """
                - job_name: %s
                  scheme: https
                  tls_config: {ca_file: ca.crt, cert_file: client.crt, key_file: client.key}
                  static_configs: [{targets: ['%s']}]
                """
                    .formatted(job, target)));
    return text.toString();
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  /** Whether the expression has a value now; not while the server does not answer yet. */
  boolean hasValue(String expression) {
    return get("query?query=" + URLEncoder.encode(expression, StandardCharsets.UTF_8))
        .contains("\"value\":[");
  }

  /** A job's targets now, each as the labels of those names that it was discovered with. */
  Set<String> targets(String job, List<String> labels) {
    Set<String> targets = new TreeSet<>();
    for (JsonNode target : json(get("targets?state=active")).at("/data/activeTargets")) {
      JsonNode discovered = target.path("discoveredLabels");
      if (discovered.path("job").asText("").equals(job)) {
        targets.add(
            labels.stream()
                .map(label -> discovered.path(label).asText("-"))
                .collect(Collectors.joining(" ")));
      }
    }
    return targets;
  }

  private static JsonNode json(String text) {
    try {
      return new ObjectMapper().readTree(text);
    } catch (JsonProcessingException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What the server answers; nothing while it does not yet. */
  private String get(String path) {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(base + path)).timeout(ANSWER_LIMIT).build();
    try {
      HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
      return response.statusCode() == 200 ? response.body() : "";
    } catch (IOException e) {
      return ""; // it is only starting
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** What it logged so far. */
  String log() {
    try {
      return Files.readString(log);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() throws InterruptedException {
    client.close();
    process.destroy();
    if (!process.waitFor(STOP_SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly().waitFor();
    }
  }
}
