package io.berth.apiserver.server;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.Map;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;

/** Compresses large answers for clients that take it; small ones are not worth the time. */
public final class Compression {
  /** Answers up to so many bytes go out as they are. */
  private static final int THRESHOLD_BYTES = 128 << 10;

  private Compression() {}

  /**
   * @param acceptEncoding the client's header, or null
   */
  public static boolean applies(@Nullable String acceptEncoding, long bytes) {
    if (acceptEncoding == null || bytes <= THRESHOLD_BYTES) {
      return false;
    }
    for (String encoding : acceptEncoding.split(",", -1)) {
      if (encoding.strip().equals("gzip")) {
        return true;
      }
    }
    return false;
  }

  public static byte[] gzip(byte[] body) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(body.length / 8);
    try (GZIPOutputStream gzip = new Fast(out)) {
      gzip.write(body);
    } catch (IOException e) {
      throw new UncheckedIOException(e); // memory does not fail to be written
    }
    return out.toByteArray();
  }

  /** The headers of a compressed answer. */
  public static Map<String, String> headers(Map<String, String> plain) {
    Map<String, String> headers = new HashMap<>(plain);
    headers.put("content-encoding", "gzip");
    headers.put("vary", "Accept-Encoding");
    return headers;
  }

  /** Compresses what comes in pieces. Not for use by several threads. */
  public static final class Stream {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final GZIPOutputStream gzip;

    public Stream() {
      try {
        gzip = new Fast(out);
      } catch (IOException e) {
        throw new UncheckedIOException(e); // memory does not fail to be written
      }
    }

    /** What there is to send after another piece; may be nothing yet. */
    public byte[] add(byte[] piece) {
      try {
        gzip.write(piece);
      } catch (IOException e) {
        throw new UncheckedIOException(e); // as above
      }
      return taken();
    }

    /** What there is to send after the last piece. */
    public byte[] end() {
      try {
        gzip.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e); // as above
      }
      return taken();
    }

    private byte[] taken() {
      byte[] taken = out.toByteArray();
      out.reset();
      return taken;
    }
  }

  /** The least effort: what it saves beyond that is little, and the time is the client's. */
  private static final class Fast extends GZIPOutputStream {
    Fast(ByteArrayOutputStream out) throws IOException {
      super(out, 16 << 10);
      def.setLevel(Deflater.BEST_SPEED);
    }
  }
}
