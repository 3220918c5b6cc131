package io.berth.apiserver.webhook;

import io.berth.api.time.Clock;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import javax.net.ssl.SNIHostName;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/**
 * One request over a connection of its own, to an address that need not be what its name resolves
 * to: the certificate is held against the name all the same. Blocks; bounded in time and size.
 */
public final class HttpsCall {
  private static final int MAX_HEAD = 64 << 10;
  private static final int MAX_BODY = 8 << 20;

  /**
   * Where to.
   *
   * @param address to connect to
   * @param host the name that the certificate must bear
   * @param authority of the host header, with the port where it is not the usual one
   */
  public record Target(InetSocketAddress address, String host, String authority) {}

  /** What came back. */
  public record Answer(int status, Map<String, String> headers, byte[] body) {}

  private final SSLContext tls;
  private final boolean checkHost;
  private final Clock clock;

  /**
   * @param tls whom to trust, and who we are
   * @param checkHost whether the certificate must bear the host's name
   */
  public HttpsCall(SSLContext tls, boolean checkHost, Clock clock) {
    this.tls = tls;
    this.checkHost = checkHost;
    this.clock = clock;
  }

  /**
   * @param headers beside those of the connection
   * @param body empty for none
   * @throws IOException no whole answer within the limit
   */
  public Answer send(
      Target target,
      String method,
      String path,
      Map<String, String> headers,
      byte[] body,
      Duration limit)
      throws IOException {
    long end = clock.nanos() + limit.toNanos();
    InetSocketAddress address =
        target.address().isUnresolved()
            ? new InetSocketAddress(target.address().getHostString(), target.address().getPort())
            : target.address();
    try (Socket plain = new Socket()) {
      plain.connect(address, left(end));
      plain.setSoTimeout(left(end));
      plain.setTcpNoDelay(true);
      try (SSLSocket socket =
          (SSLSocket)
              tls.getSocketFactory().createSocket(plain, target.host(), address.getPort(), true)) {
        SSLParameters parameters = socket.getSSLParameters();
        if (checkHost) {
          parameters.setEndpointIdentificationAlgorithm("HTTPS");
        }
        if (target.host().matches(".*[a-zA-Z].*") && target.host().indexOf(':') < 0) {
          parameters.setServerNames(List.of(new SNIHostName(target.host())));
        }
        socket.setSSLParameters(parameters);
        socket.startHandshake();
        write(socket.getOutputStream(), target, method, path, headers, body);
        return new Reader(socket.getInputStream(), plain, end).read();
      }
    } catch (SocketTimeoutException e) {
      throw new IOException("context deadline exceeded", e);
    }
  }

  private int left(long end) throws SocketTimeoutException {
    long millis = (end - clock.nanos()) / 1_000_000;
    if (millis <= 0) {
      throw new SocketTimeoutException("the time is over");
    }
    return (int) Math.min(millis, Integer.MAX_VALUE);
  }

  private static void write(
      OutputStream out,
      Target target,
      String method,
      String path,
      Map<String, String> headers,
      byte[] body)
      throws IOException {
    StringBuilder head = new StringBuilder();
    head.append(method).append(' ').append(path).append(" HTTP/1.1\r\n");
    head.append("Host: ").append(target.authority()).append("\r\nConnection: close\r\n");
    headers.forEach((name, value) -> head.append(name).append(": ").append(value).append("\r\n"));
    head.append("Content-Length: ").append(body.length).append("\r\n\r\n");
    ByteArrayOutputStream whole = new ByteArrayOutputStream(head.length() + body.length);
    whole.writeBytes(head.toString().getBytes(StandardCharsets.ISO_8859_1));
    whole.writeBytes(body);
    out.write(whole.toByteArray());
    out.flush();
  }

  /** Reads an answer. */
  private final class Reader {
    private final InputStream in;
    private final Socket socket;
    private final long end;
    private int headRead;

    Reader(InputStream in, Socket socket, long end) {
      this.in = in;
      this.socket = socket;
      this.end = end;
    }

    Answer read() throws IOException {
      String[] status = line().split(" ", 3);
      if (status.length < 2 || !status[0].startsWith("HTTP/1.")) {
        throw new IOException("malformed HTTP response");
      }
      Map<String, String> headers = new TreeMap<>();
      for (String line = line(); !line.isEmpty(); line = line()) {
        int colon = line.indexOf(':');
        if (colon > 0) {
          headers.put(
              line.substring(0, colon).strip().toLowerCase(Locale.ROOT),
              line.substring(colon + 1).strip());
        }
      }
      try {
        return new Answer(Integer.parseInt(status[1]), headers, body(headers));
      } catch (NumberFormatException e) {
        throw new IOException("malformed HTTP response", e);
      }
    }

    private byte[] body(Map<String, String> headers) throws IOException {
      String encoding = headers.getOrDefault("transfer-encoding", "");
      ByteArrayOutputStream body = new ByteArrayOutputStream();
      if (encoding.toLowerCase(Locale.ROOT).contains("chunked")) {
        while (true) {
          String size = line();
          int semicolon = size.indexOf(';');
          int length =
              Integer.parseInt((semicolon < 0 ? size : size.substring(0, semicolon)).strip(), 16);
          if (length == 0) {
            return body.toByteArray();
          }
          copy(body, length);
          line();
        }
      }
      @Nullable String length = headers.get("content-length");
      copy(body, length == null ? -1 : Integer.parseInt(length));
      return body.toByteArray();
    }

    /** That many bytes, or all that comes. */
    private void copy(ByteArrayOutputStream to, int length) throws IOException {
      byte[] buffer = new byte[8 << 10];
      int missing = length;
      while (missing != 0) {
        socket.setSoTimeout(left(end));
        int read =
            in.read(buffer, 0, missing < 0 ? buffer.length : Math.min(missing, buffer.length));
        if (read < 0) {
          if (missing > 0) {
            throw new EOFException("unexpected EOF");
          }
          return;
        }
        to.write(buffer, 0, read);
        missing -= missing > 0 ? read : 0;
        if (to.size() > MAX_BODY) {
          throw new IOException("the response is too large");
        }
      }
    }

    private String line() throws IOException {
      ByteArrayOutputStream line = new ByteArrayOutputStream();
      socket.setSoTimeout(left(end));
      for (int b = in.read(); b != '\n'; b = in.read()) {
        if (b < 0) {
          throw new EOFException("EOF");
        }
        if (++headRead > MAX_HEAD && line.size() > MAX_HEAD) {
          throw new IOException("the head of the response is too large");
        }
        line.write(b);
      }
      return line.toString(StandardCharsets.ISO_8859_1).stripTrailing();
    }
  }
}
