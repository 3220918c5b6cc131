package io.berth.agent.runtime;

import io.berth.api.time.Environment;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/**
 * A connection that the agent opens itself, for sandboxes whose address it reaches. The end of
 * either side is passed on to the other, which may go on.
 */
public final class TcpForward implements RuntimeDriver.Forward {
  private static final Duration CONNECT_LIMIT = Duration.ofSeconds(5);
  private static final int CHUNK = 32 << 10;

  private final Socket socket = new Socket();
  private final CompletableFuture<Void> answered = new CompletableFuture<>();

  private TcpForward() {}

  /** Begins to connect, and to carry what comes once that is done. */
  public static TcpForward start(
      Environment environment, InetSocketAddress to, InputStream in, OutputStream out) {
    TcpForward forward = new TcpForward();
    environment.executor().execute(() -> forward.run(environment, to, in, out));
    return forward;
  }

  private void run(
      Environment environment, InetSocketAddress to, InputStream in, OutputStream out) {
    try (out) {
      socket.connect(to, (int) CONNECT_LIMIT.toMillis());
      environment.executor().execute(() -> send(in));
      copy(socket.getInputStream(), out);
      answered.complete(null);
    } catch (IOException e) {
      answered.completeExceptionally(
          new RuntimeDriverException(
              "connect to %s:%d: %s".formatted(to.getHostString(), to.getPort(), e.getMessage()),
              e));
    }
  }

  private void send(InputStream in) {
    try {
      copy(in, socket.getOutputStream());
      socket.shutdownOutput();
    } catch (IOException e) {
      closeQuietly(); // the reading side learns it
    }
  }

  private static void copy(InputStream from, OutputStream to) throws IOException {
    byte[] chunk = new byte[CHUNK];
    int length;
    while ((length = from.read(chunk)) >= 0) {
      to.write(chunk, 0, length);
      to.flush();
    }
  }

  @Override
  public void waitFor() throws InterruptedException {
    try {
      answered.get();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof RuntimeDriverException known
          ? known
          : new RuntimeDriverException("the connection broke", e.getCause());
    } finally {
      closeQuietly();
    }
  }

  @Override
  public void close() {
    closeQuietly();
  }

  private void closeQuietly() {
    try {
      socket.close();
    } catch (IOException e) {
      // It is of no use any more either way.
    }
  }
}
