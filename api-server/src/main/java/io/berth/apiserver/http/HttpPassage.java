package io.berth.apiserver.http;

import io.berth.apiserver.server.Backend;
import io.berth.apiserver.server.ResponseSink;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.MultiMap;
import io.vertx.core.Promise;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.NetSocket;
import io.vertx.core.net.SocketAddress;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * Passes a request that was not read on to another server, and the answer back: bodies stream in
 * both directions, each as fast as its reader, and where both sides agree to another protocol the
 * connection becomes a tunnel. Everything happens on the request's event loop.
 */
final class HttpPassage implements ResponseSink.Passage {
  /** Of one connection and not of the message, or of no concern to the other side. */
  private static final Set<String> NOT_PASSED =
      Set.of(
          "connection",
          "keep-alive",
          "proxy-authenticate",
          "proxy-authorization",
          "proxy-connection",
          "te",
          "trailer",
          "transfer-encoding",
          "upgrade",
          "http2-settings");

  private static final Set<String> CREDENTIALS =
      Set.of("authorization", "impersonate-user", "impersonate-uid", "impersonate-group");

  private final HttpServerRequest request;
  private final Context loop;
  private final OutgoingClients clients;
  private final Runnable finished;

  /** What went out to the other side. On the event loop, as all else. */
  private @Nullable HttpClientRequest sent;

  /** Ends the wait for the limit. */
  private Runnable inTime = () -> {};

  /**
   * @param finished run once the answer ended or the client went
   */
  HttpPassage(HttpServerRequest request, Context loop, OutgoingClients clients, Runnable finished) {
    this.request = request;
    this.loop = loop;
    this.clients = clients;
    this.finished = finished;
  }

  @Override
  public String target() {
    return request.uri();
  }

  @Override
  public int to(Backend backend) throws IOException, InterruptedException {
    Promise<Integer> answered = Promise.promise();
    loop.runOnContext(v -> limited(backend, answered));
    try {
      return answered.future().toCompletionStage().toCompletableFuture().get();
    } catch (ExecutionException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw cause instanceof IOException io ? io : new IOException(cause.getMessage(), cause);
    }
  }

  /** At its limit the passage ends; where its answer has begun by then, the end is missing. */
  private void limited(Backend backend, Promise<Integer> answered) {
    Duration limit = backend.limit();
    if (limit != null) {
      long millis = Math.max(1, limit.toMillis());
      long timer = loop.owner().setTimer(millis, t -> late(millis, answered));
      inTime = () -> loop.owner().cancelTimer(timer);
      answered.future().onFailure(e -> inTime.run());
    }
    begin(backend, answered);
  }

  private void late(long millis, Promise<Integer> answered) {
    boolean begun =
        !answered.tryFail(new SocketTimeoutException("no answer within " + millis + " ms"));
    if (sent != null) {
      var _ = sent.reset();
    }
    if (begun) {
      var _ = request.response().reset();
    }
  }

  private void begin(Backend backend, Promise<Integer> answered) {
    // What is thrown on the way, such as by a bundle that is none, is a failure as any other.
    Future.succeededFuture()
        .compose(v -> connect(backend))
        .onFailure(answered::tryFail)
        .onSuccess(out -> send(out, backend, answered));
  }

  private Future<HttpClientRequest> connect(Backend backend) {
    RequestOptions options =
        new RequestOptions()
            .setMethod(request.method())
            .setHost(backend.host())
            .setPort(backend.port())
            .setURI(backend.target());
    if (backend.address() != null) {
      options.setServer(SocketAddress.inetSocketAddress(backend.address()));
    }
    return clients.client(backend.trust()).request(options);
  }

  private void send(HttpClientRequest out, Backend backend, Promise<Integer> answered) {
    HttpServerResponse response = request.response();
    sent = out;
    if (answered.future().isComplete()) { // it connected too late
      var _ = out.reset();
      return;
    }
    if (response.closed()) { // while it connected: nobody would end this request
      var _ = out.reset();
      answered.tryFail(new IOException("the client has gone"));
      return;
    }
    response.closeHandler(
        gone -> {
          finished.run();
          inTime.run();
          var _ = out.reset();
          answered.tryFail(new IOException("the client has gone"));
        });
    response.exceptionHandler(e -> {}); // the close handler follows
    out.exceptionHandler(answered::tryFail); // once the answer has begun, its reader is told
    copy(request.headers(), out.headers(), CREDENTIALS, backend.withheld());
    if (request.authority() != null) {
      out.putHeader("host", request.authority().toString());
      out.putHeader("x-forwarded-host", request.authority().toString());
    }
    try {
      backend.headers().forEach(out.headers()::set);
    } catch (IllegalArgumentException e) { // a name with a line feed, say
      var _ = out.reset();
      answered.tryFail(e);
      return;
    }
    Future<HttpClientResponse> head;
    if (upgrades()) {
      out.putHeader("connection", "Upgrade").putHeader("upgrade", request.getHeader("upgrade"));
      head = out.connect();
    } else if (hasBody()) {
      out.setChunked(request.getHeader("content-length") == null);
      head = out.response();
      var _ = request.pipeTo(out).onFailure(e -> out.reset());
    } else {
      request.resume();
      head = out.send();
    }
    head.onFailure(answered::tryFail).onSuccess(in -> answer(in, backend, answered));
  }

