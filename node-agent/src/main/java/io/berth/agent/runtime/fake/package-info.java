/** A runtime in memory, for tests and for simulated nodes. */
@NullMarked
package io.berth.agent.runtime.fake;

import org.jspecify.annotations.NullMarked;
