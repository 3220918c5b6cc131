package io.berth.agent.server;

import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How the messages of a session are laid out: the first byte (in base64 forms: character) of each
 * names its channel, the rest is data.
 *
 * @param name the WebSocket subprotocol, empty where the client asks for none
 * @param base64 messages are text, the data in base64
 * @param statuses how a command ended is told as a {@code Status}, and not as text
 */
record StreamProtocol(String name, boolean base64, boolean statuses) {
  private static final Map<String, StreamProtocol> KNOWN =
      Map.of(
          "v5.channel.k8s.io", new StreamProtocol("v5.channel.k8s.io", false, true),
          "v4.channel.k8s.io", new StreamProtocol("v4.channel.k8s.io", false, true),
          "v4.base64.channel.k8s.io", new StreamProtocol("v4.base64.channel.k8s.io", true, true),
          "channel.k8s.io", new StreamProtocol("channel.k8s.io", false, false),
          "base64.channel.k8s.io", new StreamProtocol("base64.channel.k8s.io", true, false),
          "", new StreamProtocol("", false, false));

  /** All that have a name, the best first. */
  static final List<String> NAMES =
      List.of(
          "v5.channel.k8s.io",
          "v4.channel.k8s.io",
          "v4.base64.channel.k8s.io",
          "channel.k8s.io",
          "base64.channel.k8s.io");

  /**
   * @param name as negotiated, null where it was not
   * @throws IllegalArgumentException there is no such protocol
   */
  static StreamProtocol of(@Nullable String name) {
    StreamProtocol found = KNOWN.get(name == null ? "" : name);
    if (found == null) {
      throw new IllegalArgumentException("no protocol of sessions: " + name);
    }
    return found;
  }

  /** A message taken apart. */
  record Piece(int channel, byte[] data) {}

  /** Null where it is empty or not in the protocol's form. */
  @Nullable Piece decode(byte[] message) {
    if (message.length == 0) {
      return null;
    }
    byte[] rest = new byte[message.length - 1];
    System.arraycopy(message, 1, rest, 0, rest.length);
    if (!base64) {
      return new Piece(message[0] & 0xff, rest);
    }
    try {
      return new Piece(message[0] - '0', Base64.getDecoder().decode(rest));
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  byte[] encode(int channel, byte[] bytes, int from, int length) {
    byte[] data = bytes;
    int start = from;
    int size = length;
    if (base64) {
      byte[] plain = new byte[length];
      System.arraycopy(bytes, from, plain, 0, length);
      data = Base64.getEncoder().encode(plain);
      start = 0;
      size = data.length;
    }
    byte[] message = new byte[size + 1];
    message[0] = (byte) (base64 ? '0' + channel : channel);
    System.arraycopy(data, start, message, 1, size);
    return message;
  }
}
