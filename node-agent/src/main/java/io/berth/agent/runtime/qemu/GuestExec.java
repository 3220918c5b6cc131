package io.berth.agent.runtime.qemu;

import io.berth.agent.runtime.RuntimeDriver;
import io.berth.agent.runtime.RuntimeDriverException;
import io.berth.api.time.Environment;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A command in a container of a machine. Both directions have windows, so that one slow client
 * holds up neither the guest nor its other execs: the guest sends no more than was written out
 * here, and takes no more input than its command reads.
 */
final class GuestExec implements RuntimeDriver.Exec, GuestChannel.ExecEvents {
  private static final Logger log = LoggerFactory.getLogger(GuestExec.class);
  private static final int INPUT_WINDOW = 64 * 1024;
  private static final int OUTPUT_WINDOW = 256 * 1024;
  private static final int PIECE = 16 * 1024;
  private static final int TTY = 1;
  private static final int STDIN = 2;

  /** A piece of output; at the end one with the exit code and no bytes. */
  private record Piece(int stream, byte @Nullable [] bytes, int exitCode) {}

  private final GuestChannel channel;
  private final @Nullable InputStream stdin;
  private final OutputStream stdout;
  private final @Nullable OutputStream stderr;
  private final int id;

  /** Bounded by the output window. */
  private final BlockingQueue<Piece> output = new LinkedBlockingQueue<>();

  private final Semaphore inputCredit = new Semaphore(INPUT_WINDOW);
  private final CompletableFuture<Integer> exit = new CompletableFuture<>();
  private volatile boolean clientGone;

  private GuestExec(
      GuestChannel channel,
      @Nullable InputStream stdin,
      OutputStream stdout,
      @Nullable OutputStream stderr) {
    this.channel = channel;
    this.stdin = stdin;
    this.stdout = stdout;
    this.stderr = stderr;
    this.id = channel.register(this);
  }

  /** Has the guest start the command; the answer, and all else, comes later. */
  static GuestExec start(
      GuestChannel channel,
      Environment environment,
      String container,
      List<String> command,
      boolean tty,
      @Nullable InputStream stdin,
      OutputStream stdout,
      @Nullable OutputStream stderr) {
    GuestExec exec = new GuestExec(channel, stdin, stdout, stderr);
    Payload request =
        new Payload()
            .u32(exec.id)
            .str(container)
            .u8((tty ? TTY : 0) | (stdin != null ? STDIN : 0))
            .u32(OUTPUT_WINDOW)
            .strs(command);
    environment.executor().execute(() -> exec.begin(request, environment));
    return exec;
  }

  private void begin(Payload request, Environment environment) {
    try {
      channel.request(GuestMessage.EXEC, request);
    } catch (RuntimeException e) {
      channel.unregister(id);
      exit.completeExceptionally(e);
      return;
    }
    if (stdin != null) {
      environment.executor().execute(() -> pumpInput(stdin));
    }
    pumpOutput();
  }

  private void pumpInput(InputStream from) {
    byte[] piece = new byte[PIECE];
    try {
      int n;
      while (!exit.isDone() && (n = from.read(piece)) >= 0) {
        if (n == 0) {
          continue;
        }
        inputCredit.acquire(n);
        channel.send(GuestMessage.EXEC_INPUT, new Payload().u32(id).bytes(piece, 0, n));
      }
    } catch (IOException e) {
      log.debug("exec input ended: {}", e.toString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    channel.send(GuestMessage.EXEC_INPUT, new Payload().u32(id).u32(0));
  }

  private void pumpOutput() {
    try {
      while (true) {
        Piece piece = output.take();
        if (piece.bytes() == null) {
          exit.complete(piece.exitCode());
          return;
        }
        write(piece.stream(), piece.bytes());
        channel.send(GuestMessage.EXEC_CREDIT, new Payload().u32(id).u32(piece.bytes().length));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      exit.completeExceptionally(e);
    } finally {
      channel.unregister(id);
      inputCredit.release(INPUT_WINDOW);
    }
  }

  private void write(int stream, byte[] bytes) {
    OutputStream to = stream == 1 && stderr != null ? stderr : stdout;
    if (clientGone) {
      return;
    }
    try {
      to.write(bytes);
      to.flush();
    } catch (IOException e) {
      log.debug("exec output has no reader: {}", e.toString());
      clientGone = true;
      close();
    }
  }

  @Override
  public void output(int stream, byte[] bytes) {
    output.add(new Piece(stream, bytes, 0));
  }

  @Override
  public void inputCredit(int bytes) {
    inputCredit.release(bytes);
  }

  @Override
  public void exited(int code) {
    output.add(new Piece(0, null, code));
  }

  @Override
  public void broken(String why) {
    exit.completeExceptionally(new RuntimeDriverException(why));
    output.add(new Piece(0, null, -1));
  }

  @Override
  public int waitFor() throws InterruptedException {
    try {
      return exit.get();
    } catch (ExecutionException e) {
      String message = e.getCause() == null ? e.getMessage() : e.getCause().getMessage();
      throw new RuntimeDriverException(message == null ? "exec failed" : message, e);
    }
  }

  @Override
  public void resize(int columns, int rows) {
    channel.send(GuestMessage.EXEC_RESIZE, new Payload().u32(id).u32(columns).u32(rows));
  }

  @Override
  public void close() {
    if (!exit.isDone()) {
      channel.send(GuestMessage.EXEC_KILL, new Payload().u32(id));
    }
  }
}
