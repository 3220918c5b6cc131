package io.berth.agent.network.policy;

import java.util.List;

/**
 * One rule of a policy: connections that it allows.
 *
 * @param anyone whether the other side does not matter; else it is one of the pods or blocks
 * @param blocks merged
 * @param ports none for all, of any protocol
 */
record PolicyRule(
    boolean anyone, List<PodPeer> pods, List<AddressRange> blocks, List<PolicyPort> ports) {}
