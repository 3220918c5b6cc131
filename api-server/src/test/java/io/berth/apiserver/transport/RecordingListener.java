package io.berth.apiserver.transport;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.berth.api.transport.Transport;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** Keeps what a stream delivers. */
final class RecordingListener implements Transport.StreamListener {
  final CompletableFuture<Integer> status = new CompletableFuture<>();
  final CountDownLatch closed = new CountDownLatch(1);
  final AtomicInteger closes = new AtomicInteger();
  volatile @Nullable Throwable cause;
  private final List<String> frames = new ArrayList<>();
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final @Nullable CountDownLatch gate;

  /**
   * @param gate the listener takes its first frame only when this opens, or null
   */
  RecordingListener(@Nullable CountDownLatch gate) {
    this.gate = gate;
  }

  @Override
  public void onStart(int code) {
    status.complete(code);
  }

  @Override
  public void onFrame(byte[] frame) {
    try {
      if (gate != null && !gate.await(10, TimeUnit.SECONDS)) {
        throw new IllegalStateException("the gate stayed shut");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    synchronized (this) {
      frames.add(new String(frame, UTF_8));
      bytes.writeBytes(frame);
      notifyAll();
    }
  }

  @Override
  public void onClose(@Nullable Throwable why) {
    cause = why;
    closes.incrementAndGet();
    closed.countDown();
  }

  synchronized List<String> await(int count) throws InterruptedException {
    long limit = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (frames.size() < count && System.nanoTime() - limit < 0) {
      wait(100); // each frame wakes it
    }
    return List.copyOf(frames);
  }

  synchronized byte[] bytes() {
    return bytes.toByteArray();
  }
}
