package io.berth.scheduler.core;

import io.berth.api.object.LabelSelector;

/**
 * How evenly pods are to be spread over the domains of a topology.
 *
 * @param topologyKey the node label whose values are the domains
 * @param maxSkew by how many pods the fullest domain may exceed the emptiest; at least 1
 * @param hard whether a node that would break it is out ({@code DoNotSchedule}), or only worse
 * @param selector which pods of the namespace are counted
 * @param minDomains while there are fewer domains the emptiest counts as having none; 1 or more
 * @param honorAffinity only nodes that the pod's node selector and affinity allow are counted
 * @param honorTaints only nodes whose taints the pod tolerates are counted
 */
public record SpreadConstraint(
    String topologyKey,
    int maxSkew,
    boolean hard,
    LabelSelector selector,
    int minDomains,
    boolean honorAffinity,
    boolean honorTaints) {}
