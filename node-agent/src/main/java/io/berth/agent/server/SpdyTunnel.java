package io.berth.agent.server;

import io.berth.agent.pod.PodLocator;
import io.berth.agent.runtime.RuntimeDriver;
import io.berth.agent.runtime.RuntimeDriverException;
import io.berth.api.time.Environment;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.spdy.DefaultSpdyDataFrame;
import io.netty.handler.codec.spdy.DefaultSpdyPingFrame;
import io.netty.handler.codec.spdy.DefaultSpdyRstStreamFrame;
import io.netty.handler.codec.spdy.DefaultSpdySynReplyFrame;
import io.netty.handler.codec.spdy.SpdyDataFrame;
import io.netty.handler.codec.spdy.SpdyFrame;
import io.netty.handler.codec.spdy.SpdyPingFrame;
import io.netty.handler.codec.spdy.SpdyRstStreamFrame;
import io.netty.handler.codec.spdy.SpdyStreamStatus;
import io.netty.handler.codec.spdy.SpdySynStreamFrame;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ServerWebSocket;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ports of a pod as kubectl forwards them: a SPDY/3.1 connection whose bytes are the messages of a
 * WebSocket. For each connection to a port the client opens two streams that share a request id,
 * one for errors and one for the bytes; there is no flow control but the connection's own, so that
 * a pod that takes nothing holds up all connections of one tunnel once its buffer is full.
 */
final class SpdyTunnel {
  /** The subprotocol that clients ask for. */
  static final String PROTOCOL = "SPDY/3.1+portforward.k8s.io";

  private static final Logger log = LoggerFactory.getLogger(SpdyTunnel.class);
  private static final int CHUNK = 32 * 1024;
  private static final int MAX_STREAMS = 2_000;

  /** A stream that the client opened. */
  private record Stream(int id, String type, int port, String request, InputBuffer input) {}

  private final ServerWebSocket socket;
  private final PodLocator.Sandboxed target;
  private final Environment environment;
  private final PauseGate gate;

  /** Guarded by this, as is all that follows. */
  private final SpdyFraming framing = new SpdyFraming();

  private final Map<Integer, Stream> streams = new HashMap<>();
  private final Map<String, Stream> waiting = new HashMap<>();
  private final Map<Integer, RuntimeDriver.Forward> open = new HashMap<>();
  private boolean gone;

  /** Serves a tunnel until it closes. To be called on the event loop, before the first message. */
  static void open(ServerWebSocket socket, PodLocator.Sandboxed target, Environment environment) {
    SpdyTunnel tunnel = new SpdyTunnel(socket, target, environment);
    socket.binaryMessageHandler(message -> tunnel.received(message.getBytes()));
    socket.closeHandler(v -> tunnel.closed());
  }

  private SpdyTunnel(ServerWebSocket socket, PodLocator.Sandboxed target, Environment environment) {
    this.socket = socket;
    this.target = target;
    this.environment = environment;
    this.gate = new PauseGate(socket::pause, socket::resume);
  }

  private synchronized void received(byte[] bytes) {
    if (gone) {
      return;
    }
    try {
      framing.decode(bytes, this::frame);
    } catch (IllegalArgumentException e) {
      log.debug("port forward broke off: {}", e.getMessage());
      var _ = socket.close((short) 1002, "not SPDY/3.1");
    }
  }

  private void frame(SpdyFrame frame) {
    switch (frame) {
      case SpdySynStreamFrame opened -> opened(opened);
      case SpdyDataFrame data -> {
        Stream stream = streams.get(data.streamId());
        if (stream != null) {
          stream.input().add(ByteBufUtil.getBytes(data.content()));
          if (data.isLast()) {
            stream.input().end();
          }
        }
      }
      case SpdyRstStreamFrame reset -> reset(reset.streamId());
      case SpdyPingFrame ping -> post(new DefaultSpdyPingFrame(ping.id()));
      default -> {} // window sizes and settings: there is no flow control
    }
  }

