package io.berth.agent.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.spdy.DefaultSpdyDataFrame;
import io.netty.handler.codec.spdy.DefaultSpdyPingFrame;
import io.netty.handler.codec.spdy.DefaultSpdySynStreamFrame;
import io.netty.handler.codec.spdy.SpdyDataFrame;
import io.netty.handler.codec.spdy.SpdyFrame;
import io.netty.handler.codec.spdy.SpdyPingFrame;
import io.netty.handler.codec.spdy.SpdyRstStreamFrame;
import io.netty.handler.codec.spdy.SpdySynReplyFrame;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.WebSocket;
import io.vertx.core.http.WebSocketClient;
import io.vertx.core.http.WebSocketClientOptions;
import io.vertx.core.http.WebSocketConnectOptions;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Attaching to containers and forwarding ports, in every protocol that clients speak. */
class SessionsTest {
  private static final String V4 = "v4.channel.k8s.io";

  @TempDir Path directory;
  private TestingAgent agent;
  private ServerSocket echo;

  @BeforeEach
  void start() throws Exception {
    agent = new TestingAgent(directory);
    echo = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    agent.environment.executor().execute(this::accept);
  }

  @AfterEach
  void stop() throws Exception {
    agent.close();
    echo.close();
  }

  private void accept() {
    try {
      while (true) {
        Socket socket = echo.accept();
        agent.environment.executor().execute(() -> sendBack(socket));
      }
    } catch (IOException e) {
      // The test is over.
    }
  }

  /** Says the last word only once the client has ended: half-closed connections are to work. */
  private static void sendBack(Socket socket) {
    try (socket) {
      socket.getInputStream().transferTo(socket.getOutputStream());
      socket.getOutputStream().write("bye".getBytes(UTF_8));
    } catch (IOException e) {
      // The client has gone.
    }
  }

  private static int closedPort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private static byte[] message(int channel, String text) {
    byte[] bytes = (" " + text).getBytes(UTF_8);
    bytes[0] = (byte) channel;
    return bytes;
  }

  @Test
  void attachJoinsTheStreamsOfTheContainerUntilItEnds() throws Exception {
    agent.run("cat", "cat; sleep 600");
    TestingAgent.Session session = agent.open("/attach/default/cat/main?input=1&output=1");
    session.send(message(0, "hello"));
    TestingAgent.await(() -> session.text(1).equals("hello"));
    agent.driver.exit(agent.driver.present().getFirst().id(), 0);
    assertThat(session.ended.await(20, TimeUnit.SECONDS)).isTrue();
    assertThat(session.text(3)).contains("Success");
  }

  @Test
  void whoeverLeavesAnAttachedContainerLeavesItRunning() throws Exception {
    agent.run("cat", "cat; sleep 600");
    TestingAgent.Session session = agent.open("/attach/default/cat/main?input=1&output=1");
    session.leave();
    assertThat(session.ended.await(20, TimeUnit.SECONDS)).isTrue();
    assertThat(agent.phase("cat")).isEqualTo("Running");
  }

  @Test
  void olderProtocolsOfSessionsAreServed() throws Exception {
    agent.run("web", "sleep infinity");
    String exec = "/exec/default/web/main?output=1&command=sh&command=-c&command=echo+hi;exit+3";
    TestingAgent.Session base64 = agent.open(exec, "v4.base64.channel.k8s.io");
    assertThat(base64.ended.await(20, TimeUnit.SECONDS)).isTrue();
    assertThat(base64.texts).contains("1aGkK").last().asString().startsWith("3eyJ");
    TestingAgent.Session plain = agent.open(exec, "channel.k8s.io");
    assertThat(plain.ended.await(20, TimeUnit.SECONDS)).isTrue();
    assertThat(plain.text(1)).isEqualTo("hi\n");
    assertThat(plain.text(3))
        .isEqualTo("command terminated with non-zero exit code: exit status 3");
  }

