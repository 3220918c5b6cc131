package io.berth.agent.server;

import java.time.Duration;
import java.time.Instant;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What of a log is wanted.
 *
 * @param follow whether to go on as the log grows
 * @param tailLines only the last lines, below 0 for all
 * @param since nothing before that time, or null
 * @param timestamps whether each line begins with its time
 * @param limitBytes at most that much, below 0 for no limit
 * @param previous the container's run before the last
 */
record LogQuery(
    boolean follow,
    long tailLines,
    @Nullable Instant since,
    boolean timestamps,
    long limitBytes,
    boolean previous) {

  /**
   * @throws IllegalArgumentException a value makes no sense
   */
  static LogQuery of(Function<String, @Nullable String> parameter, Instant now) {
    String sinceTime = parameter.apply("sinceTime");
    String sinceSeconds = parameter.apply("sinceSeconds");
    Instant since = null;
    if (sinceTime != null && !sinceTime.isEmpty()) {
      since = io.berth.api.object.Times.parse(sinceTime);
    } else if (sinceSeconds != null && !sinceSeconds.isEmpty()) {
      since = now.minus(Duration.ofSeconds(number("sinceSeconds", sinceSeconds, 1)));
    }
    return new LogQuery(
        flag(parameter.apply("follow")),
        optional("tailLines", parameter.apply("tailLines"), 0),
        since,
        flag(parameter.apply("timestamps")),
        optional("limitBytes", parameter.apply("limitBytes"), 1),
        flag(parameter.apply("previous")));
  }

  private static boolean flag(@Nullable String text) {
    return text != null && (text.equals("true") || text.equals("1"));
  }

  private static long optional(String name, @Nullable String text, long least) {
    return text == null || text.isEmpty() ? -1 : number(name, text, least);
  }

  private static long number(String name, String text, long least) {
    try {
      long value = Long.parseLong(text);
      if (value >= least) {
        return value;
      }
    } catch (NumberFormatException e) {
      // said below
    }
    throw new IllegalArgumentException(name + " must be a number of at least " + least);
  }
}
