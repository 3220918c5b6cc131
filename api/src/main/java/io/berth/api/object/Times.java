package io.berth.api.object;

import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;

/** Timestamps as objects carry them: RFC 3339 in UTC. */
public final class Times {
  private static final DateTimeFormatter MICROS =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSSSS'Z'").withZone(ZoneOffset.UTC);

  private Times() {}

  /** Whole seconds, the form of {@code creationTimestamp} and most others. */
  public static String seconds(Instant time) {
    return time.truncatedTo(ChronoUnit.SECONDS).toString();
  }

  /** Six digits of fraction, the form of leases and events. */
  public static String micros(Instant time) {
    return MICROS.format(time);
  }

  /**
   * Reads either form, with any offset.
   *
   * @throws IllegalArgumentException the text is no RFC 3339 timestamp
   */
  public static Instant parse(String text) {
    try {
      return OffsetDateTime.parse(text).toInstant();
    } catch (DateTimeParseException e) {
      throw new IllegalArgumentException("not an RFC 3339 timestamp: " + Text.quote(text), e);
    }
  }
}