  private boolean upgrades() {
    return request.version() == HttpVersion.HTTP_1_1
        && request.getHeader("upgrade") != null
        && request.headers().contains("connection", "upgrade", true);
  }

  private boolean hasBody() {
    String length = request.getHeader("content-length");
    if (length != null) {
      return !length.equals("0");
    }
    HttpMethod method = request.method();
    return request.getHeader("transfer-encoding") != null
        || (request.version() == HttpVersion.HTTP_2
            && !request.isEnded()
            && (method.equals(HttpMethod.POST)
                || method.equals(HttpMethod.PUT)
                || method.equals(HttpMethod.PATCH)));
  }

  private void answer(HttpClientResponse in, Backend backend, Promise<Integer> answered) {
    HttpServerResponse response = request.response();
    if (response.closed() || answered.future().isComplete()) {
      var _ = in.request().reset();
      return;
    }
    response.setStatusCode(in.statusCode());
    copy(in.headers(), response.headers(), Set.of(), List.of());
    Links links = backend.mount() == null ? null : new Links(backend, request.authority());
    String location = in.getHeader("location");
    if (links != null && location != null) {
      response.putHeader("location", links.rewritten(location));
    }
    answered.tryComplete(in.statusCode());
    if (in.statusCode() == 101) {
      inTime.run();
      tunnel(in, response);
    } else if (links != null && isPlainHtml(in)) {
      rewrite(in, response, links);
    } else {
      if (in.getHeader("content-length") == null && request.version() != HttpVersion.HTTP_2) {
        response.setChunked(bodyAllowed(in));
      }
      // A backend that breaks off is told by breaking off as well.
      var _ =
          in.pipe()
              .endOnFailure(false)
              .to(response)
              .onComplete(v -> inTime.run())
              .onFailure(e -> response.reset());
    }
  }

  private boolean bodyAllowed(HttpClientResponse in) {
    return in.statusCode() != 204
        && in.statusCode() != 304
        && !request.method().equals(HttpMethod.HEAD);
  }

  /** From here on bytes are passed that only the two sides understand. */
  private void tunnel(HttpClientResponse in, HttpServerResponse response) {
    response.putHeader("connection", "Upgrade");
    String protocol = in.getHeader("upgrade");
    if (protocol != null) {
      response.putHeader("upgrade", protocol);
    }
    NetSocket far = in.netSocket();
    far.pause();
    request
        .toNetSocket()
        .onFailure(e -> far.close())
        .onSuccess(
            near -> {
              near.closeHandler(
                  v -> {
                    finished.run();
                    var _ = far.close();
                  });
              var _ = near.pipeTo(far);
              var _ = far.pipeTo(near);
              far.resume();
              request.resume(); // it is what the connection's bytes still pass through
            });
  }

  private boolean isPlainHtml(HttpClientResponse in) {
    String type = in.getHeader("content-type");
    return request.method().equals(HttpMethod.GET)
        && type != null
        && type.toLowerCase(Locale.ROOT).startsWith("text/html")
        && in.getHeader("content-encoding") == null
        && bodyAllowed(in);
  }

  private void rewrite(HttpClientResponse in, HttpServerResponse response, Links links) {
    HtmlRewriter rewriter = new HtmlRewriter(links::rewritten);
    response.headers().remove("content-length");
    if (request.version() != HttpVersion.HTTP_2) {
      response.setChunked(true);
    }
    in.exceptionHandler(e -> response.reset());
    in.handler(
        piece -> {
          response.write(Buffers.wrap(rewriter.feed(piece.getBytes())));
          if (response.writeQueueFull()) {
            in.pause();
            response.drainHandler(v -> in.resume());
          }
        });
    in.endHandler(v -> response.end(Buffers.wrap(rewriter.end())));
    in.resume();
  }

  /** Sets the headers of a request that was read, and the backend's. */
  static void copy(Iterable<Map.Entry<String, String>> from, MultiMap to, Backend backend) {
    copy(from, to, null, CREDENTIALS, backend.withheld());
    to.remove("accept-encoding"); // who reads the answer takes it as it is
    backend.headers().forEach(to::set);
  }

  private static void copy(MultiMap from, MultiMap to, Set<String> except, List<String> withheld) {
    copy(from, to, from.get("connection"), except, withheld);
  }

  private static void copy(
      Iterable<Map.Entry<String, String>> from,
      MultiMap to,
      @Nullable String connection,
      Set<String> except,
      List<String> withheld) {
    Set<String> named = named(connection);
    for (Map.Entry<String, String> header : from) {
      String name = header.getKey().toLowerCase(Locale.ROOT);
      boolean extra = name.startsWith("impersonate-extra-") && !except.isEmpty();
      if (!NOT_PASSED.contains(name)
          && !except.contains(name)
          && !named.contains(name)
          && !extra
          && withheld.stream().noneMatch(name::startsWith)
          && !name.startsWith(":")) {
        to.add(header.getKey(), header.getValue());
      }
    }
  }

  /** Further headers that a message's sender says are of the connection only. */
  private static Set<String> named(@Nullable String connection) {
    return connection == null
        ? Set.of()
        : new HashSet<>(
            Arrays.asList(connection.toLowerCase(Locale.ROOT).replace(" ", "").split(",")));
  }
}
