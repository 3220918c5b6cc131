package io.berth.scheduler.config;

import com.fasterxml.jackson.databind.JsonNode;
import io.berth.client.BackOff;
import io.berth.scheduler.cluster.Cluster;
import io.berth.scheduler.core.ResourceIndex;
import io.berth.scheduler.core.SpreadConstraint;
import io.berth.scheduler.decide.Profile;
import io.berth.scheduler.decide.Profiles;
import io.berth.scheduler.loop.SchedulerConfig;
import io.berth.scheduler.packing.FragmentationAware;
import io.berth.scheduler.packing.Packing;
import io.berth.scheduler.packing.Packings;
import io.berth.scheduler.packing.PlainPackings;
import io.berth.scheduler.preferences.BalancedAllocation;
import io.berth.scheduler.preferences.Company;
import io.berth.scheduler.preferences.NodePreferences;
import io.berth.scheduler.preferences.Preference;
import io.berth.scheduler.rules.Rule;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * Reads the scheduler's configuration file, a {@code KubeSchedulerConfiguration} of {@code
 * kubescheduler.config.k8s.io/v1} as far as it makes sense here: profiles with their scheduler
 * names, which rules and preferences they use and with what weights, how they pack, and the spread
 * constraints of pods that have none. What cannot be done is an error that names the place.
 */
public final class Configuration {
  public static final String API_VERSION = "kubescheduler.config.k8s.io/v1";
  public static final String KIND = "KubeSchedulerConfiguration";
  private static final String FIT = PluginArgs.FIT;
  private static final String ALL = "*";
  private static final int MOST_BINDINGS = 10_000;

  /** Rules that there is nothing to choose about. */
  private static final Set<String> FIXED =
      Set.of("NodeName", "PrioritySort", "DefaultPreemption", "DefaultBinder", "SchedulingGates");

  private Configuration() {}

  /**
   * @param file the file's content
   * @throws IllegalArgumentException with the path of what is wrong
   */
  public static SchedulerConfig read(JsonNode file) {
    ConfigReader root =
        new ConfigReader(file, "")
            .allow(
                "apiVersion",
                "kind",
                "profiles",
                "maxBindingsInFlight",
                "gangTimeoutSeconds",
                "podInitialBackoffSeconds",
                "podMaxBackoffSeconds",
                "parallelism",
                "percentageOfNodesToScore",
                "leaderElection",
                "clientConnection");
    if (!root.text("apiVersion").equals(API_VERSION)) {
      throw root.object("apiVersion").error("must be " + API_VERSION);
    }
    if (!root.text("kind").equals(KIND)) {
      throw root.object("kind").error("must be " + KIND);
    }
    if (root.number("percentageOfNodesToScore", 100, 0, 100) % 100 != 0) {
      throw root.object("percentageOfNodesToScore")
          .error("all nodes are scored always: leave it out");
    }
    List<ConfigReader> profiles = root.list("profiles");
    Map<String, Function<Cluster, Profile>> makers = new LinkedHashMap<>();
    Map<String, List<SpreadConstraint>> spread = new HashMap<>();
    for (ConfigReader profile : profiles) {
      profile.allow("schedulerName", "plugins", "pluginConfig");
      String name = profile.text("schedulerName", SchedulerConfig.NAME);
      if (makers.put(name, profile(name, profile)) != null) {
        throw profile.object("schedulerName").error("there is another profile of that name");
      }
      List<SpreadConstraint> own = SpreadArgs.read(profile);
      if (!own.isEmpty()) {
        spread.put(name, own);
      }
    }
    if (makers.isEmpty()) {
      makers.put(SchedulerConfig.NAME, Configuration::standard);
    }
    List<Function<Cluster, Profile>> all = List.copyOf(makers.values());
    return new SchedulerConfig(
        cluster -> all.stream().map(maker -> maker.apply(cluster)).toList(),
        spread,
        root.number("maxBindingsInFlight", 128, 1, MOST_BINDINGS),
        Duration.ofSeconds(
            root.number(
                "gangTimeoutSeconds",
                (int) SchedulerConfig.DEFAULT.gangTimeout().toSeconds(),
                0,
                Integer.MAX_VALUE)),
        backOff(root));
  }

