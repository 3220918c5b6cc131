/**
 * The kinds' own rules: one {@link io.berth.apiserver.registry.Strategy} for each kind that has
 * any. {@link Kinds} puts them together.
 */
@NullMarked
package io.berth.apiserver.kinds;

import org.jspecify.annotations.NullMarked;
