package io.berth.api.validation;

import java.time.DateTimeException;
import java.time.ZoneId;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Schedules in the form of cron: five fields, or a name such as {@code @daily}. */
final class CronRules {
  private static final Set<String> NAMES =
      Set.of("@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly");
  private static final List<String> MONTHS =
      List.of("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec");
  private static final List<String> DAYS = List.of("sun", "mon", "tue", "wed", "thu", "fri", "sat");

  /** One of the five fields. */
  private record Part(int min, int max, List<String> words, int firstWord) {}

  private static final List<Part> PARTS =
      List.of(
          new Part(0, 59, List.of(), 0),
          new Part(0, 23, List.of(), 0),
          new Part(1, 31, List.of(), 0),
          new Part(1, 12, MONTHS, 1),
          new Part(0, 6, DAYS, 0));

  private CronRules() {}

  /** What is wrong with a schedule; null where it can be kept. */
  static @Nullable String fault(String schedule) {
    String text = schedule.strip();
    if (text.startsWith("@every ")) {
      return null;
    }
    if (text.startsWith("@")) {
      return NAMES.contains(text) ? null : "unrecognized descriptor: " + text;
    }
    String[] fields = text.split("\\s+");
    if (fields.length != PARTS.size()) {
      return "expected exactly 5 fields, found "
          + fields.length
          + ": ["
          + String.join(" ", fields)
          + "]";
    }
    for (int i = 0; i < fields.length; i++) {
      for (String item : fields[i].split(",")) {
        String fault = fault(item, PARTS.get(i));
        if (fault != null) {
          return fault;
        }
      }
    }
    return null;
  }

  private static @Nullable String fault(String item, Part part) {
    String[] stepped = item.split("/", -1);
    if (stepped.length > 2) {
      return "too many slashes: " + item;
    }
    String[] range = stepped[0].split("-", -1);
    if (range.length > 2) {
      return "too many hyphens: " + item;
    }
    if (!stepped[0].equals("*") && !stepped[0].equals("?")) {
      for (String end : range) {
        String fault = bound(end, item, part);
        if (fault != null) {
          return fault;
        }
      }
      if (range.length == 2 && value(range[0], part) > value(range[1], part)) {
        return "beginning of range ("
            + value(range[0], part)
            + ") beyond end of range ("
            + value(range[1], part)
            + "): "
            + item;
      }
    }
    if (stepped.length == 2 && value(stepped[1], part) == 0) {
      return "step of range should be a positive number: " + item;
    }
    return stepped.length == 2 && value(stepped[1], part) < 0
        ? "failed to parse int from " + stepped[1]
        : null;
  }

  private static @Nullable String bound(String text, String item, Part part) {
    int value = value(text, part);
    if (value < 0) {
      return "failed to parse int from "
          + text
          + ": strconv.Atoi: parsing \""
          + text
          + "\": invalid syntax";
    }
    if (value < part.min()) {
      return "beginning of range (" + value + ") below minimum (" + part.min() + "): " + item;
    }
    return value > part.max()
        ? "end of range (" + value + ") above maximum (" + part.max() + "): " + item
        : null;
  }

  /** The number that a bound stands for, -1 where it stands for none. */
  private static int value(String text, Part part) {
    int word = part.words().indexOf(text.toLowerCase(Locale.ROOT));
    if (word >= 0) {
      return word + part.firstWord();
    }
    boolean digits =
        !text.isEmpty() && text.length() < 9 && text.chars().allMatch(c -> c >= '0' && c <= '9');
    return digits ? Integer.parseInt(text) : -1;
  }

  /** Whether there is such a time zone. */
  static boolean zone(String name) {
    try {
      ZoneId.of(name);
      return name.contains("/") || name.equals("UTC") || name.equals("Etc/UTC");
    } catch (DateTimeException e) {
      return false;
    }
  }
}
