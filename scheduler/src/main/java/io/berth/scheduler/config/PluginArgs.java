package io.berth.scheduler.config;

import io.berth.scheduler.core.NodePreference;
import io.berth.scheduler.core.NodeTerm;
import io.berth.scheduler.preferences.BalancedAllocation;
import io.berth.scheduler.reader.NodeTermReader;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The arguments of a profile's plugins: its {@code pluginConfig}. */
final class PluginArgs {
  static final String FIT = "NodeResourcesFit";
  static final String SPREAD = "PodTopologySpread";

  static final String NODE_AFFINITY = "NodeAffinity";
  static final String POD_AFFINITY = "InterPodAffinity";

  private static final Set<String> NAMES =
      Set.of(FIT, SPREAD, BalancedAllocation.NAME, NODE_AFFINITY, POD_AFFINITY);
  private static final String REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution";
  private static final String PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution";
  private static final Set<String> OPERATORS =
      Set.of("In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt");

  private final ConfigReader profile;

  PluginArgs(ConfigReader profile) {
    this.profile = profile;
    Set<String> seen = new HashSet<>();
    for (ConfigReader entry : profile.list("pluginConfig")) {
      entry.allow("name", "args");
      if (!seen.add(entry.word("name", "", NAMES))) {
        throw entry.object("name").error("there are arguments for it already");
      }
    }
  }

  /** The arguments of one plugin; with no keys where there are none. */
  ConfigReader of(String plugin, String... keys) {
    ConfigReader found = profile.object("none");
    for (ConfigReader entry : profile.list("pluginConfig")) {
      if (entry.text("name").equals(plugin)) {
        found = entry.object("args");
      }
    }
    List<String> known = new ArrayList<>(List.of(keys));
    known.add("apiVersion");
    known.add("kind");
    return found.allow(known.toArray(String[]::new));
  }

  /**
   * What a profile demands and wishes of nodes for all of its pods.
   *
   * @param required a node must match one of them; null where any will do
   * @param preferred what adds to what pods wish themselves
   */
  record AddedAffinity(@Nullable List<NodeTerm> required, List<NodePreference> preferred) {}

  AddedAffinity addedAffinity() {
    ConfigReader args = of(NODE_AFFINITY, "addedAffinity");
    ConfigReader added = args.object("addedAffinity").allow(REQUIRED, PREFERRED);
    if (args.has("addedAffinity") && !added.has(REQUIRED) && !added.has(PREFERRED)) {
      throw added.error("must have at least one of " + REQUIRED + " and " + PREFERRED);
    }
    List<NodePreference> preferred = new ArrayList<>();
    for (ConfigReader wish : added.list(PREFERRED)) {
      wish.allow("weight", "preference");
      int weight = wish.number("weight", 0, 1, 100);
      if (weight == 0) {
        throw wish.object("weight").error("is required");
      }
      preferred.add(new NodePreference(weight, term(wish.object("preference"))));
    }
    return new AddedAffinity(required(added), preferred);
  }

  private static @Nullable List<NodeTerm> required(ConfigReader added) {
    if (!added.has(REQUIRED)) {
      return null;
    }
    ConfigReader selector = added.object(REQUIRED).allow("nodeSelectorTerms");
    List<NodeTerm> terms =
        selector.list("nodeSelectorTerms").stream().map(PluginArgs::term).toList();
    if (terms.isEmpty()) {
      throw selector.object("nodeSelectorTerms").error("must have at least one term");
    }
    return terms;
  }

  private static NodeTerm term(ConfigReader term) {
    term.allow("matchExpressions", "matchFields");
    for (String list : List.of("matchExpressions", "matchFields")) {
      for (ConfigReader expression : term.list(list)) {
        expression.allow("key", "operator", "values").text("key");
        expression.word("operator", "", OPERATORS);
        expression.list("values");
      }
    }
    return NodeTermReader.term(term.node());
  }
}
