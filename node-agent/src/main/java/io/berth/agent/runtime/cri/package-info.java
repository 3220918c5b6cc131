/** The runtime driver for containers. */
@NullMarked
package io.berth.agent.runtime.cri;

import org.jspecify.annotations.NullMarked;
