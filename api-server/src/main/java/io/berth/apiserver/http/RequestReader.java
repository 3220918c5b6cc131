package io.berth.apiserver.http;

import io.berth.api.transport.ApiRequest;
import io.berth.apiserver.server.ApiServer;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Gathers a request's body, up to the limit, and makes an {@link ApiRequest} of the whole. */
final class RequestReader {
  private static final byte[] EMPTY = new byte[0];

  /** Of no use behind this point; credentials above all are not to wander about. */
  private static final Set<String> LEFT_OUT =
      Set.of("authorization", "cookie", "host", "content-length", "connection", "accept-encoding");

  private RequestReader() {}

  /** Takes what came of a request; runs on the event loop. */
  interface Outcome {
    void complete(byte[] body);

    void tooLarge();

    void broken();
  }

  static void read(HttpServerRequest request, Outcome outcome) {
    String length = request.getHeader("content-length");
    boolean http2 = request.version() == HttpVersion.HTTP_2;
    if (length == null && !http2 && request.getHeader("transfer-encoding") == null) {
      outcome.complete(EMPTY);
      return;
    }
    if (length != null && tooLarge(length)) {
      outcome.tooLarge();
      return;
    }
    Body body = new Body(outcome, length);
    request.handler(body::piece);
    request.endHandler(v -> body.end());
    request.exceptionHandler(e -> body.finish(Outcome::broken));
  }

  private static boolean tooLarge(String length) {
    try {
      return Long.parseLong(length) > ApiServer.MAX_BODY_BYTES;
    } catch (NumberFormatException e) {
      return true;
    }
  }

  private static final class Body {
    private final Outcome outcome;
    private final Buffer gathered;
    private boolean finished;

    Body(Outcome outcome, @Nullable String length) {
      this.outcome = outcome;
      this.gathered = Buffer.buffer(length == null ? 0 : Integer.parseInt(length));
    }

    void piece(Buffer piece) {
      if (finished) {
        return;
      }
      if (gathered.length() + piece.length() > ApiServer.MAX_BODY_BYTES) {
        finish(Outcome::tooLarge);
      } else {
        gathered.appendBuffer(piece);
      }
    }

    void end() {
      finish(o -> o.complete(gathered.length() == 0 ? EMPTY : gathered.getBytes()));
    }

    void finish(Consumer<Outcome> how) {
      if (!finished) {
        finished = true;
        how.accept(outcome);
      }
    }
  }

  /**
   * Several headers of one name are joined by commas; those of impersonation, whose values may hold
   * commas, by line feeds, which no value can hold.
   *
   * @throws IllegalArgumentException the path or the query is not properly encoded
   */
  static ApiRequest request(HttpServerRequest request, byte[] body) {
    Map<String, String> headers = new HashMap<>();
    request
        .headers()
        .forEach(
            (name, value) -> {
              String lower = name.toLowerCase(Locale.ROOT);
              if (!LEFT_OUT.contains(lower)) {
                String between = lower.startsWith("impersonate-") ? "\n" : ",";
                headers.merge(lower, value, (one, other) -> one + between + other);
              }
            });
    HttpMethod method = request.method();
    String path = request.path();
    return new ApiRequest(
        method.name(),
        Targets.path(path == null ? "" : path),
        Targets.query(request.query()),
        headers,
        body);
  }
}
