package io.berth.scheduler.decide;

import io.berth.scheduler.core.NodeTerm;
import io.berth.scheduler.packing.Packing;
import io.berth.scheduler.preferences.Company;
import io.berth.scheduler.preferences.Evenness;
import io.berth.scheduler.preferences.NodePreferences;
import io.berth.scheduler.preferences.Preference;
import io.berth.scheduler.rules.InterPodAffinity;
import io.berth.scheduler.rules.NodeResourcesFit;
import io.berth.scheduler.rules.NodeRules;
import io.berth.scheduler.rules.PodTopologySpread;
import io.berth.scheduler.rules.Rule;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The default profile: Kubernetes' rules and weights, with packing in the place of spreading. */
public final class Profiles {
  /** Images that are there shall not outweigh a node that is in use. */
  public static final double PACKING = 3;

  private Profiles() {}

  /** All rules in the order in which they are tried. */
  public static List<Rule> rules() {
    return rules(null);
  }

  /**
   * @param added what all pods demand of their nodes beside their own terms, as {@link
   *     NodeRules#all(List)} has it
   */
  public static List<Rule> rules(@Nullable List<NodeTerm> added) {
    List<Rule> rules = new ArrayList<>(NodeRules.all(added));
    rules.add(new NodeResourcesFit());
    rules.add(new PodTopologySpread());
    rules.add(new InterPodAffinity());
    return List.copyOf(rules);
  }

  /** All preferences with Kubernetes' weights. */
  public static List<Profile.Weighted> preferences() {
    return preferences(NodePreferences.affinity(), new Company());
  }

  /** The same with these two in the place of the usual ones. */
  public static List<Profile.Weighted> preferences(Preference nodeAffinity, Preference company) {
    return List.of(
        new Profile.Weighted(NodePreferences.taints(), 3),
        new Profile.Weighted(nodeAffinity, 2),
        new Profile.Weighted(new Evenness(), 2),
        new Profile.Weighted(company, 2),
        new Profile.Weighted(NodePreferences.images(), 1));
  }

  public static Profile standard(String schedulerName, Packing packing) {
    return new Profile(schedulerName, rules(), preferences(), packing, PACKING);
  }
}
