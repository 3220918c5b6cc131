package io.berth.scheduler.config;

import io.berth.api.object.LabelSelector;
import io.berth.scheduler.core.SpreadConstraint;
import java.util.List;
import java.util.Set;

/** The topology spread constraints that a profile has for pods without their own. */
final class SpreadArgs {
  private SpreadArgs() {}

  static List<SpreadConstraint> read(ConfigReader profile) {
    ConfigReader args =
        new PluginArgs(profile).of(PluginArgs.SPREAD, "defaultConstraints", "defaultingType");
    String type = args.word("defaultingType", "List", Set.of("List", "System"));
    List<ConfigReader> given = args.list("defaultConstraints");
    if (type.equals("System")) {
      if (!given.isEmpty()) {
        throw args.object("defaultConstraints").error("must be empty with defaultingType System");
      }
      return List.of(
          spread("kubernetes.io/hostname", 3, false),
          spread("topology.kubernetes.io/zone", 5, false));
    }
    return given.stream()
        .map(
            c -> {
              c.allow("topologyKey", "maxSkew", "whenUnsatisfiable");
              String when =
                  c.word("whenUnsatisfiable", "", Set.of("DoNotSchedule", "ScheduleAnyway"));
              return spread(
                  c.text("topologyKey"),
                  c.number("maxSkew", 1, 1, Integer.MAX_VALUE),
                  when.equals("DoNotSchedule"));
            })
        .toList();
  }

  private static SpreadConstraint spread(String key, int maxSkew, boolean hard) {
    return new SpreadConstraint(key, maxSkew, hard, LabelSelector.EVERYTHING, 1, true, false);
  }
}
