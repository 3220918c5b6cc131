package io.berth.agent.stats;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** A page in Prometheus' text format, families in the order in which they were named. */
final class MetricPage {
  private record Family(String type, String help, StringBuilder samples) {}

  private final Map<String, Family> families = new LinkedHashMap<>();

  /** Names a family; it is on the page once it has a sample. */
  MetricPage family(String name, String type, String help) {
    families.putIfAbsent(name, new Family(type, help, new StringBuilder()));
    return this;
  }

  /**
   * @param labels as {@link #labels} writes them
   * @param millis the time of the sample, or -1 for the time of the scrape
   */
  void add(String name, String labels, double value, long millis) {
    Family family = families.get(name);
    if (family == null) {
      throw new IllegalArgumentException("no family " + name);
    }
    StringBuilder out = family.samples().append(name).append(labels).append(' ');
    number(out, value);
    if (millis >= 0) {
      out.append(' ').append(millis);
    }
    out.append('\n');
  }

  void add(String name, String labels, long value, long millis) {
    add(name, labels, (double) value, millis);
  }

  private static void number(StringBuilder out, double value) {
    if (value == Math.rint(value) && Math.abs(value) < 1e15) {
      out.append((long) value);
    } else {
      out.append(String.format(Locale.ROOT, "%.9f", value).replaceAll("0+$", ""));
    }
  }

  /** {@code {a="x",b="y"}} from names and values in turn. */
  static String labels(String... pairs) {
    StringBuilder out = new StringBuilder("{");
    for (int i = 0; i + 1 < pairs.length; i += 2) {
      out.append(i == 0 ? "" : ",").append(pairs[i]).append("=\"");
      out.append(pairs[i + 1].replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n"));
      out.append('"');
    }
    return pairs.length == 0 ? "" : out.append('}').toString();
  }

  String text() {
    StringBuilder out = new StringBuilder();
    families.forEach(
        (name, family) -> {
          if (!family.samples().isEmpty()) {
            out.append("# HELP ").append(name).append(' ').append(family.help()).append('\n');
            out.append("# TYPE ").append(name).append(' ').append(family.type()).append('\n');
            out.append(family.samples());
          }
        });
    return out.toString();
  }
}
