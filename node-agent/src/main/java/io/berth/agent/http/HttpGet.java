package io.berth.agent.http;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.api.time.Environment;
import io.berth.api.time.Timers;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

/**
 * The GET that a probe or a lifecycle hook asks for, over a connection of its own: any header may
 * be set, certificates are not checked, and redirects are followed as long as they stay on the same
 * host.
 */
public final class HttpGet {
  private static final int MAX_REDIRECTS = 10;
  private static final int MAX_HEAD = 64 * 1024;

  /**
   * Where an action goes.
   *
   * @param ip the pod's address, for an action that names no host
   * @param container the container's definition, for its ports' names
   */
  public record Target(String ip, JsonNode container) {}

  /**
   * What came back.
   *
   * @param status of the last response
   * @param elsewhere whether that is a redirect to another host, which is not followed
   */
  public record Answer(int status, boolean elsewhere) {}

  private record Response(int status, String location) {}

  private final Environment environment;
  private final String userAgent;

  /**
   * @param userAgent sent where the action gives no such header
   */
  public HttpGet(Environment environment, String userAgent) {
    this.environment = environment;
    this.userAgent = userAgent;
  }

  /**
   * Blocks until there is an answer, at most for about the time given.
   *
   * @param action as {@code httpGet} has it
   * @throws IOException there was none; the message names the address
   */
  public Answer get(JsonNode action, Target target, Duration timeout) throws IOException {
    URI uri = uri(action, target);
    long deadline = environment.clock().nanos() + timeout.toNanos();
    for (int hop = 0; hop <= MAX_REDIRECTS; hop++) {
      Response response;
      try {
        response = request(uri, action.path("httpHeaders"), deadline);
      } catch (ConnectException e) {
        String why = refused(String.valueOf(uri.getHost()), port(uri));
        throw new IOException("Get \"" + uri + "\": " + why, e);
      } catch (IOException e) {
        throw new IOException("Get \"" + uri + "\": " + e.getMessage(), e);
      }
      boolean redirect = response.status() >= 300 && response.status() < 400;
      if (!redirect || response.location().isEmpty()) {
        return new Answer(response.status(), false);
      }
      URI next = uri.resolve(response.location());
      if (!String.valueOf(next.getHost()).equals(uri.getHost())) {
        return new Answer(response.status(), true);
      }
      uri = next;
    }
    throw new IOException("Get \"" + uri + "\": stopped after 10 redirects");
  }

  private static URI uri(JsonNode action, Target target) throws IOException {
    String scheme = action.path("scheme").asText("HTTP").toLowerCase(Locale.ROOT);
    String host = action.path("host").asText();
    host = host.isEmpty() ? target.ip() : host;
    int port = Ports.resolve(action.path("port"), target.container());
    String path = action.path("path").asText();
    path = path.startsWith("/") ? path : "/" + path;
    String bracketed = host.contains(":") ? "[" + host + "]" : host;
    return URI.create(scheme + "://" + bracketed + ":" + port + path.replace(" ", "%20"));
  }

  /** How a connection that nobody accepts is told. */
  public static String refused(String host, int port) {
    return "dial tcp " + host + ":" + port + ": connect: connection refused";
  }

  private static int port(URI uri) {
    int byDefault = "https".equals(uri.getScheme()) ? 443 : 80;
    return uri.getPort() < 0 ? byDefault : uri.getPort();
  }

  private Response request(URI uri, JsonNode headers, long deadline) throws IOException {
    long left = Math.max(1_000_000, deadline - environment.clock().nanos());
    AtomicBoolean late = new AtomicBoolean();
    try (Socket plain = new Socket()) {
      Timers.Cancellable timer =
          environment.timers().after(Duration.ofNanos(left), () -> cut(plain, late));
      try {
        plain.connect(
            new InetSocketAddress(
                String.valueOf(uri.getHost()).replaceAll("[\\[\\]]", ""), port(uri)),
            (int) Math.max(1, left / 1_000_000));
        Socket socket = "https".equals(uri.getScheme()) ? secured(plain, uri) : plain;
        socket.getOutputStream().write(head(uri, headers).getBytes(StandardCharsets.UTF_8));
        socket.getOutputStream().flush();
        return answer(new BufferedInputStream(socket.getInputStream()));
      } catch (IOException e) {
        if (late.get() || e instanceof java.net.SocketTimeoutException) {
          throw new IOException(
              "context deadline exceeded (Client.Timeout exceeded while awaiting headers)", e);
        }
        throw e;
      } finally {
        timer.cancel();
      }
    }
  }

  private static void cut(Socket socket, AtomicBoolean late) {
    late.set(true);
    try {
      socket.close();
    } catch (IOException e) {
      late.set(true); // closing is all that is wanted
    }
  }

  private String head(URI uri, JsonNode headers) {
    Map<String, String> fields = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    fields.put("Host", uri.getAuthority());
    fields.put("User-Agent", userAgent);
    fields.put("Accept", "*/*");
    fields.put("Connection", "close");
    for (JsonNode header : headers) {
      fields.put(header.path("name").asText(), header.path("value").asText());
    }
    String query = uri.getRawQuery() == null ? "" : "?" + uri.getRawQuery();
    StringBuilder head = new StringBuilder("GET " + uri.getRawPath() + query + " HTTP/1.1\r\n");
    fields.forEach(
        (name, value) ->
            head.append(name).append(": ").append(value.replaceAll("[\r\n]", " ")).append("\r\n"));
    return head.append("\r\n").toString();
  }

  private static Response answer(InputStream in) throws IOException {
    StringBuilder head = new StringBuilder();
    int newlines = 0; // an empty line ends the head
    while (newlines < 2 && head.length() < MAX_HEAD) {
      int b = in.read();
      if (b < 0) {
        break;
      }
      head.append((char) b);
      newlines = b == '\n' ? newlines + 1 : b == '\r' ? newlines : 0;
    }
    String[] lines = head.toString().split("\r?\n");
    String[] status = lines[0].split(" ", 3);
    if (status.length < 2 || !status[0].startsWith("HTTP/")) {
      throw new IOException(
          head.isEmpty() ? "EOF" : "malformed HTTP response \"" + lines[0] + "\"");
    }
    String location = "";
    for (String line : lines) {
      if (line.regionMatches(true, 0, "location:", 0, 9)) {
        location = line.substring(9).strip();
      }
    }
    return new Response(Integer.parseInt(status[1]), location);
  }

  private static Socket secured(Socket plain, URI uri) throws IOException {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, new TrustManager[] {new Trusting()}, null);
      return context
          .getSocketFactory()
          .createSocket(plain, String.valueOf(uri.getHost()), port(uri), true);
    } catch (GeneralSecurityException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  /** A probe asks whether something answers, not who. */
  private static final class Trusting implements X509TrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}
