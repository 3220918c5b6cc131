package io.berth.agent.process;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Short names for what the kernel bounds: bridges, taps, sockets. */
public final class ShortNames {
  private ShortNames() {}

  /**
   * The same few letters for the same text, on every machine.
   *
   * @param length in characters, at most 64
   */
  public static String of(String text, int length) {
    try {
      byte[] hash =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(hash).substring(0, length);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }
}
