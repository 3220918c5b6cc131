package io.berth.agent.probe;

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
 * One GET over a connection of its own: any header may be set, certificates are not checked, and
 * redirects are followed as long as they stay on the same host.
 */
final class HttpProbe {
  private static final int MAX_REDIRECTS = 10;
  private static final int MAX_HEAD = 64 * 1024;

  private record Answer(int status, String location) {}

  private final Environment environment;
  private final ProbeRunner.Target target;
  private final Duration timeout;

  HttpProbe(Environment environment, ProbeRunner.Target target, Duration timeout) {
    this.environment = environment;
    this.target = target;
    this.timeout = timeout;
  }

  ProbeRunner.Result get(JsonNode action) throws IOException {
    String scheme = action.path("scheme").asText("HTTP").toLowerCase(Locale.ROOT);
    String host = action.path("host").asText();
    host = host.isEmpty() ? target.ip() : host;
    int port = Ports.resolve(action.path("port"), target.container());
    String path = action.path("path").asText();
    path = path.startsWith("/") ? path : "/" + path;
    String bracketed = host.contains(":") ? "[" + host + "]" : host;
    URI uri = URI.create(scheme + "://" + bracketed + ":" + port + path.replace(" ", "%20"));
    long deadline = environment.clock().nanos() + timeout.toNanos();
    for (int hop = 0; hop <= MAX_REDIRECTS; hop++) {
      Answer answer;
      try {
        answer = request(uri, action.path("httpHeaders"), deadline);
      } catch (ConnectException e) {
        String why = RealProbes.refused(String.valueOf(uri.getHost()), port(uri));
        return new ProbeRunner.Result(false, "Get \"" + uri + "\": " + why);
      } catch (IOException e) {
        return new ProbeRunner.Result(false, "Get \"" + uri + "\": " + e.getMessage());
      }
      boolean redirect = answer.status() >= 300 && answer.status() < 400;
      URI next = redirect && !answer.location().isEmpty() ? uri.resolve(answer.location()) : null;
      if (next != null && String.valueOf(next.getHost()).equals(uri.getHost())) {
        uri = next;
      } else if (answer.status() >= 200 && answer.status() < 400) {
        return new ProbeRunner.Result(true, "");
      } else {
        return new ProbeRunner.Result(
            false, "HTTP probe failed with statuscode: " + answer.status());
      }
    }
    return new ProbeRunner.Result(false, "Get \"" + uri + "\": stopped after 10 redirects");
  }

  private static int port(URI uri) {
    int byDefault = "https".equals(uri.getScheme()) ? 443 : 80;
    return uri.getPort() < 0 ? byDefault : uri.getPort();
  }

  private Answer request(URI uri, JsonNode headers, long deadline) throws IOException {
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

  private static String head(URI uri, JsonNode headers) {
    Map<String, String> fields = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
    fields.put("Host", uri.getAuthority());
    fields.put("User-Agent", "kube-probe/1.36");
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

  private static Answer answer(InputStream in) throws IOException {
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
    return new Answer(Integer.parseInt(status[1]), location);
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
