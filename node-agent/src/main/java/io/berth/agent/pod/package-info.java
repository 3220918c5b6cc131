/** Pods on this node: what is wanted, what runs, and the worker that brings the two together. */
@NullMarked
package io.berth.agent.pod;

import org.jspecify.annotations.NullMarked;
