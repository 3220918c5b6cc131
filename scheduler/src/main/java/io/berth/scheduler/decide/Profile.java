package io.berth.scheduler.decide;

import io.berth.scheduler.packing.Packing;
import io.berth.scheduler.preferences.Preference;
import io.berth.scheduler.rules.Rule;
import java.util.List;

/**
 * By what one scheduler name decides.
 *
 * @param schedulerName pods that name it are decided by it
 * @param rules what keeps pods from nodes, cheap ones first: a node is counted under the first
 * @param preferences what makes one node better than another
 * @param packing how pods are packed
 * @param packingWeight how much that counts beside the preferences
 */
public record Profile(
    String schedulerName,
    List<Rule> rules,
    List<Weighted> preferences,
    Packing packing,
    double packingWeight) {
  /** A preference and how much it counts. */
  public record Weighted(Preference preference, double weight) {}

  public Profile {
    rules = List.copyOf(rules);
    preferences = List.copyOf(preferences);
  }

  /** The same with another way of packing. */
  public Profile withPacking(Packing other) {
    return new Profile(schedulerName, rules, preferences, other, packingWeight);
  }
}
