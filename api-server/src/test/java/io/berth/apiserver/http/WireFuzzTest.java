package io.berth.apiserver.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.berth.apiserver.server.Responses;
import io.netty.util.ResourceLeakDetector;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/**
 * Whatever bytes come over a connection, those who send proper requests are served as before, no
 * answer is a 5xx, and neither threads nor buffers are left behind.
 */
@Timeout(120)
class WireFuzzTest {
  private static final long SEED = Long.getLong("fuzz.seed", 20_260);
  private static final int CONNECTIONS = Integer.getInteger("fuzz.connections", 200);

  private static final List<String> PIECES =
      List.of(
          "GET /api/v1/pods HTTP/1.1\r\n",
          "GET /version HTTP/1.1\r\nHost: a\r\n\r\n",
          "POST /api/v1/namespaces/d/pods HTTP/1.1\r\n",
          "Host: localhost\r\n",
          "\r\n",
          "Content-Length: 5\r\n",
          "Content-Length: -1\r\n",
          "Content-Length: 99999999999\r\n",
          "Transfer-Encoding: chunked\r\n\r\n",
          "5\r\nhello\r\n0\r\n\r\n",
          "ZZ\r\n",
          "hello",
          "Connection: Upgrade\r\nUpgrade: websocket\r\n",
          "Sec-WebSocket-Version: 13\r\n",
          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
          "Expect: 100-continue\r\n",
          "Connection: close\r\n",
          "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
          "\u0000\u0000\u0006\u0004\u0000\u0000\u0000\u0000\u0000",
          "GET  HTTP/9.9\r\n",
          "GET /%zz?%=& HTTP/1.1\r\n",
          "Authorization: Bearer x\r\n",
          "Accept: ;,;q=x\r\n",
          "X: " + "y".repeat(70_000) + "\r\n",
          "\u00ff\u00fe\n\n");

  @TempDir Path directory;
  private TestingCluster cluster;
  private final ListAppender<ILoggingEvent> leaks = new ListAppender<>();
  private final Logger detector = (Logger) LoggerFactory.getLogger(ResourceLeakDetector.class);

  @BeforeEach
  void start() throws Exception {
    ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.PARANOID);
    leaks.start();
    detector.addAppender(leaks);
    cluster =
        new TestingCluster(
            directory, (request, info, identity, sink) -> sink.send(Responses.text(200, "ok")));
  }

  @AfterEach
  void stop() throws Exception {
    cluster.close();
    detector.detachAppender(leaks);
    ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.SIMPLE);
  }

  @Test
  void anyBytesOnAConnectionDisturbNobodyElse() throws Exception {
    Random random = new Random(SEED);
    assertServed();
    int threads = Thread.activeCount();
    for (int i = 0; i < CONNECTIONS; i++) {
      byte[] bytes = bytes(random);
      try (Socket socket = open(random.nextInt(8) == 0)) {
        socket.setSoTimeout(20);
        socket.getOutputStream().write(bytes);
        socket.getOutputStream().flush();
        if (random.nextBoolean()) {
          String answer = read(socket.getInputStream());
          assertThat(answer)
              .as("connection %d of seed %d", i, SEED)
              .doesNotContainPattern("HTTP/1.1 5[0-9][0-9]")
              .doesNotContain("Exception");
        }
      } catch (IOException e) {
        // Closed by the server, or never a handshake: a fair answer to such bytes.
      }
    }
    assertServed();
    System.gc(); // leaks show when buffers are collected, and the next are handed out
    assertServed();
    assertThat(Thread.activeCount()).isLessThanOrEqualTo(threads + 4);
    assertThat(leaks.list).isEmpty();
  }

  private Socket open(boolean plain) throws Exception {
    if (plain) {
      return new Socket(InetAddress.getLoopbackAddress(), cluster.port);
    }
    SSLSocket socket =
        (SSLSocket)
            cluster
                .tls(cluster.pki.admin())
                .getSocketFactory()
                .createSocket("127.0.0.1", cluster.port);
    socket.startHandshake();
    return socket;
  }

  private static byte[] bytes(Random random) {
    StringBuilder text = new StringBuilder();
    for (int i = 1 + random.nextInt(8); i > 0; i--) {
      text.append(PIECES.get(random.nextInt(PIECES.size())));
    }
    byte[] bytes = text.toString().getBytes(ISO_8859_1);
    if (random.nextInt(4) == 0) {
      bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length + 1));
    }
    for (int i = random.nextInt(4); i > 0 && bytes.length > 0; i--) {
      bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
    }
    return bytes;
  }

  /** What comes before the server ends the connection or falls silent. */
  private static String read(InputStream in) throws IOException {
    byte[] buffer = new byte[16 << 10];
    int length = in.read(buffer);
    return length < 0 ? "" : new String(buffer, 0, length, ISO_8859_1);
  }

  private void assertServed() throws Exception {
    try (var client = cluster.admin()) {
      for (int i = 0; i < 20; i++) {
        assertThat(
                client
                    .send(cluster.request("/api/v1/pods").build(), BodyHandlers.ofString())
                    .statusCode())
            .isEqualTo(200);
      }
    }
  }
}
