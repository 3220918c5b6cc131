package io.berth.agent.runtime.qemu;

import io.berth.agent.runtime.RuntimeDriver;
import io.berth.api.time.Environment;
import java.io.IOException;
import java.io.OutputStream;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A client that reads what a container in a machine prints, beside its log. The guest is never held
 * up for it: a client that lets more than a limit wait is cut off.
 */
final class GuestAttachment implements RuntimeDriver.Exec {
  private static final int LIMIT = 4 << 20;

  /** Null bytes are the end. */
  private record Piece(int stream, byte @Nullable [] bytes) {}

  private static final Piece END = new Piece(0, null);

  private final Environment environment;
  private final OutputStream stdout;
  private final @Nullable OutputStream stderr;
  private final Consumer<GuestAttachment> detach;
  private final String container;

  /** Bounded by {@link #LIMIT}. */
  private final BlockingQueue<Piece> waiting = new LinkedBlockingQueue<>();

  private final AtomicInteger waitingBytes = new AtomicInteger();
  private final CountDownLatch ended = new CountDownLatch(1);
  private volatile boolean over;

  GuestAttachment(
      Environment environment,
      OutputStream stdout,
      @Nullable OutputStream stderr,
      Consumer<GuestAttachment> detach,
      String container) {
    this.environment = environment;
    this.stdout = stdout;
    this.stderr = stderr;
    this.detach = detach;
    this.container = container;
  }

  String container() {
    return container;
  }

  void start() {
    environment.executor().execute(this::deliver);
  }

  /** Never blocks. */
  void output(int stream, byte[] bytes) {
    if (over) {
      return;
    }
    if (waitingBytes.addAndGet(bytes.length) > LIMIT) {
      over = true;
      waiting.clear();
      waiting.add(END);
    } else {
      waiting.add(new Piece(stream, bytes));
    }
  }

  /** Nothing further comes; what waits is delivered. */
  void containerEnded() {
    waiting.add(END);
  }

  private void deliver() {
    try {
      while (true) {
        Piece piece = waiting.take();
        byte[] bytes = piece.bytes();
        if (bytes == null) {
          return;
        }
        OutputStream to = piece.stream() == 1 && stderr != null ? stderr : stdout;
        to.write(bytes);
        to.flush();
        waitingBytes.addAndGet(-bytes.length);
      }
    } catch (IOException e) {
      // The client has gone.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      over = true;
      detach.accept(this);
      ended.countDown();
    }
  }

  @Override
  public int waitFor() throws InterruptedException {
    ended.await();
    return 0;
  }

  /** There is no terminal to size: the client only reads. */
  @Override
  public void resize(int columns, int rows) {}

  @Override
  public void close() {
    over = true;
    waiting.add(END);
  }
}
