package io.berth.agent.server;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ServerWebSocket;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;

/**
 * A WebSocket that carries several channels. Sending blocks until the connection has taken the
 * message; what comes in is handed over on the event loop and is not to block there.
 */
final class ChannelSocket {
  private static final int CHUNK = 32 * 1024;

  /** Takes what comes in, one call at a time. */
  interface Receiver {
    void received(int channel, byte[] data);

    void closed();
  }

  private final ServerWebSocket socket;
  private final StreamProtocol protocol;
  private final PauseGate gate;

  /** To be made on the event loop, before the first message is delivered. */
  ChannelSocket(ServerWebSocket socket) {
    this.socket = socket;
    this.gate = new PauseGate(socket::pause, socket::resume);
    this.protocol = StreamProtocol.of(socket.subProtocol());
  }

  void receive(Receiver receiver) {
    if (protocol.base64()) {
      socket.textMessageHandler(
          text -> received(receiver, text.getBytes(StandardCharsets.ISO_8859_1)));
    } else {
      socket.binaryMessageHandler(message -> received(receiver, message.getBytes()));
    }
    socket.closeHandler(v -> receiver.closed());
  }

  private void received(Receiver receiver, byte[] message) {
    StreamProtocol.Piece piece = protocol.decode(message);
    if (piece != null) {
      receiver.received(piece.channel(), piece.data());
    }
  }

  StreamProtocol protocol() {
    return protocol;
  }

  /** Holds the client up until as many calls of {@link #resume} have come. */
  void pause() {
    gate.pause();
  }

  void resume() {
    gate.resume();
  }

  void send(int channel, byte[] bytes, int from, int length) throws IOException {
    Buffer message = Buffer.buffer(protocol.encode(channel, bytes, from, length));
    Written.await(
        protocol.base64()
            ? socket.writeTextMessage(message.toString(StandardCharsets.ISO_8859_1))
            : socket.writeBinaryMessage(message));
  }

  void send(int channel, byte[] bytes) throws IOException {
    send(channel, bytes, 0, bytes.length);
  }

  void close() {
    var _ = socket.close();
  }

  /** What is written to it goes out on a channel. */
  OutputStream output(int channel) {
    return new OutputStream() {
      @Override
      public void write(int b) throws IOException {
        write(new byte[] {(byte) b}, 0, 1);
      }

      @Override
      public void write(byte[] bytes, int from, int length) throws IOException {
        for (int at = 0; at < length; at += CHUNK) {
          send(channel, bytes, from + at, Math.min(CHUNK, length - at));
        }
      }
    };
  }
}
