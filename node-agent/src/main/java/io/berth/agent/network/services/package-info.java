/** Services on this node: cluster addresses and node ports by nftables. */
@NullMarked
package io.berth.agent.network.services;

import org.jspecify.annotations.NullMarked;
