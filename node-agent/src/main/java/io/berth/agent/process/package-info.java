/** Running the node's tools. */
@NullMarked
package io.berth.agent.process;

import org.jspecify.annotations.NullMarked;
