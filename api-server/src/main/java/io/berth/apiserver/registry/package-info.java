/**
 * The generic machinery behind every resource: one path from a request to the store and back, with
 * one {@link Strategy} a kind for its own rules. {@link ResourceHandler} is the entry.
 */
@NullMarked
package io.berth.apiserver.registry;

import org.jspecify.annotations.NullMarked;