  @Test
  void portsAreForwardedOnChannels() throws Exception {
    agent.run("web", "sleep infinity");
    int port = echo.getLocalPort();
    int closed = closedPort();
    TestingAgent.Session session =
        agent.open("/portForward/default/web?port=" + port + "&port=" + closed, V4);
    session.send(message(0, "over"));
    TestingAgent.await(() -> session.text(0).endsWith("over"));
    assertThat(session.channels[0].toByteArray())
        .startsWith((byte) port, (byte) (port >> 8), (byte) 'o');
    TestingAgent.await(() -> session.text(3).contains("error forwarding port " + closed));
  }

  @Test
  void aPortForwardWithoutPortsOrProtocolIsRefused() {
    agent.run("web", "sleep infinity");
    for (String path : List.of("/portForward/default/web", "/portForward/default/web?port=0")) {
      assertThatThrownBy(() -> agent.open(path, V4)).isInstanceOf(ExecutionException.class);
    }
    assertThatThrownBy(
            () -> agent.open("/exec/default/web/main?output=1&command=id", SpdyTunnel.PROTOCOL))
        .isInstanceOf(ExecutionException.class);
    assertThatThrownBy(() -> agent.open("/portForward/default/none?port=80", V4))
        .isInstanceOf(ExecutionException.class);
  }

  @Test
  void connectionsTravelInATunnelSideBySide() throws Exception {
    agent.run("web", "sleep infinity");
    try (Tunnel tunnel = new Tunnel("web")) {
      tunnel.connect(1, echo.getLocalPort());
      tunnel.connect(5, echo.getLocalPort());
      tunnel.send(7, "second".getBytes(UTF_8), false);
      byte[] big = new byte[3 << 20];
      Arrays.fill(big, (byte) 'x');
      tunnel.send(3, big, true);
      tunnel.await(7, "second");
      TestingAgent.await(() -> tunnel.ended(3) && tunnel.ended(1));
      assertThat(tunnel.text(3)).hasSize(big.length + 3).endsWith("bye");
      assertThat(tunnel.text(1)).isEmpty();
      assertThat(tunnel.ended(7)).isFalse();
      tunnel.send(7, new byte[0], true);
      tunnel.await(7, "secondbye");
    }
  }

  @Test
  void aPortThatNobodyListensAtIsToldOnTheErrorStream() throws Exception {
    agent.run("web", "sleep infinity");
    int closed = closedPort();
    try (Tunnel tunnel = new Tunnel("web")) {
      tunnel.connect(1, closed);
      TestingAgent.await(() -> tunnel.ended(1) && tunnel.ended(3));
      assertThat(tunnel.text(1))
          .startsWith("error forwarding port " + closed + " to pod web, uid ");
    }
  }

  @Test
  void streamsThatMakeNoSenseAreRefusedAndPingsAnswered() throws Exception {
    agent.run("web", "sleep infinity");
    try (Tunnel tunnel = new Tunnel("web")) {
      tunnel.open(1, "data", "0");
      tunnel.open(3, "soup", "80");
      tunnel.send(new DefaultSpdyPingFrame(7));
      TestingAgent.await(() -> tunnel.pings.get() == 1);
      assertThat(tunnel.refused).containsExactly(1, 3);
    }
  }

  /** The client's end of a tunnel. */
  private final class Tunnel implements AutoCloseable {
    private final SpdyFraming framing = new SpdyFraming();
    private final Map<Integer, ByteArrayOutputStream> received = new HashMap<>();
    private final List<Integer> over = new ArrayList<>();
    private final List<Integer> replied = new ArrayList<>();
    private final List<Integer> refused = new ArrayList<>();
    private final Vertx vertx = Vertx.vertx();
    private final WebSocketClient client; // closes itself once nobody holds it
    private final WebSocket socket;
    private final AtomicInteger pings = new AtomicInteger();

