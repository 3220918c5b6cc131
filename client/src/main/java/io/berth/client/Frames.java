package io.berth.client;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Cuts a response body into frames: lines of a watch, or pieces as they come. */
abstract class Frames {
  private static final int MAX_FRAME = 16 << 20;

  /** The next frame, or null at the end. */
  abstract byte @Nullable [] next() throws IOException;

  static Frames pieces(InputStream in) {
    byte[] buffer = new byte[64 << 10];
    return new Frames() {
      @Override
      byte @Nullable [] next() throws IOException {
        int count = in.read(buffer);
        return count < 0 ? null : Arrays.copyOf(buffer, count);
      }
    };
  }

  static Frames lines(InputStream in) {
    return new Lines(in);
  }

  private static final class Lines extends Frames {
    private final InputStream in;
    private byte[] buffer = new byte[32 << 10];
    private int begin;
    private int scanned;
    private int end;

    Lines(InputStream in) {
      this.in = in;
    }

    @Override
    byte @Nullable [] next() throws IOException {
      while (true) {
        for (; scanned < end; scanned++) {
          if (buffer[scanned] == '\n') {
            byte[] line = Arrays.copyOfRange(buffer, begin, scanned++);
            begin = scanned;
            if (line.length > 0) {
              return line;
            }
          }
        }
        if (!fill()) {
          if (end > begin) {
            throw new IOException("the stream ended in the middle of a line");
          }
          return null;
        }
      }
    }

    private boolean fill() throws IOException {
      if (begin > 0) {
        System.arraycopy(buffer, begin, buffer, 0, end - begin);
        end -= begin;
        scanned -= begin;
        begin = 0;
      }
      if (end == buffer.length) {
        if (end >= MAX_FRAME) {
          throw new IOException("a line of over " + MAX_FRAME + " bytes");
        }
        buffer = Arrays.copyOf(buffer, buffer.length * 2);
      }
      int count = in.read(buffer, end, buffer.length - end);
      end += Math.max(0, count);
      return count >= 0;
    }
  }
}
