package io.berth.scheduler.core;

/**
 * Pods, and how near: in the same domain of a topology.
 *
 * @param topologyKey the node label whose values are the domains
 */
public record AffinityTerm(PodSelector pods, String topologyKey) {}
