package io.berth.apiserver.http;

import io.berth.api.time.Clock;
import io.berth.apiserver.server.Frames;
import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * A response that goes on. Frames wait in a queue that the connection's event loop empties: what
 * has gathered since its last turn leaves as one chunk, so that a burst of events costs one record
 * and one system call. What waits is bounded: a client that lets more wait is cut.
 */
final class HttpFrames implements Frames {
  private static final int CHUNK_BYTES = 64 << 10;

  /** From here on sources that can wait are asked to. */
  private static final int FULL_BYTES = 512 << 10;

  private final HttpServerRequest request;
  private final HttpServerResponse response;
  private final Context loop;
  private final Executor callbacks;
  private final Clock clock;
  private final int maxPendingBytes;

  private final Queue<byte[]> waiting = new ConcurrentLinkedQueue<>();
  private final Backlog backlog = new Backlog(FULL_BYTES);
  private final AtomicBoolean scheduled = new AtomicBoolean();
  private final List<Runnable> onClosed = new ArrayList<>();
  private volatile boolean ending;
  private volatile boolean closed;
  private volatile long progressNanos;

  HttpFrames(
      HttpServerRequest request,
      Context loop,
      Executor callbacks,
      Clock clock,
      int maxPendingBytes) {
    this.request = request;
    this.response = request.response();
    this.loop = loop;
    this.callbacks = callbacks;
    this.clock = clock;
    this.maxPendingBytes = maxPendingBytes;
    this.progressNanos = clock.nanos();
  }

  @Override
  public boolean write(byte[] frame) {
    if (closed || ending) {
      return false;
    }
    long pending = backlog.add(frame.length);
    if (pending == frame.length) {
      progressNanos = clock.nanos(); // nothing waited before: the client owes nothing yet
    }
    if (pending > maxPendingBytes) {
      cut();
      return false;
    }
    waiting.add(frame);
    schedule();
    return true;
  }

  @Override
  public void end() {
    ending = true;
    schedule();
  }

  @Override
  public boolean full() {
    return backlog.full();
  }

  @Override
  public void onDrained(Runnable callback) {
    backlog.onDrained(callback);
  }

  @Override
  public void onClosed(Runnable callback) {
    synchronized (onClosed) {
      if (!closed) {
        onClosed.add(callback);
        return;
      }
    }
    callbacks.execute(callback);
  }

  /** Ends it at once, whatever waits. */
  void cut() {
    closed();
    loop.runOnContext(
        v -> {
          if (request.version() == HttpVersion.HTTP_2) {
            response.reset(8); // CANCEL
          } else {
            request.connection().close();
          }
        });
  }

  /** Whether bytes wait that the client has taken none of since that time. */
  boolean stalledSince(long nanos) {
    return backlog.bytes() > 0 && progressNanos - nanos < 0;
  }

  /** The client is gone or the response ended. Idempotent. */
  void closed() {
    List<Runnable> told;
    synchronized (onClosed) {
      if (closed) {
        return;
      }
      closed = true;
      told = List.copyOf(onClosed);
      onClosed.clear();
    }
    waiting.clear();
    told.forEach(callbacks::execute);
  }

  private void schedule() {
    if (scheduled.compareAndSet(false, true)) {
      loop.runOnContext(v -> drain());
    }
  }

  /** On the event loop: writes what waits, as far as the connection takes it. */
  private void drain() {
    scheduled.set(false);
    if (closed || response.ended() || response.closed()) {
      return;
    }
    while (!waiting.isEmpty()) {
      if (response.writeQueueFull()) {
        response.drainHandler(v -> schedule());
        return;
      }
      writeChunk();
    }
    if (ending) {
      response.end().onComplete(done -> closed());
    }
  }

  private void writeChunk() {
    byte[] first = waiting.remove();
    Buffer chunk = Buffers.wrap(first);
    int length = first.length;
    byte[] next = waiting.peek();
    if (next != null && length + next.length <= CHUNK_BYTES) {
      chunk = Buffer.buffer(CHUNK_BYTES).appendBytes(first);
      while (next != null && length + next.length <= CHUNK_BYTES) {
        waiting.remove();
        chunk.appendBytes(next);
        length += next.length;
        next = waiting.peek();
      }
    }
    int written = length;
    response.write(chunk).onComplete(done -> taken(written));
  }

  private void taken(int bytes) {
    progressNanos = clock.nanos();
    backlog.taken(bytes);
  }
}
