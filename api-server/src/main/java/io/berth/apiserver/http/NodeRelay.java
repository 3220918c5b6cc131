package io.berth.apiserver.http;

import io.berth.apiserver.pki.KeyedCertificate;
import io.berth.apiserver.server.Backend;
import io.berth.apiserver.server.MessageChannel;
import io.berth.apiserver.streaming.NodeAddress;
import io.berth.apiserver.streaming.NodeClient;
import io.berth.apiserver.streaming.NodeRefusedException;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.PoolOptions;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.http.UpgradeRejectedException;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketClientOptions;
import io.vertx.core.http.WebSocketConnectOptions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Requests to node agents by Vert.x: one connection for each log or session. */
public final class NodeRelay implements NodeClient {
  private static final Duration CONNECT_LIMIT = Duration.ofSeconds(5);
  private static final Duration HEAD_LIMIT = Duration.ofSeconds(30);
  private static final int MAX_CONNECTIONS_PER_NODE = 1_000;
  private static final int MAX_ERROR_BYTES = 16 << 10;

  private final Vertx vertx;
  private final Backend.Trust trust;
  private final HttpClient http;
  private final WebSocketClient sockets;

  /**
   * @param certificate what the API server shows to agents
   * @param authority the cluster's, which must have issued the agent's certificate
   */
  public NodeRelay(HttpRuntime runtime, KeyedCertificate certificate, X509Certificate authority) {
    this.vertx = runtime.vertx();
    this.trust = new Backend.Verified(certificate, authority);
    this.http =
        vertx.createHttpClient(
            new HttpClientOptions()
                .setSsl(true)
                .setVerifyHost(true)
                .setKeyCertOptions(Tls.keys(certificate))
                .setTrustOptions(Tls.trust(authority))
                .setConnectTimeout((int) CONNECT_LIMIT.toMillis())
                .setProtocolVersion(HttpVersion.HTTP_1_1),
            new PoolOptions().setHttp1MaxSize(MAX_CONNECTIONS_PER_NODE));
    this.sockets =
        vertx.createWebSocketClient(
            new WebSocketClientOptions()
                .setSsl(true)
                .setVerifyHost(true)
                .setKeyCertOptions(Tls.keys(certificate))
                .setTrustOptions(Tls.trust(authority))
                .setConnectTimeout((int) CONNECT_LIMIT.toMillis())
                .setMaxConnections(MAX_CONNECTIONS_PER_NODE)
                .setMaxFrameSize(WebSocketChannel.MAX_MESSAGE_BYTES)
                .setMaxMessageSize(WebSocketChannel.MAX_MESSAGE_BYTES));
  }

  /** How agents are spoken to. */
  public Backend.Trust trust() {
    return trust;
  }

  @Override
  public Body get(NodeAddress node, String target) throws IOException, InterruptedException {
    Context loop = vertx.getOrCreateContext();
    RequestOptions options =
        new RequestOptions()
            .setMethod(HttpMethod.GET)
            .setHost(node.host())
            .setPort(node.port())
            .setURI(target);
    Promise<HttpBody> answered = Promise.promise();
    loop.runOnContext(
        v ->
            http.request(options)
                .compose(HttpClientRequest::send)
                .compose(response -> body(response, loop))
                .onComplete(answered));
    return HttpRuntime.await(answered.future(), HEAD_LIMIT);
  }

  private static Future<HttpBody> body(HttpClientResponse response, Context loop) {
    if (response.statusCode() == 200) {
      return Future.succeededFuture(new HttpBody(response, loop));
    }
    return response
        .body()
        .compose(
            body ->
                Future.failedFuture(
                    new NodeRefusedException(response.statusCode(), text(body.getBytes()))));
  }

  @Override
  public MessageChannel connect(NodeAddress node, String target, List<String> subprotocols)
      throws IOException, InterruptedException {
    Context loop = vertx.getOrCreateContext();
    WebSocketConnectOptions options = new WebSocketConnectOptions();
    options.setHost(node.host()).setPort(node.port()).setURI(target);
    options.setSubProtocols(subprotocols).setTimeout(HEAD_LIMIT.toMillis());
    Promise<MessageChannel> connected = Promise.promise();
    loop.runOnContext(
        v ->
            sockets
                .connect(options)
                .map(socket -> (MessageChannel) new WebSocketChannel(socket, loop))
                .recover(failure -> Future.failedFuture(readable(failure)))
                .onComplete(connected));
    return HttpRuntime.await(connected.future(), HEAD_LIMIT);
  }

  private static Throwable readable(Throwable failure) {
    return failure instanceof UpgradeRejectedException refused
        ? new NodeRefusedException(
            refused.getStatus(),
            refused.getBody() == null ? "" : text(refused.getBody().getBytes()))
        : failure;
  }

  private static String text(byte[] body) {
    return new String(body, 0, Math.min(body.length, MAX_ERROR_BYTES), StandardCharsets.UTF_8);
  }

  /** A response's body. Everything happens on its event loop. */
  private static final class HttpBody implements Body {
    private final HttpClientResponse response;
    private final Context loop;
    private boolean ended;

    HttpBody(HttpClientResponse response, Context loop) {
      this.response = response;
      this.loop = loop;
      response.pause();
    }

    @Override
    public void receive(Receiver receiver) {
      loop.runOnContext(
          v -> {
            response.handler(piece -> receiver.onData(piece.getBytes()));
            response.endHandler(end -> end(receiver, null));
            response.exceptionHandler(failure -> end(receiver, failure));
            response.resume();
          });
    }

    private void end(Receiver receiver, @Nullable Throwable failure) {
      if (!ended) {
        ended = true;
        receiver.onEnd(failure);
      }
    }

    @Override
    public void pause() {
      loop.runOnContext(v -> response.pause());
    }

    @Override
    public void resume() {
      loop.runOnContext(v -> response.resume());
    }

    @Override
    public void cancel() {
      loop.runOnContext(
          v -> {
            if (!ended) {
              response.request().reset();
            }
          });
    }
  }
}
