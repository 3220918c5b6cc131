package io.berth.agent.server;

import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.Objects;
import java.util.Queue;

/**
 * Bytes from a connection to a process that reads them. Filled without blocking; when more than a
 * limit waits the sender is asked to pause, and to resume once most of it was read.
 */
final class InputBuffer extends InputStream {
  private static final int HIGH = 256 * 1024;
  private static final int LOW = 64 * 1024;

  private final Runnable pause;
  private final Runnable resume;
  private final Queue<byte[]> chunks = new ArrayDeque<>();
  private byte[] current = new byte[0];
  private int at;
  private int waiting;
  private boolean paused;
  private boolean ended;

  InputBuffer(Runnable pause, Runnable resume) {
    this.pause = pause;
    this.resume = resume;
  }

  synchronized void add(byte[] bytes) {
    if (ended || bytes.length == 0) {
      return;
    }
    chunks.add(bytes);
    waiting += bytes.length;
    if (waiting > HIGH && !paused) {
      paused = true;
      pause.run();
    }
    notifyAll();
  }

  /** No more will come. */
  synchronized void end() {
    ended = true;
    notifyAll();
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public synchronized int read(byte[] into, int from, int length) throws IOException {
    Objects.checkFromIndexSize(from, length, into.length);
    while (at == current.length) {
      byte[] next = chunks.poll();
      if (next != null) {
        current = next;
        at = 0;
      } else if (ended) {
        return -1;
      } else {
        try {
          wait();
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          throw new IOException("interrupted", e);
        }
      }
    }
    int count = Math.min(length, current.length - at);
    System.arraycopy(current, at, into, from, count);
    at += count;
    waiting -= count;
    if (paused && waiting < LOW) {
      paused = false;
      resume.run();
    }
    return count;
  }

  @Override
  public synchronized int available() {
    return waiting;
  }

  @Override
  public synchronized void close() {
    ended = true;
    chunks.clear();
    waiting = 0;
    if (paused) {
      paused = false;
      resume.run();
    }
    notifyAll();
  }
}
