/** What the node and its pods use, and the documents that say it. */
@NullMarked
package io.berth.agent.stats;

import org.jspecify.annotations.NullMarked;
