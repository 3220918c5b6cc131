package io.berth.apiserver.kinds;

import java.util.random.RandomGenerator;

/**
 * The node ports of services. Immutable.
 *
 * @param first the lowest
 * @param last the highest
 */
public record PortRange(int first, int last) {
  public PortRange {
    if (first < 1 || last > 65_535 || first > last) {
      throw new IllegalArgumentException("not a range of ports: " + first + "-" + last);
    }
  }

  /**
   * Reads {@code 30000-32767}.
   *
   * @throws IllegalArgumentException it is no range
   */
  public static PortRange parse(String text) {
    String[] ends = text.split("-", -1);
    if (ends.length != 2) {
      throw new IllegalArgumentException("not a range of ports: " + text);
    }
    return new PortRange(Integer.parseInt(ends[0]), Integer.parseInt(ends[1]));
  }

  boolean contains(int port) {
    return port >= first && port <= last;
  }

  int random(RandomGenerator random) {
    return first + random.nextInt(last - first + 1);
  }

  @Override
  public String toString() {
    return first + "-" + last;
  }
}
