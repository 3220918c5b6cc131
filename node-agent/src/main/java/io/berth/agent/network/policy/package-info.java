/** Network policies: which connections of the node's pods the kernel lets pass. */
@NullMarked
package io.berth.agent.network.policy;

import org.jspecify.annotations.NullMarked;
