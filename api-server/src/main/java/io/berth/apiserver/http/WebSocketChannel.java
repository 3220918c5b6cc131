package io.berth.apiserver.http;

import io.berth.apiserver.server.MessageChannel;
import io.vertx.core.Context;
import io.vertx.core.http.WebSocketBase;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/** A WebSocket, of the server's side or the client's. Everything happens on its event loop. */
final class WebSocketChannel implements MessageChannel {
  /** Larger messages close the connection: sessions send pieces of at most 32 KiB. */
  static final int MAX_MESSAGE_BYTES = 4 << 20;

  private static final int FULL_BYTES = 256 << 10;

  private final WebSocketBase socket;
  private final Context loop;
  private final Backlog backlog = new Backlog(FULL_BYTES);
  private final AtomicBoolean ended = new AtomicBoolean();
  private volatile @Nullable Receiver receiver;

  /** To be made on the event loop, before it delivers the first message. */
  WebSocketChannel(WebSocketBase socket, Context loop) {
    this.socket = socket;
    this.loop = loop;
    socket.pause();
    socket.exceptionHandler(e -> {}); // the close handler follows
    // Now and not once there is a receiver: by then it may have closed, and takes no handlers.
    socket.textMessageHandler(
        text -> deliver(new Message(text.getBytes(StandardCharsets.UTF_8), true)));
    socket.binaryMessageHandler(data -> deliver(new Message(data.getBytes(), false)));
    socket.endHandler(end -> ended());
  }

  private void deliver(Message message) {
    Receiver to = receiver;
    if (to != null) { // always: nothing is delivered while it is paused
      to.onMessage(message);
    }
  }

  @Override
  public void receive(Receiver to) {
    loop.runOnContext(
        v -> {
          receiver = to;
          socket.resume();
          if (socket.isClosed()) { // before this: what waited is delivered first, then the end
            loop.runOnContext(next -> loop.runOnContext(later -> ended()));
          }
        });
  }

  private void ended() {
    Receiver to = receiver;
    if (to != null && ended.compareAndSet(false, true)) {
      Short code = socket.closeStatusCode();
      String reason = socket.closeReason();
      to.onClosed(code == null ? 1006 : code, reason == null ? "" : reason);
    }
  }

  @Override
  public void send(Message message) {
    int length = message.data().length;
    backlog.add(length);
    loop.runOnContext(
        v -> {
          if (socket.isClosed()) {
            return;
          }
          (message.text()
                  ? socket.writeTextMessage(new String(message.data(), StandardCharsets.UTF_8))
                  : socket.writeBinaryMessage(Buffers.wrap(message.data())))
              .onComplete(done -> backlog.taken(length));
        });
  }

  /** What was sent and not taken yet. */
  long pendingBytes() {
    return backlog.bytes();
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
  public void pause() {
    loop.runOnContext(v -> socket.pause());
  }

  @Override
  public void resume() {
    loop.runOnContext(v -> socket.resume());
  }

  @Override
  public void close(int code, String reason) {
    loop.runOnContext(
        v -> {
          if (!socket.isClosed()) {
            socket.close((short) code, reason);
          }
        });
  }
}
