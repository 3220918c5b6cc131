package io.berth.apiserver.table;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import org.jspecify.annotations.Nullable;

/** Lengths of time in the two units that {@code kubectl} shows: {@code 5m30s}, {@code 3d4h}. */
public final class Ages {
  static final String UNKNOWN = "<unknown>";

  private Ages() {}

  /** How long ago a timestamp was; {@value #UNKNOWN} where there is none. */
  public static String since(JsonNode timestamp, Instant now) {
    Instant then = instant(timestamp);
    return then == null ? UNKNOWN : text(Duration.between(then, now));
  }

  static @Nullable Instant instant(JsonNode timestamp) {
    if (!timestamp.isTextual()) {
      return null;
    }
    try {
      return Instant.parse(timestamp.asText());
    } catch (DateTimeParseException e) {
      return null;
    }
  }

  /**
   * Seconds up to two minutes, then minutes and seconds, hours and minutes, days and hours, years
   * and days, each with its smaller unit only while the larger one is small.
   */
  static String text(Duration duration) {
    long seconds = duration.toSeconds();
    if (seconds < 0) {
      return duration.toMillis() > -2_000 ? "0s" : "<invalid>";
    }
    long minutes = seconds / 60;
    long hours = minutes / 60;
    long days = hours / 24;
    if (seconds < 120) {
      return seconds + "s";
    }
    if (minutes < 180) {
      return two(minutes, "m", minutes < 10 ? seconds % 60 : 0, "s");
    }
    if (hours < 48) {
      return two(hours, "h", hours < 8 ? minutes % 60 : 0, "m");
    }
    if (days < 2 * 365) {
      return two(days, "d", days < 8 ? hours % 24 : 0, "h");
    }
    return two(days / 365, "y", days < 8 * 365 ? days % 365 : 0, "d");
  }

  private static String two(long large, String largeUnit, long small, String smallUnit) {
    return large + largeUnit + (small == 0 ? "" : small + smallUnit);
  }
}
