package io.berth.system;

import java.io.IOException;
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
import java.util.concurrent.TimeUnit;

/** A real Prometheus server that scrapes every second, until it is closed. */
final class Prometheus implements AutoCloseable {
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
    this.base = "http://127.0.0.1:" + port + "/api/v1/query?query=";
  }

  /**
   * Starts it; it answers a little later.
   *
   * @param directory for its configuration, certificates, log and data
   * @param certificates what to write to {@code ca.crt}, {@code client.crt} and {@code client.key},
   *     as PEM
   * @param targets address and port of what serves {@code /metrics} over TLS, by the job's name
   */
  static Prometheus start(
      Path directory, Map<String, String> certificates, Map<String, String> targets)
      throws IOException {
    Files.createDirectories(directory);
    for (Map.Entry<String, String> file : certificates.entrySet()) {
      Files.writeString(directory.resolve(file.getKey()), file.getValue());
    }
    Path config = Files.writeString(directory.resolve("prometheus.yml"), config(targets));
    Path log = directory.resolve("prometheus.log");
    int port = freePort();
    Process process =
        new ProcessBuilder(
                List.of(
                    "prometheus",
                    "--config.file=" + config,
                    "--storage.tsdb.path=" + directory.resolve("data"),
                    "--web.listen-address=127.0.0.1:" + port))
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    return new Prometheus(process, log, port);
  }

  private static String config(Map<String, String> targets) {
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
    String uri = base + URLEncoder.encode(expression, StandardCharsets.UTF_8);
    HttpRequest request = HttpRequest.newBuilder(URI.create(uri)).timeout(ANSWER_LIMIT).build();
    try {
      HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
      return response.statusCode() == 200 && response.body().contains("\"value\":[");
    } catch (IOException e) {
      return false; // it is only starting
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** What it logged so far. */
  String log() throws IOException {
    return Files.readString(log);
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
