package io.berth.agent.server;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.agent.pod.PodLocator;
import io.berth.agent.stats.NodeStats;
import io.berth.api.codec.Json;
import io.berth.api.time.Environment;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The agent's HTTPS server, at the paths of a kubelet. Only clients whose certificate the cluster's
 * CA has signed get through TLS, and only the API server's gets at logs and commands. Event loops
 * only route; all that blocks runs on the environment's executor.
 */
public final class AgentServer implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(AgentServer.class);
  private static final int MAX_MESSAGE = 2 << 20;

  /**
   * Metrics that are gathered all along.
   *
   * @param own the agent's
   * @param probes one series for each probe of a container, on a page of its own
   */
  public record Registries(MeterRegistry own, MeterRegistry probes) {}

  private final ServerConfig config;
  private final Environment environment;
  private final PodLocator locator;
  private final Sessions sessions;
  private final NodeStats stats;
  private final Registries registries;
  private final Supplier<List<String>> unhealthy;
  private @Nullable Vertx vertx;
  private volatile int port;

  public AgentServer(
      ServerConfig config,
      Environment environment,
      PodLocator locator,
      NodeStats stats,
      Registries registries,
      Supplier<List<String>> unhealthy) {
    this.config = config;
    this.environment = environment;
    this.locator = locator;
    this.sessions = new Sessions(locator, environment);
    this.stats = stats;
    this.registries = registries;
    this.unhealthy = unhealthy;
  }

  /**
   * Listens; returns once it does.
   *
   * @throws IOException the port is taken, or the TLS material is of no use
   */
  public void start() throws IOException, InterruptedException {
    Vertx made =
        Vertx.vertx(new VertxOptions().setEventLoopPoolSize(2).setInternalBlockingPoolSize(2));
    vertx = made;
    HttpServerOptions options =
        new HttpServerOptions()
            .setSsl(true)
            .setKeyCertOptions(
                new PemKeyCertOptions()
                    .addCertValue(Buffer.buffer(config.certificatePem()))
                    .addKeyValue(Buffer.buffer(config.keyPem())))
            .setTrustOptions(
                new PemTrustOptions().addCertValue(Buffer.buffer(config.clientCaPem())))
            .setClientAuth(ClientAuth.REQUIRED)
            .setUseAlpn(true)
            .setWebSocketSubProtocols(Sessions.SUBPROTOCOLS)
            .setMaxWebSocketFrameSize(MAX_MESSAGE)
            .setMaxWebSocketMessageSize(MAX_MESSAGE);
    HttpServer server = made.createHttpServer(options).requestHandler(this::handle);
    try {
      port =
          server
              .listen(config.port(), config.host())
              .toCompletionStage()
              .toCompletableFuture()
              .get()
              .actualPort();
      log.info("agent server listens host={} port={}", config.host(), port);
    } catch (ExecutionException e) {
      close();
      String where = config.host() + ":" + config.port();
      throw new IOException("cannot listen on " + where + ": " + e.getMessage(), e);
    }
  }

  /** The port it listens on; 0 before {@link #start}. */
  public int port() {
    return port;
  }

  private void handle(HttpServerRequest request) {
    request.params(true); // a semicolon in a command separates nothing
    request.exceptionHandler(e -> log.debug("request broke: {}", e.getMessage()));
    String[] parts =
        Arrays.stream(request.path().substring(1).split("/"))
            .map(part -> URLDecoder.decode(part.replace("+", "%2B"), StandardCharsets.UTF_8))
            .toArray(String[]::new);
    ClientNames client = ClientNames.of(request.sslSession());
    boolean apiServer = config.acceptedNames().contains(client.name());
    boolean reader = apiServer || client.groups().contains("system:masters");
    boolean pods = parts[0].equals("containerLogs") || Sessions.PATHS.contains(parts[0]);
    if (!(pods ? apiServer : reader)) {
      log.warn("refused client={} path={}", client.name(), request.path());
      answer(request.response(), 403, "Forbidden (user=" + client.name() + ")");
      return;
    }
    switch (parts[0]) {
      case "healthz" -> health(request.response());
      case "metrics" -> run(request, () -> metrics(request, parts));
      case "stats" -> run(request, () -> summary(request, parts));
      case "containerLogs" -> run(request, () -> logs(request, parts));
      case "exec", "attach", "portForward" -> {
        request.pause();
        run(request, () -> sessions.open(request, parts));
      }
      default -> answer(request.response(), 404, "404 page not found");
    }
  }

  /** Work that may block and fail. */
  private interface Work {
    void run() throws IOException, InterruptedException;
  }

  private void run(HttpServerRequest request, Work work) {
    environment
        .executor()
        .execute(
            () -> {
              HttpServerResponse response = request.response();
              try {
                work.run();
              } catch (PodLocator.NotFoundException e) {
                answer(response, e.status(), String.valueOf(e.getMessage()));
              } catch (IllegalArgumentException e) {
                answer(response, 400, String.valueOf(e.getMessage()));
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                response.reset();
              } catch (IOException e) {
                log.debug("client left path={} error={}", request.path(), e.getMessage());
                response.reset();
              } catch (RuntimeException e) {
                log.warn("failed path={}", request.path(), e);
                answer(response, 500, String.valueOf(e.getMessage()));
              }
            });
  }

  static void answer(HttpServerResponse response, int status, String text) {
    if (response.headWritten()) {
      response.reset();
      return;
    }
    response.setStatusCode(status).putHeader("content-type", "text/plain; charset=utf-8");
    response.end(text);
  }

  private void metrics(HttpServerRequest request, String[] parts) {
    String page = parts.length == 1 ? "" : parts.length == 2 ? parts[1] : "?";
    String text =
        switch (page) {
          case "" -> scrape(registries.own()) + stats.volumes();
          case "cadvisor" -> stats.cadvisor();
          case "resource" -> stats.resources();
          case "probes" -> scrape(registries.probes());
          default -> null;
        };
    HttpServerResponse response = request.response();
    if (text == null) {
      answer(response, 404, "404 page not found");
      return;
    }
    response.putHeader("content-type", "text/plain; version=0.0.4; charset=utf-8");
    response.end(text);
  }

  private static String scrape(MeterRegistry registry) {
    return registry instanceof PrometheusMeterRegistry p ? p.scrape() : "";
  }

  private void summary(HttpServerRequest request, String[] parts) {
    HttpServerResponse response = request.response();
    String page = parts.length == 2 ? parts[1] : "";
    if (!page.equals("summary") && !page.equals("usage")) {
      answer(response, 404, "404 page not found");
      return;
    }
    boolean brief = "true".equals(request.getParam("only_cpu_and_memory"));
    JsonNode document = page.equals("usage") ? stats.usage() : stats.summary(brief);
    response.putHeader("content-type", "application/json");
    response.end(Buffer.buffer(Json.bytes(document)));
  }

  private void logs(HttpServerRequest request, String[] parts)
      throws IOException, InterruptedException {
    require(HttpMethod.GET.equals(request.method()) && parts.length == 4, "no such log");
    LogQuery query = LogQuery.of(request::getParam, environment.clock().now());
    PodLocator.Log found = locator.log(parts[1], parts[2], parts[3], query.previous());
    HttpServerResponse response = request.response();
    response.setChunked(true).putHeader("content-type", "text/plain; charset=utf-8");
    if (query.follow()) {
      Written.await(response.writeHead()); // the client is to know that it follows
    }
    OutputStream out =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            write(new byte[] {(byte) b}, 0, 1);
          }

          @Override
          public void write(byte[] bytes, int from, int length) throws IOException {
            Written.await(response.write(Buffer.buffer(length).appendBytes(bytes, from, length)));
          }

          @Override
          public void flush() throws IOException {
            if (response.closed()) {
              throw new IOException("client left");
            }
          }
        };
    new LogReader(found.file(), query, environment, out).copy(() -> locator.writing(found));
    response.end();
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new IllegalArgumentException(otherwise);
    }
  }

  private void health(HttpServerResponse response) {
    List<String> wrong = unhealthy.get();
    answer(
        response, wrong.isEmpty() ? 200 : 500, wrong.isEmpty() ? "ok" : String.join("\n", wrong));
  }

  @Override
  public void close() {
    Vertx running = vertx;
    if (running != null) {
      running.close();
    }
  }
}
