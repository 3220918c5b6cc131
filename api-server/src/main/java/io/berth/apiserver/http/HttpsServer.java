package io.berth.apiserver.http;

import io.berth.api.time.Environment;
import io.berth.api.time.Timers;
import io.berth.api.transport.ApiException;
import io.berth.api.transport.ApiRequest;
import io.berth.api.transport.Errors;
import io.berth.apiserver.authn.Authenticator;
import io.berth.apiserver.server.ApiServer;
import io.berth.apiserver.server.Identity;
import io.berth.apiserver.server.ResponseSink;
import io.vertx.core.Context;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.SocketAddress;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The API server's HTTPS side: HTTP/1.1 and HTTP/2, client certificates asked for and not demanded.
 * One event loop a core reads requests; each is served by a task of the environment's executor, so
 * that nothing blocks a loop.
 */
public final class HttpsServer implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(HttpsServer.class);
  private static final Duration SWEEP = Duration.ofSeconds(1);
  private static final Duration BIND_LIMIT = Duration.ofSeconds(20);
  private static final byte[] NO_BODY = new byte[0];

  private final HttpRuntime runtime;
  private final Environment environment;
  private final HttpsConfig config;
  private final ApiServer api;
  private final Authenticator authenticator;
  private final Connections connections;
  private final List<HttpServer> listeners = new CopyOnWriteArrayList<>();
  private volatile Timers.@Nullable Cancellable sweeping;
  private volatile boolean closing;

  public HttpsServer(
      HttpRuntime runtime,
      Environment environment,
      HttpsConfig config,
      ApiServer api,
      Authenticator authenticator) {
    this.runtime = runtime;
    this.environment = environment;
    this.config = config;
    this.api = api;
    this.authenticator = authenticator;
    this.connections = new Connections(environment, config);
  }

  /**
   * Binds and begins to serve.
   *
   * @return the port
   * @throws IOException the address is taken or not this machine's
   */
  public int start() throws IOException, InterruptedException {
    int loops = Runtime.getRuntime().availableProcessors();
    HttpRuntime.await(
        runtime.vertx().deployVerticle(Listener::new, new DeploymentOptions().setInstances(loops)),
        BIND_LIMIT);
    sweepLater();
    int port = listeners.getFirst().actualPort();
    log.info("serving host={} port={}", config.host(), port);
    return port;
  }

  private void sweepLater() {
    sweeping =
        environment
            .timers()
            .after(
                SWEEP,
                () -> {
                  connections.sweep();
                  if (!closing) {
                    sweepLater();
                  }
                });
  }

  private SocketAddress address() {
    return config.port() == 0
        ? SocketAddress.sharedRandomPort(1, config.host()) // one free port for all loops
        : SocketAddress.inetSocketAddress(config.port(), config.host());
  }

  private HttpServerOptions options() {
    return new HttpServerOptions()
        .setSsl(true)
        .setUseAlpn(true)
        .setKeyCertOptions(Tls.keys(config.certificate()))
        .setTrustOptions(Tls.judgedLater(config.authority()))
        .setClientAuth(ClientAuth.REQUEST)
        .setEnabledSecureTransportProtocols(Set.of("TLSv1.2", "TLSv1.3"))
        .setSslHandshakeTimeout(config.requestTimeout().toSeconds())
        .setSslHandshakeTimeoutUnit(TimeUnit.SECONDS)
        .setTcpNoDelay(true)
        .setTcpKeepAlive(true)
        .setAcceptBacklog(4_096)
        .setMaxInitialLineLength(16 << 10)
        .setMaxHeaderSize(64 << 10)
        .setHandle100ContinueAutomatically(true)
        .setMaxWebSocketFrameSize(WebSocketChannel.MAX_MESSAGE_BYTES)
        .setMaxWebSocketMessageSize(WebSocketChannel.MAX_MESSAGE_BYTES)
        .setPerFrameWebSocketCompressionSupported(false)
        .setPerMessageWebSocketCompressionSupported(false)
        .setWebSocketSubProtocols(WebSocketUpgrade.SUBPROTOCOLS)
        .setHttp2RstFloodMaxRstFramePerWindow(2_000)
        .setInitialSettings(
            new Http2Settings().setMaxConcurrentStreams(250).setMaxHeaderListSize(64 << 10));
  }

  /** One event loop's share of the server. */
  private final class Listener extends VerticleBase {
    @Override
    public Future<?> start() {
      HttpServer server =
          vertx
              .createHttpServer(options())
              .connectionHandler(connections::opened)
              .exceptionHandler(e -> log.debug("connection failed reason={}", e.toString()))
              .requestHandler(request -> request(request, context));
      listeners.add(server);
      return server.listen(address());
    }
  }

  /** On the event loop: a request's head has come. */
  private void request(HttpServerRequest request, Context loop) {
    Connections.Connection connection = connections.of(request.connection());
    Runnable finished = connection.begun();
    request.response().endHandler(v -> finished.run()).closeHandler(v -> finished.run());
    HttpSink sink =
        new HttpSink(
            request,
            loop,
            environment,
            config.maxPendingBytes(),
            connections.streams(),
            finished,
            closing);
    String path = request.path();
    if (path != null && api.passesOn(path)) {
      connection.session();
      connection.complete();
      request.pause();
      sink.unread(runtime.outgoing());
      serve(request, connection, NO_BODY, sink);
      return;
    }
    if (request.canUpgradeToWebSocket()) {
      connection.session();
      connection.complete();
      request.pause();
      serve(request, connection, NO_BODY, sink);
      return;
    }
    RequestReader.read(
        request,
        new RequestReader.Outcome() {
          @Override
          public void complete(byte[] body) {
            connection.complete();
            serve(request, connection, body, sink);
          }

          @Override
          public void tooLarge() {
            connection.complete();
            HttpSink last = sink.last();
            environment
                .executor()
                .execute(
                    () ->
                        api.refuse(
                            parsed(request, NO_BODY),
                            Errors.requestEntityTooLarge(ApiServer.MAX_BODY_BYTES),
                            last));
          }

          @Override
          public void broken() {
            connection.complete();
          }
        });
  }

  private void serve(
      HttpServerRequest request,
      Connections.Connection connection,
      byte[] body,
      ResponseSink sink) {
    String authorization = request.getHeader("authorization");
    ApiRequest parsed;
    try {
      parsed = RequestReader.request(request, body);
    } catch (IllegalArgumentException e) {
      ApiRequest unreadable = parsed(request, NO_BODY);
      String why = "the request's path or query is not properly encoded: " + e.getMessage();
      environment.executor().execute(() -> api.refuse(unreadable, Errors.badRequest(why), sink));
      return;
    }
    environment.executor().execute(() -> serve(parsed, connection, authorization, sink));
  }

  private void serve(
      ApiRequest request,
      Connections.Connection connection,
      @Nullable String authorization,
      ResponseSink sink) {
    Identity identity;
    try {
      identity = identify(connection, authorization);
    } catch (ApiException e) {
      api.refuse(request, e, sink);
      return;
    }
    api.handle(request, identity, sink);
  }

  private Identity identify(Connections.Connection connection, @Nullable String authorization) {
    Identity known = authorization == null ? connection.known() : null;
    if (known != null) {
      return known;
    }
    Identity found = authenticator.authenticate(connection.certificate(), authorization);
    if (authorization == null) {
      connection.known(found);
    }
    return found;
  }

  /** What can be said of a request that is refused unread. */
  private static ApiRequest parsed(HttpServerRequest request, byte[] body) {
    String path = request.path();
    return new ApiRequest(
        request.method().name(), path == null ? "/" : path, List.of(), Map.of(), body);
  }

  /**
   * Lets the requests that are being served come to their end, for a while, then ends watches and
   * connections.
   */
  @Override
  public void close() {
    closing = true;
    Timers.Cancellable sweep = sweeping;
    if (sweep != null) {
      sweep.cancel();
    }
    try {
      drain();
      connections.streams().forEach(HttpFrames::end);
      for (HttpServer listener : listeners) {
        HttpRuntime.await(listener.shutdown(Duration.ofSeconds(1)), Duration.ofSeconds(3));
      }
    } catch (IOException e) {
      log.warn("connections closed hard reason={}", e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Waits until only streams are left. */
  private void drain() throws InterruptedException {
    long limit = environment.clock().nanos() + config.drainTimeout().toNanos();
    while (connections.busy() > connections.streams().size()
        && environment.clock().nanos() - limit < 0) {
      CountDownLatch tick = new CountDownLatch(1);
      environment.timers().after(Duration.ofMillis(20), tick::countDown);
      tick.await();
    }
  }
}