  private void opened(SpdySynStreamFrame opened) {
    int id = opened.streamId();
    CharSequence type = opened.headers().get("streamtype");
    CharSequence port = opened.headers().get("port");
    CharSequence request = opened.headers().get("requestid");
    int number = number(port);
    boolean known =
        type != null && (type.toString().equals("data") || type.toString().equals("error"));
    if (!known || number < 1 || streams.size() >= MAX_STREAMS) {
      post(new DefaultSpdyRstStreamFrame(id, SpdyStreamStatus.REFUSED_STREAM));
      return;
    }
    // Clients of old give no request id: a pair's streams are opened one after the other.
    String pair = request == null ? "stream " + (id - 1) / 4 : request.toString();
    InputBuffer input = new InputBuffer(gate::pause, gate::resume);
    Stream stream = new Stream(id, type.toString(), number, pair, input);
    streams.put(id, stream);
    if (opened.isLast()) {
      input.end();
    }
    DefaultSpdySynReplyFrame reply = new DefaultSpdySynReplyFrame(id);
    // The codec leaves a block of no headers out altogether, which clients cannot read.
    reply.headers().set("streamtype", stream.type());
    post(reply);
    Stream other = waiting.remove(pair);
    if (other == null || other.type().equals(stream.type())) {
      waiting.put(pair, stream);
      return;
    }
    boolean isData = stream.type().equals("data");
    Stream data = isData ? stream : other;
    Stream error = isData ? other : stream;
    environment.executor().execute(() -> carry(data, error));
  }

  private static int number(@Nullable CharSequence port) {
    try {
      int number = port == null ? 0 : Integer.parseInt(port.toString());
      return number > 65_535 ? 0 : number;
    } catch (NumberFormatException e) {
      return 0;
    }
  }

  private void reset(int id) {
    Stream stream = streams.remove(id);
    if (stream != null) {
      waiting.remove(stream.request(), stream);
      stream.input().close();
    }
    RuntimeDriver.Forward forward = open.remove(id);
    if (forward != null) {
      forward.close();
    }
  }

  private synchronized void closed() {
    if (gone) {
      return;
    }
    gone = true;
    streams.values().forEach(stream -> stream.input().close());
    open.values().forEach(RuntimeDriver.Forward::close);
    streams.clear();
    open.clear();
    waiting.clear();
    framing.close();
  }

  /** Carries one connection to its end. Blocks. */
  private void carry(Stream data, Stream error) {
    String failure = null;
    try (RuntimeDriver.Forward forward =
        target
            .driver()
            .forward(target.sandboxId(), data.port(), data.input(), new Output(data.id()))) {
      if (!keep(data, forward)) {
        return;
      }
      forward.waitFor();
    } catch (RuntimeDriverException e) {
      failure = PortErrors.of(data.port(), target.pod(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      failure = "the node's agent shuts down";
    } finally {
      over(data, error, failure);
    }
  }

  /** False where the client went in the meantime. */
  private synchronized boolean keep(Stream data, RuntimeDriver.Forward forward) {
    if (gone || !streams.containsKey(data.id())) {
      return false;
    }
    open.put(data.id(), forward);
    return true;
  }

  private void over(Stream data, Stream error, @Nullable String failure) {
    data.input().close();
    try {
      if (failure != null) {
        log.debug("port forward failed reason={}", failure);
        send(error.id(), failure.getBytes(StandardCharsets.UTF_8), 0, -1, false);
      }
      send(error.id(), new byte[0], 0, 0, true);
      send(data.id(), new byte[0], 0, 0, true);
    } catch (IOException e) {
      log.debug("client left port forward: {}", e.getMessage());
    }
    synchronized (this) {
      streams.remove(data.id());
      streams.remove(error.id());
      open.remove(data.id());
    }
  }

  /** Sends without waiting, for the short frames of the event loop. */
  private void post(SpdyFrame frame) {
    var _ = socket.writeBinaryMessage(Buffer.buffer(framing.encode(frame)));
  }

  private void send(int stream, byte[] bytes, int from, int length, boolean last)
      throws IOException {
    int size = length < 0 ? bytes.length : length;
    Future<Void> written;
    synchronized (this) {
      if (gone || !streams.containsKey(stream)) {
        throw new IOException("the client has closed the stream");
      }
      DefaultSpdyDataFrame frame =
          new DefaultSpdyDataFrame(stream, Unpooled.copiedBuffer(bytes, from, size));
      frame.setLast(last);
      written = socket.writeBinaryMessage(Buffer.buffer(framing.encode(frame)));
    }
    Written.await(written);
  }

  /** What the pod sends on one connection; its end is said once errors are known. */
  private final class Output extends OutputStream {
    private final int stream;

    Output(int stream) {
      this.stream = stream;
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int from, int length) throws IOException {
      for (int at = 0; at < length; at += CHUNK) {
        send(stream, bytes, from + at, Math.min(CHUNK, length - at), false);
      }
    }
  }
}
