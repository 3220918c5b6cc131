package io.berth.api.transport;

import java.nio.charset.StandardCharsets;

/** A watch event as it goes over the wire, without its newline. */
public final class WatchFrame {
  private WatchFrame() {}

  /**
   * @param type such as {@code ADDED}
   * @param object JSON
   */
  public static byte[] encode(String type, byte[] object) {
    return encode(type, object, "}");
  }

  /** The same with the newline that ends it on the wire. */
  public static byte[] line(String type, byte[] object) {
    return encode(type, object, "}\n");
  }

  private static byte[] encode(String type, byte[] object, String end) {
    byte[] head = ("{\"type\":\"" + type + "\",\"object\":").getBytes(StandardCharsets.US_ASCII);
    byte[] tail = end.getBytes(StandardCharsets.US_ASCII);
    byte[] frame = new byte[head.length + object.length + tail.length];
    System.arraycopy(head, 0, frame, 0, head.length);
    System.arraycopy(object, 0, frame, head.length, object.length);
    System.arraycopy(tail, 0, frame, head.length + object.length, tail.length);
    return frame;
  }
}
