package io.berth.agent.runtime.qemu;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.zip.CRC32;

/**
 * Frames on a byte stream: {@code END type payload crc32 END}, with END and ESC escaped inside as
 * SLIP does. A frame that was cut, because one side died in the middle of it, fails its checksum
 * and is dropped; the next one is whole again.
 */
final class Frames {
  private static final int END = 0xC0;
  private static final int ESC = 0xDB;
  private static final int ESC_END = 0xDC;
  private static final int ESC_ESC = 0xDD;

  private Frames() {}

  static ByteBuffer encode(int type, byte[] payload) {
    if (payload.length + 5 > GuestMessage.MAX_FRAME) {
      throw new Payload.ProtocolException("a message of " + payload.length + " bytes is too long");
    }
    CRC32 crc = new CRC32();
    crc.update(type);
    crc.update(payload);
    ByteArrayOutputStream out = new ByteArrayOutputStream(payload.length + 64);
    out.write(END);
    escape(out, type);
    for (byte b : payload) {
      escape(out, b & 0xff);
    }
    for (int shift = 0; shift < 32; shift += 8) {
      escape(out, (int) (crc.getValue() >> shift) & 0xff);
    }
    out.write(END);
    return ByteBuffer.wrap(out.toByteArray());
  }

  private static void escape(ByteArrayOutputStream out, int b) {
    if (b == END || b == ESC) {
      out.write(ESC);
      out.write(b == END ? ESC_END : ESC_ESC);
    } else {
      out.write(b);
    }
  }

  /** Takes whole frames. */
  interface Handler {
    void frame(int type, byte[] payload);
  }

  /** Finds frames in a stream, however it is cut. For one thread. */
  static final class Decoder {
    private final Handler handler;
    private final ByteArrayOutputStream frame = new ByteArrayOutputStream();
    private boolean escaped;
    private boolean overlong;

    Decoder(Handler handler) {
      this.handler = handler;
    }

    void accept(ByteBuffer in) {
      while (in.hasRemaining()) {
        int b = in.get() & 0xff;
        if (b == END) {
          finish();
        } else if (frame.size() >= GuestMessage.MAX_FRAME) {
          overlong = true;
        } else if (escaped) {
          frame.write(b == ESC_END ? END : ESC);
          escaped = false;
        } else if (b == ESC) {
          escaped = true;
        } else {
          frame.write(b);
        }
      }
    }

    private void finish() {
      byte[] bytes = frame.toByteArray();
      boolean whole = bytes.length >= 5 && !escaped && !overlong;
      frame.reset();
      escaped = false;
      overlong = false;
      if (whole && checksumHolds(bytes)) {
        byte[] payload = new byte[bytes.length - 5];
        System.arraycopy(bytes, 1, payload, 0, payload.length);
        handler.frame(bytes[0] & 0xff, payload);
      }
    }

    private static boolean checksumHolds(byte[] bytes) {
      int body = bytes.length - 4;
      CRC32 crc = new CRC32();
      crc.update(bytes, 0, body);
      long said = 0;
      for (int i = 0; i < 4; i++) {
        said |= (bytes[body + i] & 0xffL) << (8 * i);
      }
      return said == crc.getValue();
    }
  }
}
