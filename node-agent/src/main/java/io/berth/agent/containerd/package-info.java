/** A containerd of the agent's own. */
@NullMarked
package io.berth.agent.containerd;

import org.jspecify.annotations.NullMarked;