    Tunnel(String pod) throws Exception {
      WebSocketClientOptions options =
          new WebSocketClientOptions()
              .setSsl(true)
              .setTrustOptions(
                  new PemTrustOptions().addCertValue(Buffer.buffer(TestTls.pem("ca.pem"))))
              .setKeyCertOptions(
                  new PemKeyCertOptions()
                      .addCertValue(Buffer.buffer(TestTls.pem("apiserver.pem")))
                      .addKeyValue(Buffer.buffer(TestTls.pem("apiserver.key"))));
      WebSocketConnectOptions to = new WebSocketConnectOptions();
      to.setHost("127.0.0.1").setPort(agent.agent.port()).setURI("/portForward/default/" + pod);
      to.addSubProtocol(SpdyTunnel.PROTOCOL);
      client = vertx.createWebSocketClient(options);
      socket =
          client
              .connect(to)
              .map(
                  opened -> {
                    opened.binaryMessageHandler(message -> received(message.getBytes()));
                    return opened;
                  })
              .toCompletionStage()
              .toCompletableFuture()
              .get(20, TimeUnit.SECONDS);
    }

    /** Opens the pair of streams of one connection: errors on the first, bytes on the next. */
    void connect(int first, int port) throws Exception {
      open(first, "error", Integer.toString(port));
      send(first, new byte[0], true);
      open(first + 2, "data", Integer.toString(port));
      TestingAgent.await(() -> has(replied, first) && has(replied, first + 2));
    }

    void open(int stream, String type, String port) throws Exception {
      DefaultSpdySynStreamFrame frame = new DefaultSpdySynStreamFrame(stream, 0, (byte) 0);
      frame.headers().set("streamtype", type).set("port", port);
      frame.headers().set("requestid", Integer.toString((stream - 1) / 4));
      send(frame);
    }

    void send(int stream, byte[] bytes, boolean last) throws Exception {
      int at = 0;
      do {
        int length = Math.min(16 << 10, bytes.length - at);
        DefaultSpdyDataFrame frame =
            new DefaultSpdyDataFrame(stream, Unpooled.wrappedBuffer(bytes, at, length));
        at += length;
        frame.setLast(last && at == bytes.length);
        send(frame);
      } while (at < bytes.length);
    }

    void send(SpdyFrame frame) throws Exception {
      byte[] bytes;
      synchronized (framing) {
        bytes = framing.encode(frame);
      }
      socket
          .writeBinaryMessage(Buffer.buffer(bytes))
          .toCompletionStage()
          .toCompletableFuture()
          .get(20, TimeUnit.SECONDS);
    }

    private void received(byte[] bytes) {
      synchronized (framing) {
        framing.decode(bytes, this::frame);
      }
    }

    private void frame(SpdyFrame frame) {
      switch (frame) {
        case SpdyDataFrame data -> {
          received
              .computeIfAbsent(data.streamId(), id -> new ByteArrayOutputStream())
              .writeBytes(ByteBufUtil.getBytes(data.content()));
          if (data.isLast()) {
            over.add(data.streamId());
          }
        }
        case SpdySynReplyFrame reply -> {
          assertThat(reply.headers().isEmpty()).as("clients need a block of headers").isFalse();
          replied.add(reply.streamId());
        }
        case SpdyRstStreamFrame reset -> refused.add(reset.streamId());
        case SpdyPingFrame ping -> pings.incrementAndGet();
        default -> throw new IllegalStateException(frame.toString());
      }
    }

    private boolean has(List<Integer> list, int stream) {
      synchronized (framing) {
        return list.contains(stream);
      }
    }

    boolean ended(int stream) {
      return has(over, stream);
    }

    String text(int stream) {
      synchronized (framing) {
        return received.getOrDefault(stream, new ByteArrayOutputStream()).toString(UTF_8);
      }
    }

    void await(int stream, String text) {
      TestingAgent.await(() -> text(stream).equals(text));
    }

    @Override
    public void close() {
      var _ = vertx.close();
      synchronized (framing) {
        framing.close();
      }
    }
  }
}
