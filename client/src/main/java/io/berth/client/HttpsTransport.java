package io.berth.client;

import io.berth.api.time.Environment;
import io.berth.api.transport.ApiRequest;
import io.berth.api.transport.ApiResponse;
import io.berth.api.transport.Transport;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * The way to an API server over HTTPS, by the JDK's client. Streams are read by tasks of the
 * environment's executor.
 */
public final class HttpsTransport implements Transport {
  /** What requests say of their sender where they do not say it themselves. */
  private static final String USER_AGENT = "berth";

  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);
  private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(60);

  private final URI server;
  private final Environment environment;
  private final @Nullable String bearerToken;
  private final HttpClient client;

  /**
   * @param server scheme, host and port
   * @param tls the server's certificate authority and, where there is one, the client's certificate
   * @param bearerToken sent with each request, or null
   */
  public HttpsTransport(
      URI server, SSLContext tls, @Nullable String bearerToken, Environment environment) {
    this.server = server;
    this.environment = environment;
    this.bearerToken = bearerToken;
    this.client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1) // a connection a stream: no shared flow control
            .connectTimeout(CONNECT_TIMEOUT)
            .sslContext(tls)
            .executor(environment.executor())
            .build();
  }

  @Override
  public ApiResponse send(ApiRequest request) throws IOException, InterruptedException {
    HttpResponse<byte[]> response =
        client.send(http(request).timeout(REQUEST_TIMEOUT).build(), BodyHandlers.ofByteArray());
    Map<String, String> headers = new TreeMap<>();
    response.headers().map().forEach((name, values) -> headers.put(name, values.getFirst()));
    headers.remove(":status");
    return new ApiResponse(response.statusCode(), headers, response.body());
  }

  @Override
  public Stream stream(ApiRequest request, StreamListener listener) {
    Reading reading = new Reading(request, listener);
    environment.executor().execute(reading::run);
    return reading;
  }

  private HttpRequest.Builder http(ApiRequest request) {
    HttpRequest.BodyPublisher body =
        request.body().length == 0
            ? HttpRequest.BodyPublishers.noBody()
            : HttpRequest.BodyPublishers.ofByteArray(request.body());
    HttpRequest.Builder builder =
        HttpRequest.newBuilder(server.resolve(request.target())).method(request.method(), body);
    request.headers().forEach(builder::header);
    if (request.header("accept") == null) {
      builder.header("accept", "application/json");
    }
    if (request.header("user-agent") == null) {
      builder.header("user-agent", USER_AGENT);
    }
    if (bearerToken != null) {
      builder.header("authorization", "Bearer " + bearerToken);
    }
    return builder;
  }

  @Override
  public void close() {
    client.shutdownNow();
  }

  /** One stream being read. */
  private final class Reading implements Stream {
    private final ApiRequest request;
    private final StreamListener listener;
    private final AtomicBoolean cancelled = new AtomicBoolean();
    private final AtomicReference<@Nullable InputStream> body = new AtomicReference<>();
    private volatile @Nullable Thread reader;

    Reading(ApiRequest request, StreamListener listener) {
      this.request = request;
      this.listener = listener;
    }

    void run() {
      reader = Thread.currentThread();
      Throwable cause = null;
      try {
        if (!cancelled.get()) {
          read();
        }
      } catch (IOException | InterruptedException | RuntimeException e) {
        cause = e;
      } finally {
        reader = null;
      }
      listener.onClose(cancelled.get() ? null : cause);
    }

    private void read() throws IOException, InterruptedException {
      HttpResponse<InputStream> response =
          client.send(http(request).build(), BodyHandlers.ofInputStream());
      try (InputStream in = response.body()) {
        body.set(in);
        listener.onStart(response.statusCode());
        boolean lines = response.statusCode() == 200 && "true".equals(request.query("watch"));
        Frames frames = lines ? Frames.lines(in) : Frames.pieces(in);
        byte @Nullable [] frame;
        while (!cancelled.get() && (frame = frames.next()) != null) {
          listener.onFrame(frame);
        }
      }
    }

    @Override
    public void cancel() {
      if (!cancelled.compareAndSet(false, true)) {
        return;
      }
      Thread blocked = reader;
      if (body.get() == null && blocked != null) {
        blocked.interrupt(); // still waiting for the response's head
      }
      InputStream in = body.get();
      if (in != null) {
        try {
          in.close();
        } catch (IOException e) {
          // The stream is being given up: that it fails to close changes nothing.
        }
      }
    }
  }
}
