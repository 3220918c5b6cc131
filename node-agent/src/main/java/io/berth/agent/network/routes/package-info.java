/** The way to the pods of other nodes. */
@NullMarked
package io.berth.agent.network.routes;

import org.jspecify.annotations.NullMarked;