  private static BackOff backOff(ConfigReader root) {
    BackOff usual = SchedulerConfig.DEFAULT.backOff();
    int first =
        root.number(
            "podInitialBackoffSeconds", (int) usual.base().toSeconds(), 1, Integer.MAX_VALUE);
    int most =
        root.number(
            "podMaxBackoffSeconds",
            Math.max(first, (int) usual.cap().toSeconds()),
            1,
            Integer.MAX_VALUE);
    if (most < first) {
      throw root.object("podMaxBackoffSeconds")
          .error("must be at least podInitialBackoffSeconds, " + first);
    }
    return new BackOff(Duration.ofSeconds(first), Duration.ofSeconds(most));
  }

  private static Profile standard(Cluster cluster) {
    return Profiles.standard(SchedulerConfig.NAME, new FragmentationAware(cluster));
  }

  /** What one extension point turns on and off. */
  private record Choice(Map<String, Integer> enabled, Set<String> disabled) {
    boolean keeps(String name) {
      return enabled.containsKey(name) || !(disabled.contains(name) || disabled.contains(ALL));
    }

    boolean names(String name) {
      return enabled.containsKey(name);
    }
  }

  private static Function<Cluster, Profile> profile(String name, ConfigReader profile) {
    ConfigReader plugins =
        profile.object("plugins").allow("multiPoint", "filter", "score", "preFilter", "preScore");
    PluginArgs args = new PluginArgs(profile);
    PluginArgs.AddedAffinity added = args.addedAffinity();
    List<Rule> everyRule = Profiles.rules(added.required());
    List<Profile.Weighted> everyPreference =
        Profiles.preferences(NodePreferences.affinity(added.preferred()), company(args));
    List<String> balanced = balanced(args);
    Set<String> rules =
        everyRule.stream().map(Rule::name).collect(Collectors.toCollection(HashSet::new));
    Set<String> scores =
        everyPreference.stream()
            .map(w -> w.preference().name())
            .collect(Collectors.toCollection(HashSet::new));
    scores.add(FIT);
    scores.add(BalancedAllocation.NAME);
    Set<String> every = new HashSet<>(rules);
    every.addAll(scores);
    every.addAll(FIXED);
    Choice points = choice(plugins.object("multiPoint"), every);
    Choice filter = choice(plugins.object("filter"), rules);
    Choice score = choice(plugins.object("score"), scores);
    Function<Cluster, Packing> packing = packing(args);
    return cluster -> {
      List<Rule> kept =
          everyRule.stream()
              .filter(rule -> points.keeps(rule.name()) && filter.keeps(rule.name()))
              .toList();
      List<Profile.Weighted> preferences = new ArrayList<>();
      double packingWeight = Profiles.PACKING;
      for (Profile.Weighted weighted : everyPreference) {
        String preference = weighted.preference().name();
        if (points.keeps(preference) && score.keeps(preference)) {
          double weight = weight(preference, weighted.weight(), points, score);
          preferences.add(new Profile.Weighted(weighted.preference(), weight));
        }
      }
      if (score.names(BalancedAllocation.NAME)
          || (points.names(BalancedAllocation.NAME) && score.keeps(BalancedAllocation.NAME))) {
        preferences.add(
            new Profile.Weighted(
                new BalancedAllocation(balanced.stream().map(cluster.resources()::slot).toList()),
                weight(BalancedAllocation.NAME, 1, points, score)));
      }
      packingWeight =
          points.keeps(FIT) && score.keeps(FIT) ? weight(FIT, packingWeight, points, score) : 0;
      return new Profile(name, kept, preferences, packing.apply(cluster), packingWeight);
    };
  }

