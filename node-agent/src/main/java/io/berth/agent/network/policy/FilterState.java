package io.berth.agent.network.policy;

import io.berth.agent.network.Family;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;

/**
 * What the kernel is to have of one family of addresses.
 *
 * @param isolated of each direction: a local pod's address, and the chain that judges its
 *     connections; pods that are not in it are free
 * @param any chains that accept what one of others does
 * @param chains those others, by name
 * @param blocks sets of address ranges, by name
 * @param peers sets of pods, by name
 */
record FilterState(
    Family family,
    Map<Direction, SortedMap<String, String>> isolated,
    SortedMap<String, List<String>> any,
    SortedMap<String, Chain> chains,
    SortedMap<String, List<AddressRange>> blocks,
    SortedMap<String, PeerSet> peers) {}
