package io.berth.apiserver.http;

import io.berth.apiserver.server.MessageChannel;
import io.berth.apiserver.server.ResponseSink;
import io.vertx.core.Context;
import io.vertx.core.Promise;
import io.vertx.core.http.HttpServerRequest;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;

/** A client's wish for a WebSocket. */
final class WebSocketUpgrade implements ResponseSink.Upgrade {
  /** What the server offers at all; handlers choose among them. */
  static final List<String> SUBPROTOCOLS =
      List.of(
          "v5.channel.k8s.io",
          "v4.channel.k8s.io",
          "v4.base64.channel.k8s.io",
          "channel.k8s.io",
          "base64.channel.k8s.io",
          "SPDY/3.1+portforward.k8s.io");

  private static final Duration HANDSHAKE_LIMIT = Duration.ofSeconds(10);

  private final HttpServerRequest request;
  private final Context loop;

  WebSocketUpgrade(HttpServerRequest request, Context loop) {
    this.request = request;
    this.loop = loop;
  }

  @Override
  public List<String> subprotocols() {
    String offered = request.getHeader("sec-websocket-protocol");
    return offered == null
        ? List.of()
        : Arrays.stream(offered.split(",")).map(String::strip).toList();
  }

  @Override
  public MessageChannel accept(String subprotocol) throws IOException {
    return open();
  }

  WebSocketChannel open() throws IOException {
    Promise<WebSocketChannel> accepted = Promise.promise();
    loop.runOnContext(
        v ->
            request
                .toWebSocket()
                .map(socket -> new WebSocketChannel(socket, loop))
                .onComplete(accepted));
    try {
      return HttpRuntime.await(accepted.future(), HANDSHAKE_LIMIT);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while accepting a session");
    }
  }
}
