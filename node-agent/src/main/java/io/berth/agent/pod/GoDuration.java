package io.berth.agent.pod;

/** Writes durations as Go does, in which the words of events came into the world. */
final class GoDuration {
  private static final long MILLIS_A_MINUTE = 60_000;
  private static final long MILLIS_AN_HOUR = 60 * MILLIS_A_MINUTE;

  private GoDuration() {}

  /** {@code 12ms}, {@code 1.5s}, {@code 2m3s}, {@code 1h0m0.25s}: to the millisecond. */
  static String millis(long nanos) {
    long millis = nanos / 1_000_000;
    if (millis == 0) {
      return "0s";
    }
    if (millis < 1000) {
      return millis + "ms";
    }
    String text = "";
    if (millis >= MILLIS_AN_HOUR) {
      text += millis / MILLIS_AN_HOUR + "h";
    }
    if (millis >= MILLIS_A_MINUTE) {
      text += millis % MILLIS_AN_HOUR / MILLIS_A_MINUTE + "m";
    }
    long rest = millis % MILLIS_A_MINUTE;
    String fraction = rest % 1000 == 0 ? "" : "." + String.format("%03d", rest % 1000);
    return text + rest / 1000 + fraction.replaceFirst("0+$", "") + "s";
  }
}
