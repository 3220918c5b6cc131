package io.berth.agent.runtime.qemu;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * What a frame carries: numbers little-endian, bytes and strings behind a length of 4 bytes, lists
 * behind a count of 4 bytes.
 */
final class Payload {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  Payload u8(int value) {
    out.write(value);
    return this;
  }

  Payload u32(long value) {
    for (int shift = 0; shift < 32; shift += 8) {
      out.write((int) (value >> shift));
    }
    return this;
  }

  Payload u64(long value) {
    return u32(value).u32(value >> 32);
  }

  Payload bytes(byte[] bytes, int offset, int length) {
    u32(length);
    out.write(bytes, offset, length);
    return this;
  }

  Payload bytes(byte[] bytes) {
    return bytes(bytes, 0, bytes.length);
  }

  Payload str(String text) {
    return bytes(text.getBytes(StandardCharsets.UTF_8));
  }

  Payload strs(List<String> texts) {
    u32(texts.size());
    texts.forEach(this::str);
    return this;
  }

  /** Bytes as they are, without a length. */
  Payload raw(byte[] bytes) {
    out.writeBytes(bytes);
    return this;
  }

  byte[] toBytes() {
    return out.toByteArray();
  }

  /** Reads what a {@link Payload} wrote; throws {@link ProtocolException} where it is too short. */
  static final class Reader {
    private final ByteBuffer in;

    Reader(byte[] bytes) {
      in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    }

    private void need(long count) {
      if (count < 0 || in.remaining() < count) {
        throw new ProtocolException("a frame from the guest is cut short");
      }
    }

    int u8() {
      need(1);
      return in.get() & 0xff;
    }

    int u32() {
      need(4);
      return in.getInt();
    }

    long u64() {
      need(8);
      return in.getLong();
    }

    byte[] bytes() {
      int length = u32();
      need(length);
      byte[] bytes = new byte[length];
      in.get(bytes);
      return bytes;
    }

    String str() {
      return new String(bytes(), StandardCharsets.UTF_8);
    }

    List<String> strs() {
      int count = u32();
      need(count * 4L);
      List<String> texts = new ArrayList<>(count);
      for (int i = 0; i < count; i++) {
        texts.add(str());
      }
      return texts;
    }
  }

  /** The guest said what it must not. */
  static final class ProtocolException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    ProtocolException(String message) {
      super(message);
    }
  }
}
