package io.berth.agent.node;

import java.util.List;
import java.util.Map;

/**
 * The node as it registers itself.
 *
 * @param name the node's name
 * @param addresses its addresses, the primary first
 * @param podCidr the addresses of its pods, such as {@code 10.244.0.0/24}, or empty
 * @param labels beside the standard ones
 * @param maxPods how many pods it takes
 * @param version of the agent, such as {@code v1.36.0+berth-0.1.0}
 */
public record NodeConfig(
    String name,
    List<String> addresses,
    String podCidr,
    Map<String, String> labels,
    int maxPods,
    String version) {}
