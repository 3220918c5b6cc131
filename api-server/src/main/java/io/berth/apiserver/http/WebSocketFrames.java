package io.berth.apiserver.http;

import io.berth.apiserver.server.Frames;
import io.berth.apiserver.server.MessageChannel;
import io.berth.apiserver.server.MessageChannel.Message;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * An answer that goes on over a WebSocket, as clients in browsers ask for it: each frame is a
 * message, of text where the answer is JSON. What waits is bounded: a client that lets more wait is
 * cut. What the client sends is of no interest.
 */
final class WebSocketFrames implements Frames, MessageChannel.Receiver {
  private static final int TRY_AGAIN_LATER = 1013;

  private final WebSocketChannel channel;
  private final Executor callbacks;
  private final boolean text;
  private final long maxPendingBytes;
  private final AtomicBoolean closed = new AtomicBoolean();
  private final List<Runnable> onClosed = new ArrayList<>();

  WebSocketFrames(
      WebSocketChannel channel, Executor callbacks, boolean text, long maxPendingBytes) {
    this.channel = channel;
    this.callbacks = callbacks;
    this.text = text;
    this.maxPendingBytes = maxPendingBytes;
    channel.receive(this);
  }

  @Override
  public boolean write(byte[] frame) {
    if (closed.get()) {
      return false;
    }
    if (channel.pendingBytes() + frame.length > maxPendingBytes) {
      channel.close(TRY_AGAIN_LATER, "too slow");
      onClosed(0, "");
      return false;
    }
    channel.send(new Message(frame, text));
    return true;
  }

  @Override
  public void end() {
    channel.close(1000, "");
    onClosed(1000, "");
  }

  @Override
  public boolean full() {
    return channel.full();
  }

  @Override
  public void onDrained(Runnable callback) {
    channel.onDrained(callback);
  }

  @Override
  public void onClosed(Runnable callback) {
    synchronized (onClosed) {
      if (!closed.get()) {
        onClosed.add(callback);
        return;
      }
    }
    callbacks.execute(callback);
  }

  @Override
  public void onMessage(Message message) {}

  @Override
  public void onClosed(int code, String reason) {
    List<Runnable> told;
    synchronized (onClosed) {
      if (!closed.compareAndSet(false, true)) {
        return;
      }
      told = List.copyOf(onClosed);
      onClosed.clear();
    }
    told.forEach(callbacks::execute);
  }
}
