/** Liveness, readiness and startup probes. */
@NullMarked
package io.berth.agent.probe;

import org.jspecify.annotations.NullMarked;