  private static Preference company(PluginArgs args) {
    ConfigReader of =
        args.of(
            PluginArgs.POD_AFFINITY, "hardPodAffinityWeight", "ignorePreferredTermsOfExistingPods");
    return new Company(
        of.number("hardPodAffinityWeight", 1, 0, 100),
        of.flag("ignorePreferredTermsOfExistingPods"));
  }

  private static List<String> balanced(PluginArgs args) {
    List<String> names = new ArrayList<>();
    for (ConfigReader resource : args.of(BalancedAllocation.NAME, "resources").list("resources")) {
      resource.allow("name", "weight").number("weight", 1, 1, 1);
      names.add(resource.text("name"));
    }
    return names.isEmpty() ? List.of("cpu", "memory") : List.copyOf(names);
  }

  private static double weight(String name, double usual, Choice points, Choice score) {
    int given = score.enabled().getOrDefault(name, points.enabled().getOrDefault(name, 0));
    return given == 0 ? usual : given;
  }

  private static Choice choice(ConfigReader point, Set<String> known) {
    point.allow("enabled", "disabled");
    Map<String, Integer> enabled = new LinkedHashMap<>();
    for (ConfigReader entry : point.list("enabled")) {
      entry.allow("name", "weight");
      enabled.put(entry.word("name", "", known), entry.number("weight", 0, 0, 1_000));
    }
    Set<String> names = new HashSet<>(known);
    names.add(ALL);
    Set<String> disabled = new HashSet<>();
    for (ConfigReader entry : point.list("disabled")) {
      disabled.add(entry.allow("name").word("name", "", names));
    }
    return new Choice(enabled, disabled);
  }

  private static Function<Cluster, Packing> packing(PluginArgs args) {
    ConfigReader strategy =
        args.of(PluginArgs.FIT, "scoringStrategy")
            .object("scoringStrategy")
            .allow("type", "resources", "requestedToCapacityRatio");
    String type = strategy.word("type", FragmentationAware.NAME, Packings.names());
    List<ConfigReader> resources = strategy.list("resources");
    resources.forEach(r -> r.allow("name", "weight"));
    List<PlainPackings.Point> curve = curve(strategy);
    boolean own =
        Set.of("MostAllocated", "LeastAllocated", "RequestedToCapacityRatio").contains(type);
    if (!own && !resources.isEmpty()) {
      throw strategy.object("resources").error(type + " looks at all resources");
    }
    weighted(resources, new ResourceIndex()); // finds errors now
    return cluster -> {
      List<PlainPackings.Weighted> weighted = weighted(resources, cluster.resources());
      return switch (type) {
        case "MostAllocated" -> PlainPackings.mostAllocated(weighted);
        case "LeastAllocated" -> PlainPackings.leastAllocated(weighted);
        case "RequestedToCapacityRatio" -> PlainPackings.requestedToCapacityRatio(weighted, curve);
        default -> Packings.of(type, cluster);
      };
    };
  }

  private static List<PlainPackings.Weighted> weighted(
      List<ConfigReader> resources, ResourceIndex index) {
    if (resources.isEmpty()) {
      return PlainPackings.CPU_AND_MEMORY;
    }
    return resources.stream()
        .map(
            r ->
                new PlainPackings.Weighted(
                    index.slot(r.text("name")), r.number("weight", 1, 1, 100)))
        .toList();
  }

  private static List<PlainPackings.Point> curve(ConfigReader strategy) {
    List<PlainPackings.Point> points = new ArrayList<>();
    int before = -1;
    ConfigReader ratio = strategy.object("requestedToCapacityRatio").allow("shape");
    for (ConfigReader point : ratio.list("shape")) {
      point.allow("utilization", "score");
      int utilization = point.number("utilization", 0, 0, 100);
      if (utilization <= before) {
        throw point.object("utilization").error("must rise from point to point");
      }
      before = utilization;
      points.add(new PlainPackings.Point(utilization, point.number("score", 0, 0, 10)));
    }
    return points.isEmpty()
        ? List.of(new PlainPackings.Point(0, 0), new PlainPackings.Point(100, 10))
        : List.copyOf(points);
  }
}
