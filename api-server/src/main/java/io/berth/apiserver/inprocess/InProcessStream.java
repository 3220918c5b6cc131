package io.berth.apiserver.inprocess;

import io.berth.api.object.ApiObject;
import io.berth.api.transport.ApiResponse;
import io.berth.api.transport.Transport;
import io.berth.apiserver.server.Frames;
import io.berth.apiserver.server.ResponseSink;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One answer on its way to a listener. What the listener has not taken waits in a bounded queue;
 * one task at a time delivers it. A listener that lets too much wait is cut, as a client over HTTPS
 * is.
 *
 * <pre>
 * OPEN --send/start--> ANSWERING --end--> ENDED (the rest is delivered, then onClose)
 *    \________________________\--cancel, cut--> ENDED (what waits is dropped, then onClose)
 * </pre>
 */
final class InProcessStream implements Transport.Stream, ResponseSink, Frames {
  private static final int MAX_PENDING_BYTES = 16 << 20;
  private static final int FULL_BYTES = 512 << 10;

  /**
   * What waits: a frame, or a watch event.
   *
   * @param bytes the frame, or the event's object
   */
  private record Item(byte[] bytes, @Nullable String type, @Nullable ApiObject object) {
    static Item of(byte[] frame) {
      return new Item(frame, null, null);
    }
  }

  private final Transport.StreamListener listener;
  private final Executor executor;
  private final Consumer<InProcessStream> onGone;

  private final Queue<Item> waiting = new ArrayDeque<>();
  private final List<Runnable> onClosed = new ArrayList<>();
  private final List<Runnable> onDrained = new ArrayList<>();
  private int pendingBytes;
  private boolean wasFull;
  private int status;
  private boolean started;
  private boolean lines;
  private boolean ended;
  private boolean closeDelivered;
  private boolean delivering;
  private @Nullable Throwable cause;

  /**
   * @param onGone told once, when the stream ended
   */
  InProcessStream(
      Transport.StreamListener listener, Executor executor, Consumer<InProcessStream> onGone) {
    this.listener = listener;
    this.executor = executor;
    this.onGone = onGone;
  }

  synchronized boolean open() {
    return !ended;
  }

  @Override
  public synchronized void send(ApiResponse response) {
    if (ended) {
      return;
    }
    status = response.status();
    if (response.body().length > 0) {
      waiting.add(Item.of(response.body().clone()));
      pendingBytes += response.body().length;
    }
    finish(null);
  }

  @Override
  public synchronized Frames start(int status, Map<String, String> headers) {
    if (!ended) {
      this.status = status;
      String type = headers.get("content-type");
      lines = type != null && type.startsWith("application/json");
      schedule();
    }
    return this;
  }

  @Override
  public boolean write(byte[] frame) {
    return add(Item.of(frame));
  }

  @Override
  public boolean event(String type, ApiObject object) {
    return add(new Item(object.json(), type, object));
  }

  private synchronized boolean add(Item item) {
    if (ended) {
      return false;
    }
    int size = item.bytes().length;
    if (pendingBytes + size > MAX_PENDING_BYTES) {
      drop(new IOException("the stream was cut: its listener is too slow"));
      return false;
    }
    pendingBytes += size;
    waiting.add(item);
    schedule();
    return true;
  }

  @Override
  public synchronized void end() {
    if (!ended) {
      finish(null);
    }
  }

  @Override
  public synchronized void cancel() {
    if (!ended) {
      drop(null);
    }
  }

  @Override
  public synchronized boolean full() {
    boolean full = pendingBytes >= FULL_BYTES;
    wasFull |= full;
    return full;
  }

  @Override
  public synchronized void onDrained(Runnable callback) {
    onDrained.add(callback);
  }

  @Override
  public synchronized void onClosed(Runnable callback) {
    if (ended) {
      executor.execute(callback);
    } else {
      onClosed.add(callback);
    }
  }

  private void drop(@Nullable Throwable why) {
    waiting.clear();
    pendingBytes = 0;
    finish(why);
  }

  private void finish(@Nullable Throwable why) {
    ended = true;
    cause = why;
    onClosed.forEach(executor::execute);
    onClosed.clear();
    schedule();
  }

  private void schedule() {
    if (!delivering) {
      delivering = true;
      executor.execute(this::deliver);
    }
  }

  private void deliver() {
    Runnable next;
    while ((next = next()) != null) {
      next.run();
    }
  }

  /** The next call of the listener, or null where there is none to make now. */
  private synchronized @Nullable Runnable next() {
    if (!started && status != 0) {
      started = true;
      int head = status;
      return () -> listener.onStart(head);
    }
    Item item = waiting.poll();
    if (item != null) {
      pendingBytes -= item.bytes().length;
      tellDrained();
      return delivery(item);
    }
    if (ended && !closeDelivered) {
      closeDelivered = true;
      Throwable why = cause;
      return () -> {
        onGone.accept(this);
        listener.onClose(why);
      };
    }
    delivering = false;
    return null;
  }

  private Runnable delivery(Item item) {
    String type = item.type();
    ApiObject object = item.object();
    if (type != null && object != null) {
      return () -> listener.onEvent(type, object);
    }
    byte[] own = own(item.bytes());
    return () -> listener.onFrame(own);
  }

  private void tellDrained() {
    if (wasFull && pendingBytes < FULL_BYTES / 2) {
      wasFull = false;
      onDrained.forEach(executor::execute);
    }
  }

  /** A copy, of a watch's event without its newline. */
  private byte[] own(byte[] frame) {
    boolean newline = lines && frame.length > 0 && frame[frame.length - 1] == '\n';
    return Arrays.copyOf(frame, newline ? frame.length - 1 : frame.length);
  }
}
