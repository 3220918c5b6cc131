package io.berth.agent.runtime.cri;

import io.berth.agent.runtime.RuntimeDriver.Forward;
import io.berth.agent.runtime.RuntimeDriverException;
import io.berth.api.time.Environment;
import io.netty.channel.EventLoopGroup;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * A connection into a sandbox's network namespace through the runtime's streaming server (protocol
 * {@code portforward.k8s.io}): one SPDY stream for the bytes and one for what went wrong. Each
 * connection has a SPDY connection of its own, so that a slow one holds up no other.
 */
final class StreamingForward implements Forward, SpdyConnection.Receiver {
  private static final String PROTOCOL = "portforward.k8s.io";
  private static final int CHUNK = 32 << 10;
  private static final int LONGEST_ERROR = 16 << 10;

  private final SpdyConnection connection;
  private final OutputStream out;
  private final int errorStream;
  private final int dataStream;
  private final ByteArrayOutputStream error = new ByteArrayOutputStream();
  private final CompletableFuture<Void> ended = new CompletableFuture<>();
  private boolean dataEnded;
  private boolean errorEnded;

  private StreamingForward(SpdyConnection connection, int port, OutputStream out) {
    this.connection = connection;
    this.out = out;
    Map<String, String> headers = Map.of("port", Integer.toString(port), "requestid", "0");
    errorStream = connection.openStream("error", headers);
    connection.endQuietly(errorStream); // errors come from the other side only
    dataStream = connection.openStream("data", headers);
  }

  /**
   * Connects to the address that the runtime gave.
   *
   * @throws RuntimeDriverException the server does not answer as it should
   */
  static StreamingForward start(
      Environment environment,
      EventLoopGroup eventLoop,
      URI address,
      int port,
      InputStream in,
      OutputStream out) {
    SpdyConnection connection = SpdyConnection.open(eventLoop, address, PROTOCOL);
    StreamingForward forward = new StreamingForward(connection, port, out);
    environment.executor().execute(() -> connection.deliver(forward));
    environment.executor().execute(() -> forward.feed(in));
    return forward;
  }

  private void feed(InputStream in) {
    byte[] chunk = new byte[CHUNK];
    try {
      int length;
      while ((length = in.read(chunk)) >= 0 && !ended.isDone()) {
        connection.send(dataStream, chunk, length, false);
      }
    } catch (IOException e) {
      // The other side is gone, which whoever waits learns, or the client is, which is the end.
    }
    connection.endQuietly(dataStream);
  }

  @Override
  public void received(int stream, byte[] bytes) throws IOException {
    if (stream == dataStream) {
      out.write(bytes);
      out.flush();
    } else if (error.size() < LONGEST_ERROR) {
      error.writeBytes(bytes);
    }
  }

  @Override
  public boolean streamEnded(int stream) {
    dataEnded |= stream == dataStream;
    errorEnded |= stream == errorStream;
    return dataEnded && errorEnded;
  }

  @Override
  public void ended(@Nullable IOException broken) {
    connection.close();
    try {
      out.close();
    } catch (IOException e) {
      // Nobody reads any more.
    }
    if (error.size() > 0) {
      ended.completeExceptionally(
          new RuntimeDriverException(error.toString(StandardCharsets.UTF_8)));
    } else if (broken != null) {
      ended.completeExceptionally(
          new RuntimeDriverException("what came cannot be passed on", broken));
    } else {
      ended.complete(null);
    }
  }

  @Override
  public void waitFor() throws InterruptedException {
    try {
      ended.get();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof RuntimeDriverException known
          ? known
          : new RuntimeDriverException("the connection broke", e.getCause());
    }
  }

  @Override
  public void close() {
    connection.close();
  }
}
