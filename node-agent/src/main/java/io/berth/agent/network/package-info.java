/** Addresses and links for pods and machines on this node. */
@NullMarked
package io.berth.agent.network;

import org.jspecify.annotations.NullMarked;
