/** The node itself: its registration, status and lease. */
@NullMarked
package io.berth.agent.node;

import org.jspecify.annotations.NullMarked;
