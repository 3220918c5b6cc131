package io.berth.apiserver.store.embedded;

import io.berth.apiserver.store.StoreException;
import io.berth.apiserver.store.StoreUnavailableException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Gathers writes while the last group is being committed, and gives them as one group to the
 * committer, on the writer's executor, one group at a time. Bounded: callers wait for room.
 */
final class WriteQueue {
  /** What a request costs beside its value. */
  private static final long OVERHEAD_BYTES = 200;

  /** A request and its answer. */
  static final class Pending {
    private final WriteRequest request;
    private final CompletableFuture<Object> answer = new CompletableFuture<>();

    Pending(WriteRequest request) {
      this.request = request;
    }

    WriteRequest request() {
      return request;
    }

    void succeed(Object result) {
      answer.complete(result);
    }

    void fail(RuntimeException cause) {
      answer.completeExceptionally(cause);
    }

    private long bytes() {
      return OVERHEAD_BYTES + request.bytes();
    }
  }

  private final EmbeddedOptions options;
  private final Executor writer;
  private final Consumer<List<Pending>> committer;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Queue<Pending> queue = new ArrayDeque<>();
  private long queuedBytes;
  private boolean committing;
  private boolean closed;

  /**
   * @param committer answers every request of the group that it is given, and does not throw
   */
  WriteQueue(EmbeddedOptions options, Executor writer, Consumer<List<Pending>> committer) {
    this.options = options;
    this.writer = writer;
    this.committer = committer;
  }

  /**
   * Waits for a request's turn and its answer.
   *
   * @throws StoreUnavailableException the queue is full or closed, or the answer did not come; then
   *     the request may still be carried out
   */
  Object call(WriteRequest request) {
    Pending pending = new Pending(request);
    try {
      enqueue(pending);
      return pending.answer.get(options.patience().toNanos(), TimeUnit.NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StoreUnavailableException("interrupted while waiting for the store", e);
    } catch (TimeoutException e) {
      throw new StoreUnavailableException(
          "the disk did not answer in " + seconds(options.patience()), e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof StoreException cause) {
        throw cause;
      }
      throw new IllegalStateException(e.getCause());
    }
  }

  private void enqueue(Pending pending) throws InterruptedException {
    lock.lock();
    try {
      long left = options.patience().toNanos();
      while (!closed && full()) {
        if (left <= 0) {
          throw new StoreUnavailableException(
              "too many writes wait for the disk: " + queue.size(), null);
        }
        left = changed.awaitNanos(left);
      }
      if (closed) {
        throw new StoreUnavailableException("the store is closed", null);
      }
      add(pending);
    } finally {
      lock.unlock();
    }
  }

  private boolean full() {
    return queue.size() >= options.queuedWrites() || queuedBytes >= options.queuedBytes();
  }

  private void add(Pending pending) {
    queue.add(pending);
    queuedBytes += pending.bytes();
    if (!committing) {
      committing = true;
      writer.execute(this::commitAll);
    }
  }

  /** Adds a request that nobody waits for, unless there is no room. */
  void offer(WriteRequest request) {
    lock.lock();
    try {
      if (!closed && !full()) {
        add(new Pending(request));
      }
    } finally {
      lock.unlock();
    }
  }

  private void commitAll() {
    for (List<Pending> group = next(); group != null; group = next()) {
      committer.accept(group);
    }
  }

  private @Nullable List<Pending> next() {
    lock.lock();
    try {
      List<Pending> group = new ArrayList<>();
      while (group.size() < options.groupWrites() && !queue.isEmpty()) {
        Pending pending = queue.remove();
        queuedBytes -= pending.bytes();
        group.add(pending);
      }
      committing = !group.isEmpty();
      changed.signalAll();
      return committing ? group : null;
    } finally {
      lock.unlock();
    }
  }

  /** Takes no more requests and waits until those taken are answered. */
  void close() {
    lock.lock();
    try {
      closed = true;
      changed.signalAll();
      while (committing) {
        changed.awaitUninterruptibly();
      }
    } finally {
      lock.unlock();
    }
  }

  private static String seconds(Duration duration) {
    return duration.toMillis() / 1000.0 + " s";
  }
}
