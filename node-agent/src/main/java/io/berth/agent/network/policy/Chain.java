package io.berth.agent.network.policy;

import io.berth.agent.network.Family;
import io.berth.agent.process.ShortNames;
import java.util.List;

/**
 * What one policy allows one way, as a chain in the kernel; its name tells all that is in it.
 *
 * @param lines as nftables has them
 */
record Chain(String name, List<Line> rules, List<String> lines) {
  static Chain of(Direction direction, Family family, List<Line> rules) {
    List<String> lines = rules.stream().map(rule -> rule.text(direction, family)).toList();
    String name = word(direction) + "-allow-" + ShortNames.of(String.join("\n", lines), 20);
    return new Chain(name, rules, lines);
  }

  /** The name of the chain that accepts what one of these does, and drops the rest. */
  static String any(Direction direction, List<String> chains) {
    return word(direction) + "-any-" + ShortNames.of(String.join("\n", chains), 20);
  }

  private static String word(Direction direction) {
    return direction == Direction.INGRESS ? "in" : "out";
  }
}
