package io.berth.apiserver.http;

import io.berth.api.time.Environment;
import io.berth.api.transport.ApiResponse;
import io.berth.apiserver.server.Compression;
import io.berth.apiserver.server.Frames;
import io.berth.apiserver.server.ResponseSink;
import io.berth.apiserver.server.Warnings;
import io.vertx.core.Context;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The answer to one HTTP request. Its calls hop to the connection's event loop. */
final class HttpSink implements ResponseSink {
  private static final Logger access = LoggerFactory.getLogger("io.berth.apiserver.access");

  private final HttpServerRequest request;
  private final Context loop;
  private final Environment environment;
  private final int maxPendingBytes;
  private final Set<HttpFrames> streams;
  private final Runnable finished;
  private final boolean last;
  private final long began;
  private volatile @Nullable OutgoingClients unread;

  /**
   * @param streams where open streams are kept
   * @param finished run once the answer ended or the client went
   * @param last whether the connection closes behind this answer
   */
  HttpSink(
      HttpServerRequest request,
      Context loop,
      Environment environment,
      int maxPendingBytes,
      Set<HttpFrames> streams,
      Runnable finished,
      boolean last) {
    this.request = request;
    this.loop = loop;
    this.environment = environment;
    this.maxPendingBytes = maxPendingBytes;
    this.streams = streams;
    this.finished = finished;
    this.last = last;
    this.began = environment.clock().nanos();
  }

  /** The same answer, behind which the connection closes. */
  HttpSink last() {
    return new HttpSink(request, loop, environment, maxPendingBytes, streams, finished, true);
  }

  @Override
  public void send(ApiResponse whole) {
    log(whole.status());
    ApiResponse answer = compressed(whole);
    loop.runOnContext(
        v -> {
          HttpServerResponse response = request.response();
          if (response.ended() || response.closed()) {
            return; // the client has gone
          }
          head(response, answer.status(), answer.headers());
          if (unread != null && request.version() != HttpVersion.HTTP_2) {
            response.putHeader("connection", "close"); // its body was not taken and is not wanted
          }
          if (answer.body().length == 0 || request.method().equals(HttpMethod.HEAD)) {
            response.end(); // of a HEAD the head is the answer
          } else {
            response.end(Buffers.wrap(answer.body()));
          }
        });
  }

  /** Compressed on the thread that answers, not on the connection's loop. */
  private ApiResponse compressed(ApiResponse answer) {
    if (answer.headers().containsKey("content-encoding")
        || !Compression.applies(request.getHeader("accept-encoding"), answer.body().length)) {
      return answer;
    }
    Map<String, String> headers = Compression.headers(answer.headers());
    return new ApiResponse(answer.status(), headers, Compression.gzip(answer.body()));
  }

  @Override
  public Frames start(int status, Map<String, String> headers) {
    log(status);
    if (request.canUpgradeToWebSocket()) {
      return messages(headers);
    }
    HttpFrames frames =
        new HttpFrames(request, loop, environment.executor(), environment.clock(), maxPendingBytes);
    streams.add(frames);
    frames.onClosed(() -> streams.remove(frames));
    loop.runOnContext(
        v -> {
          HttpServerResponse response = request.response();
          if (response.closed()) {
            frames.closed();
            return;
          }
          response.closeHandler(
              gone -> {
                finished.run();
                frames.closed();
              });
          response.exceptionHandler(gone -> frames.closed());
          head(response, status, headers);
          response.setChunked(true).writeHead();
        });
    return frames;
  }

  private Frames messages(Map<String, String> headers) {
    try {
      String type = headers.getOrDefault("content-type", "");
      return new WebSocketFrames(
          new WebSocketUpgrade(request, loop).open(),
          environment.executor(),
          type.startsWith("application/json"),
          maxPendingBytes);
    } catch (IOException e) {
      return new Gone(environment.executor());
    }
  }

  @Override
  public void warn(List<String> warnings) {
    if (warnings.isEmpty()) {
      return;
    }
    String text = Warnings.header(warnings);
    loop.runOnContext(
        v -> {
          HttpServerResponse response = request.response();
          if (!response.headWritten()) {
            response.putHeader("warning", text); // an answer with warnings of its own replaces it
          }
        });
  }

  /** The client went before its answer began. */
  private record Gone(Executor callbacks) implements Frames {
    @Override
    public boolean write(byte[] frame) {
      return false;
    }

    @Override
    public void end() {}

    @Override
    public void onClosed(Runnable callback) {
      callbacks.execute(callback);
    }
  }

  private void head(HttpServerResponse response, int status, Map<String, String> headers) {
    response.setStatusCode(status);
    headers.forEach(response::putHeader);
    if (last) {
      response.putHeader("connection", "close");
    }
  }

  /** Of the request only the head was read, and nothing else will be but by {@link #passage}. */
  void unread(OutgoingClients clients) {
    unread = clients;
  }

  @Override
  public @Nullable Passage passage() {
    OutgoingClients clients = unread;
    return clients == null ? null : new HttpPassage(request, loop, clients, finished);
  }

  @Override
  public @Nullable Upgrade upgrade() {
    return request.canUpgradeToWebSocket() ? new WebSocketUpgrade(request, loop) : null;
  }

  private void log(int status) {
    if (access.isDebugEnabled()) {
      access.debug(
          "request method={} uri={} status={} client={} micros={}",
          request.method(),
          request.uri(),
          status,
          request.remoteAddress(),
          (environment.clock().nanos() - began) / 1_000);
    }
  }
}
