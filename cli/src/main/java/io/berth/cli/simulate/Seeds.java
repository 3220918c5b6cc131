package io.berth.cli.simulate;

import io.berth.cli.CommandException;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Seeds as they are written on the command line: {@code 42-51}, {@code 7} or {@code 1,3,5-9}. */
final class Seeds {
  private static final int MOST = 10_000;
  private static final Pattern PART = Pattern.compile("(\\d{1,18})(?:-(\\d{1,18}))?");

  private Seeds() {}

  /**
   * @throws CommandException the text says no seeds
   */
  static List<Long> parse(String text) {
    List<Long> seeds = new ArrayList<>();
    for (String part : text.split(",", -1)) {
      Matcher matcher = PART.matcher(part.strip());
      if (!matcher.matches()) {
        throw new CommandException("--seeds " + text + ": expected such as 42-51, 7 or 1,3,5-9");
      }
      long first = Long.parseLong(matcher.group(1));
      long last = matcher.group(2) == null ? first : Long.parseLong(matcher.group(2));
      if (last < first || last - first >= MOST || seeds.size() + (last - first) >= MOST) {
        throw new CommandException(
            "--seeds " + text + ": " + part + " is no range of up to " + MOST + " seeds");
      }
      for (long seed = first; seed <= last; seed++) {
        if (!seeds.contains(seed)) {
          seeds.add(seed);
        }
      }
    }
    return seeds;
  }
}
