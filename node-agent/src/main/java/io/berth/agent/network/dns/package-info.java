/** The cluster's resolver: each node answers the questions of its own pods. */
@NullMarked
package io.berth.agent.network.dns;

import org.jspecify.annotations.NullMarked;
