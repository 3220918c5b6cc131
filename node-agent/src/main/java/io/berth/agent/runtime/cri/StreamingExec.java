package io.berth.agent.runtime.cri;

import io.berth.agent.runtime.RuntimeDriver.Exec;
import io.berth.agent.runtime.RuntimeDriverException;
import io.berth.api.codec.Json;
import io.berth.api.time.Environment;
import io.netty.channel.EventLoopGroup;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;

/**
 * A command in a container, or the container itself, through the runtime's streaming server: one
 * SPDY stream each for standard input, output, error output, the terminal's size and the exit
 * status (protocol {@code v4.channel.k8s.io}). The end of the input is the end of its stream, which
 * the WebSocket form of the protocol cannot say.
 */
final class StreamingExec implements Exec, SpdyConnection.Receiver {
  static final String PROTOCOL = "v4.channel.k8s.io";
  private static final int CHUNK = 32 << 10;

  /** What a terminal's user types to end the input. */
  private static final byte[] END_OF_INPUT = {4};

  /** Commands' statuses are short; what is beyond is no status. */
  private static final int LONGEST_STATUS = 1 << 20;

  private final SpdyConnection connection;
  private final CompletableFuture<Integer> exitCode = new CompletableFuture<>();
  private final ByteArrayOutputStream status = new ByteArrayOutputStream();
  private final OutputStream stdout;
  private final @Nullable OutputStream stderr;
  private final CompletableFuture<ProcessHandle> process;
  private final boolean typedEnd;
  private int errorStream;
  private int stdoutStream;
  private int stderrStream = -1;
  private int resizeStream = -1;

  private StreamingExec(
      SpdyConnection connection,
      OutputStream stdout,
      @Nullable OutputStream stderr,
      CompletableFuture<ProcessHandle> process,
      boolean typedEnd) {
    this.connection = connection;
    this.stdout = stdout;
    this.stderr = stderr;
    this.process = process;
    this.typedEnd = typedEnd;
  }

  /**
   * Connects to the address that the runtime gave and starts the command.
   *
   * @param process the command's process, once it is known; cancelled when the command ends
   * @throws RuntimeDriverException the server does not answer as it should
   */
  static StreamingExec start(
      Environment environment,
      EventLoopGroup eventLoop,
      URI address,
      boolean tty,
      @Nullable InputStream stdin,
      OutputStream stdout,
      @Nullable OutputStream stderr,
      CompletableFuture<ProcessHandle> process) {
    SpdyConnection connection = SpdyConnection.open(eventLoop, address, PROTOCOL);
    StreamingExec exec = new StreamingExec(connection, stdout, stderr, process, tty);
    exec.openStreams(environment, tty, stdin);
    return exec;
  }

  /**
   * Connects to the address that the runtime gave and joins a container's own streams; closing ends
   * no process.
   *
   * @throws RuntimeDriverException the server does not answer as it should
   */
  static StreamingExec attach(
      Environment environment,
      EventLoopGroup eventLoop,
      URI address,
      boolean tty,
      @Nullable InputStream stdin,
      OutputStream stdout,
      @Nullable OutputStream stderr) {
    SpdyConnection connection = SpdyConnection.open(eventLoop, address, PROTOCOL);
    StreamingExec exec =
        new StreamingExec(connection, stdout, stderr, new CompletableFuture<>(), false);
    exec.openStreams(environment, tty, stdin);
    return exec;
  }

  private void openStreams(Environment environment, boolean tty, @Nullable InputStream stdin) {
    errorStream = connection.openStream("error");
    int stdinStream = stdin == null ? -1 : connection.openStream("stdin");
    stdoutStream = connection.openStream("stdout");
    if (stderr != null) {
      stderrStream = connection.openStream("stderr");
    }
    if (tty) {
      resizeStream = connection.openStream("resize");
    }
    environment.executor().execute(() -> connection.deliver(this));
    if (stdin != null) {
      environment.executor().execute(() -> feed(stdin, stdinStream));
    }
  }

  private void feed(InputStream stdin, int stream) {
    byte[] chunk = new byte[CHUNK];
    try {
      int length;
      while ((length = stdin.read(chunk)) >= 0 && !exitCode.isDone()) {
        connection.send(stream, chunk, length, false);
      }
      if (typedEnd) {
        // The end of the stream would hang up the terminal, and with it end the command before
        // its output came.
        connection.send(stream, END_OF_INPUT, END_OF_INPUT.length, false);
      } else {
        connection.send(stream, chunk, 0, true);
      }
    } catch (IOException e) {
      // Either the command ended without reading on, or the input broke, which is its end.
      connection.endQuietly(stream);
    }
  }

  @Override
  public void received(int stream, byte[] bytes) throws IOException {
    if (stream == stdoutStream) {
      stdout.write(bytes);
      stdout.flush();
    } else if (stream == stderrStream && stderr != null) {
      stderr.write(bytes);
      stderr.flush();
    } else if (stream == errorStream && status.size() < LONGEST_STATUS) {
      status.writeBytes(bytes);
    }
  }

  @Override
  public boolean streamEnded(int stream) {
    return stream == errorStream;
  }

  @Override
  public void ended(@Nullable IOException broken) {
    connection.close();
    process.cancel(false);
    if (broken != null) {
      exitCode.completeExceptionally(
          new RuntimeDriverException("the command's output cannot be passed on", broken));
      return;
    }
    try {
      exitCode.complete(ExecStatus.exitCode(status.toByteArray()));
    } catch (RuntimeDriverException e) {
      exitCode.completeExceptionally(e);
    }
  }

  @Override
  public int waitFor() throws InterruptedException {
    try {
      return exitCode.get();
    } catch (ExecutionException e) {
      throw e.getCause() instanceof RuntimeDriverException known
          ? known
          : new RuntimeDriverException("the command failed", e.getCause());
    }
  }

  @Override
  public void resize(int columns, int rows) {
    if (resizeStream >= 0 && !exitCode.isDone()) {
      byte[] size = Json.bytes(Json.object().put("Width", columns).put("Height", rows));
      try {
        connection.send(resizeStream, size, size.length, false);
      } catch (IOException e) {
        // It has ended; there is nothing to resize.
      }
    }
  }

  @Override
  public void close() {
    if (!exitCode.isDone()) {
      // By handle and not by pid: it is the very process, or none any more.
      var _ = process.thenAccept(ProcessHandle::destroyForcibly);
    }
    connection.close();
  }
}
