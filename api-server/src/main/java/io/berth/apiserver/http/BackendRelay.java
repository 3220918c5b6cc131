package io.berth.apiserver.http;

import io.berth.api.transport.ApiRequest;
import io.berth.api.transport.ApiResponse;
import io.berth.apiserver.server.Backend;
import io.berth.apiserver.server.Frames;
import io.berth.apiserver.server.Relay;
import io.berth.apiserver.server.ResponseSink;
import io.berth.apiserver.server.Router;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.RequestOptions;
import io.vertx.core.net.SocketAddress;
import io.vertx.core.parsetools.RecordParser;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Passes on, by Vert.x, requests that were read already. Nobody else ends these, so that an answer,
 * of a watch its head, is waited for a limited time only.
 */
public final class BackendRelay implements Relay {
  private static final int MAX_ANSWER = 256 << 20;

  /** As long as Kubernetes' server lets a request take. */
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final HttpRuntime runtime;
  private final Duration patience;

  public BackendRelay(HttpRuntime runtime) {
    this(runtime, PATIENCE);
  }

  BackendRelay(HttpRuntime runtime, Duration patience) {
    this.runtime = runtime;
    this.patience = patience;
  }

  @Override
  public void forward(ApiRequest request, Backend backend, ResponseSink sink)
      throws IOException, InterruptedException {
    Context loop = runtime.vertx().getOrCreateContext();
    Promise<Runnable> begun = Promise.promise();
    Promise<HttpClientRequest> sent = Promise.promise();
    loop.runOnContext(
        v ->
            Future.succeededFuture() // what is thrown on the way is a failure as any other
                .compose(begin -> send(request, backend, sent))
                .compose(answer -> answer(request, answer, loop, sink))
                .onComplete(begun));
    try {
      Duration limit = backend.limit();
      Duration wait = limit != null && limit.compareTo(patience) < 0 ? limit : patience;
      HttpRuntime.await(begun.future(), wait).run();
    } catch (IOException e) {
      sent.future().onSuccess(HttpClientRequest::reset); // also where it connects later
      throw e;
    }
  }

  private Future<HttpClientResponse> send(
      ApiRequest request, Backend backend, Promise<HttpClientRequest> sent) {
    RequestOptions options =
        new RequestOptions()
            .setMethod(HttpMethod.valueOf(request.method()))
            .setHost(backend.host())
            .setPort(backend.port())
            .setURI(backend.target());
    if (backend.address() != null) {
      options.setServer(SocketAddress.inetSocketAddress(backend.address()));
    }
    return runtime
        .outgoing()
        .client(backend.trust())
        .request(options)
        .onSuccess(sent::complete)
        .compose(
            out -> {
              out.exceptionHandler(e -> {}); // whoever waits for the answer is told
              HttpPassage.copy(request.headers().entrySet(), out.headers(), backend);
              return request.body().length == 0 ? out.send() : out.send(body(request, out));
            });
  }

  private static Buffer body(ApiRequest request, HttpClientRequest out) {
    out.putHeader("content-length", Integer.toString(request.body().length));
    return Buffers.wrap(request.body());
  }

  /** What is to be done where the caller waits, so that the sink is not used on the event loop. */
  private static Future<Runnable> answer(
      ApiRequest request, HttpClientResponse answer, Context loop, ResponseSink sink) {
    Map<String, String> headers = new HashMap<>();
    for (String kept : new String[] {"content-type", "warning", "retry-after", "location"}) {
      String value = answer.getHeader(kept);
      if (value != null) {
        headers.put(kept, value);
      }
    }
    if (answer.statusCode() == 200 && Router.flag(request.query("watch"))) {
      answer.pause();
      return Future.succeededFuture(
          () -> stream(answer, loop, sink.start(answer.statusCode(), headers)));
    }
    Buffer whole = Buffer.buffer();
    Promise<Runnable> ended = Promise.promise();
    answer.exceptionHandler(ended::tryFail);
    answer.handler(
        piece -> {
          if (whole.length() + piece.length() > MAX_ANSWER) {
            ended.tryFail(new IOException("an answer of over " + MAX_ANSWER + " bytes"));
            answer.request().reset();
          } else {
            whole.appendBuffer(piece);
          }
        });
    answer.endHandler(
        v ->
            ended.tryComplete(
                () -> sink.send(new ApiResponse(answer.statusCode(), headers, whole.getBytes()))));
    return ended.future();
  }

  /** One frame a line, as watches have them. */
  private static void stream(HttpClientResponse answer, Context loop, Frames frames) {
    String type = String.valueOf(answer.getHeader("content-type")).toLowerCase(Locale.ROOT);
    frames.onClosed(() -> loop.runOnContext(v -> answer.request().reset()));
    frames.onDrained(() -> loop.runOnContext(v -> answer.resume()));
    loop.runOnContext(
        v -> {
          answer.exceptionHandler(e -> frames.end());
          answer.endHandler(end -> frames.end());
          if (type.startsWith("application/json")) {
            RecordParser lines = RecordParser.newDelimited("\n");
            lines.handler(line -> frames.write(line.appendString("\n").getBytes()));
            answer.handler(piece -> taken(piece, lines::handle, answer, frames));
          } else {
            answer.handler(piece -> taken(piece, p -> frames.write(p.getBytes()), answer, frames));
          }
          answer.resume();
        });
  }

  private static void taken(
      Buffer piece, Consumer<Buffer> taker, HttpClientResponse answer, Frames frames) {
    taker.accept(piece);
    if (frames.full()) {
      answer.pause();
      if (!frames.full()) { // it drained in between, and its call may have come too early
        answer.resume();
      }
    }
  }
}
